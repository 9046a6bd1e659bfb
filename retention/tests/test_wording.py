from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from retention.models import Band, CustomerRisk, RiskScale
from retention.wording import chance_in_words, reasons_in_words, summary, who_went_quiet, who_went_quiet_in_short
from tests.factories import TODAY


def risk(
    contacts: int = 12, silent: int = 80, rhythm: float = 29.2, reasons: list[dict[str, Any]] | None = None
) -> CustomerRisk:
    return CustomerRisk(
        contact_days=contacts,
        last_day=TODAY - timedelta(days=silent),
        rhythm_days=rhythm,
        reasons=[{"code": "silence", "size": -0.3}, *(reasons or [])],
    )


@pytest.mark.parametrize(
    ("contacts", "silent", "rhythm", "sentence"),
    [
        (12, 80, 29.2, "Usually every 29 days (12 contacts); silent for 80 days."),
        (12, 30, 29.2, "Usually every 29 days (12 contacts); silent for 30 days."),
        (12, 29, 29.2, "Usually every 29 days (12 contacts); last contact or purchase 29 days ago."),
        (12, 1, 29.2, "Usually every 29 days (12 contacts); last contact or purchase yesterday."),
        (12, 0, 29.2, "Usually every 29 days (12 contacts); in touch today."),
        (12, -1, 29.2, "Usually every 29 days (12 contacts); in touch today."),
        (200, 3, 0.9, "Usually every day (200 contacts); silent for 3 days."),
        (2, 30, 12.0, "Usually every 12 days (2 contacts); silent for 30 days."),
        (1, 80, 30.0, "One contact so far, 80 days ago."),
        (1, 1, 30.0, "One contact so far, 1 day ago."),
        (1, 0, 30.0, "One contact so far, today."),
    ],
)
def test_the_silence_is_told_beside_the_own_rhythm(contacts: int, silent: int, rhythm: float, sentence: str) -> None:
    assert reasons_in_words(risk(contacts, silent, rhythm), on=TODAY) == [sentence]


def test_the_silence_goes_on_while_the_row_waits_for_the_night() -> None:
    later = reasons_in_words(risk(silent=80), on=TODAY + timedelta(days=3))
    assert later == ["Usually every 29 days (12 contacts); silent for 83 days."]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ({"code": "complaint_open", "since": "2026-11-14"}, "Open complaint since 14 November."),
        ({"code": "complaint_open", "since": "2025-11-14"}, "Open complaint since 14 November 2025."),
        ({"code": "complaint_resolved", "on": "2026-10-03"}, "Complaint resolved on 3 October."),
        ({"code": "detractor", "score": 3, "on": "2026-10-03"}, "Answered 3 of 10 on 3 October."),
        ({"code": "promoter", "score": 10, "on": "2026-10-03"}, "Would recommend us: 10 of 10 on 3 October."),
        ({"code": "promise_overdue", "since": "2026-11-20"}, "A promise is overdue since 20 November."),
        ({"code": "promise_late", "on": "2026-11-20"}, "A promise was kept late, on 20 November."),
        ({"code": "missed_by_us", "on": "2026-11-20"}, "We missed an appointment on 20 November."),
    ],
)
def test_each_signal_is_a_sentence(reason: dict[str, Any], sentence: str) -> None:
    assert reasons_in_words(risk(reasons=[reason | {"size": 0.5}]), on=TODAY)[1:] == [sentence]


def test_reasons_of_another_version_are_left_out() -> None:
    assert len(reasons_in_words(risk(reasons=[{"code": "of the future", "size": 1}]), on=TODAY)) == 1


def test_nothing_known_is_no_reason() -> None:
    unknown = CustomerRisk(reasons=[])
    assert reasons_in_words(unknown, on=TODAY) == []
    assert summary(unknown, TODAY) == "no contact yet"


def test_the_summary_fits_into_a_row() -> None:
    assert summary(risk(silent=41, rhythm=14.1), TODAY) == "quiet 41 d, usually 14"
    assert summary(risk(contacts=1, silent=41), TODAY) == "quiet 41 d, one contact so far"
    assert summary(risk(silent=-1), TODAY) == "quiet 0 d, usually 29"


def chance(of: float | None, scale: RiskScale | None, band: Band = Band.WATCH) -> list[str]:
    told = risk()
    told.risk, told.band = of, band
    return reasons_in_words(told, on=TODAY, scale=scale)[1:]


def test_the_chance_is_told_last_once_there_is_a_scale() -> None:
    scale = RiskScale(horizon_days=90, intercept=-1.0, slope=0.5)
    assert chance(0.5, None) == []
    assert chance(0.5, scale) == ["Chance of no contact in the next 90 days: 27 %."]
    with translation.override("de"):
        (german,) = chance(0.5, scale)
    assert german == "Wahrscheinlichkeit, dass es in den nächsten 90 Tagen keinen Kontakt gibt: 27 %."


@pytest.mark.parametrize(("of", "band"), [(None, Band.WATCH), (0.7, Band.UNKNOWN)])
def test_no_chance_is_told_where_there_is_too_little_to_say(of: float | None, band: Band) -> None:
    assert chance(of, RiskScale(horizon_days=90, intercept=0.0, slope=1.0), band) == []


@pytest.mark.parametrize(
    ("silent", "known", "sentence", "short"),
    [
        (29, {}, "", ""),
        (
            30,
            {},
            "We went quiet: nobody has tried to reach them since.",
            "we went quiet, nobody tried",
        ),
        (
            30,
            {"tries": 1, "tried": "2026-11-20"},
            "They went quiet: we tried once since, on 20 November, without an answer.",
            "they went quiet, tried once",
        ),
        (
            80,
            {"tries": 3, "tried": "2026-11-20"},
            "They went quiet: we tried 3 times since, last on 20 November, without an answer.",
            "they went quiet, tried 3 times",
        ),
    ],
)
def test_who_went_quiet_is_told(silent: int, known: dict[str, Any], sentence: str, short: str) -> None:
    of = risk(silent=silent)
    of.reasons[0].update(known)
    assert (who_went_quiet(of, TODAY), who_went_quiet_in_short(of, TODAY)) == (sentence, short)


def test_of_somebody_never_in_touch_nobody_went_quiet() -> None:
    assert who_went_quiet(CustomerRisk(reasons=[]), TODAY) == ""


def test_a_chance_for_other_days_than_were_back_tested_is_not_told() -> None:
    scale = RiskScale(horizon_days=90, intercept=0, slope=1)
    of = risk()
    of.risk, of.band = 0.4, Band.WATCH
    assert chance_in_words(of, scale) == ["Chance of no contact in the next 90 days: 40 %."]
    of.reasons[0]["horizon"] = 180
    assert chance_in_words(of, scale) == []
