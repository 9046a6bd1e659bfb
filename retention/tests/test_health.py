"""The health: points that add up, bands with a margin, what is kept of how it moved; a Thursday, 10:00 in Stockholm."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from customers.models import Customer
from interactions.models import Interaction, Kind, Outcome
from retention.models import Band, CustomerRisk, HealthChange, Judgement, RiskBasis, RiskScale
from retention.rebuilding import rebuild_if_due
from retention.scoring import rebuild, rescore
from retention.tests.histories import answered, codes, contacts, regular, risk_of
from retention.tests.test_rhythm_properties import contacts as quick_contacts
from retention.tests.test_rhythm_properties import forgotten
from retention.weighing import HARD_SCORE, HEALTHY_FROM
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("company")
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DAY = timedelta(days=1)


def points(risk: CustomerRisk) -> dict[str, int]:
    return {reason["code"]: reason["points"] for reason in risk.reasons}


# ---- The account ----


@st.composite
def troubles(draw: Callable[..., Any]) -> dict[str, Any]:
    maybe = st.one_of(st.none(), st.integers(0, 400))
    return {
        "days": draw(st.lists(st.integers(0, 900), max_size=12)),
        "complaint": draw(st.one_of(st.none(), st.tuples(st.integers(1, 3), st.integers(0, 400), st.booleans()))),
        "score": draw(st.one_of(st.none(), st.integers(0, 10))),
        "promise": draw(maybe),
        "missed": draw(maybe),
        "judged": draw(st.integers(-10, 10)),
        "leaving": draw(st.booleans()),
    }


def make(customer: Customer, story: dict[str, Any]) -> None:
    quick_contacts(customer, story["days"])
    if story["complaint"]:
        severity, ago, is_resolved = story["complaint"]
        factories.complaint(
            customer,
            severity=severity,
            opened_at=NOW - ago * DAY - timedelta(hours=1),
            resolved_at=NOW - ago * DAY if is_resolved else None,
        )
    if story["score"] is not None:
        answered(customer, story["score"], 3)
    if story["promise"] is not None:
        due = NOW - (story["promise"] + 1) * DAY
        factories.follow_up(customer, is_promise=True, due_at=due, created_at=due - DAY)
    if story["missed"] is not None:
        Interaction.objects.create(
            customer=customer,
            kind=Kind.MEETING,
            outcome=Outcome.MISSED_BY_US,
            happened_at=NOW - story["missed"] * DAY,
        )
    if story["judged"] or story["leaving"]:
        factories.judgement(customer, points=story["judged"], is_leaving=story["leaving"])


@few
@given(story=troubles())
@example(
    story={
        "days": [400, 500, 700], "complaint": (2, 3, False), "score": 10, "promise": 5, "missed": 1, "judged": 10,
        "leaving": False,
    }
)  # fmt: skip
@example(
    story={
        "days": [1, 8, 15], "complaint": (3, 3, False), "score": 9, "promise": None, "missed": None, "judged": 10,
        "leaving": True,
    }
)  # fmt: skip
def test_the_points_add_up_to_the_score(customer: Customer, story: dict[str, Any]) -> None:
    with forgotten():
        make(customer, story)
        risk = risk_of(customer)
        if risk.health is None:
            assert risk.band == Band.UNKNOWN
            assert not any("points" in reason for reason in risk.reasons)
            return
        assert 0 <= risk.health <= 100
        assert 100 + sum(points(risk).values()) == risk.health
        assert abs(points(risk).get("judgement", 0)) <= 10
        if story["leaving"]:
            assert risk.band == Band.AT_RISK and risk.health <= HARD_SCORE


@few
@given(story=troubles(), at=st.integers(1, 300))
def test_what_happens_later_changes_no_score_of_before(customer: Customer, story: dict[str, Any], at: int) -> None:
    with forgotten():
        quick_contacts(customer, [day for day in story["days"] if day >= at])
        then = NOW - at * DAY
        before = risk_of(customer, then)
        later = {**story, "days": [day for day in story["days"] if day < at], "promise": None}
        later["complaint"] = later["missed"] = None
        later["score"] = later["score"] if at > 4 else None
        make(customer, later)
        after = risk_of(customer, then)
        assert (after.health, after.band, after.reasons) == (before.health, before.band, before.reasons)


def test_a_signal_takes_seventy_points_for_one_of_log_odds(customer: Customer) -> None:
    regular(customer, 30, silent=1)
    assert risk_of(customer).health == 100
    factories.complaint(customer)
    factories.interaction(customer, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_US)
    risk = risk_of(customer)
    assert points(risk) == {"silence": 0, "complaint_open": -49, "missed_by_us": -21}
    assert risk.health == 30


def test_below_nothing_the_points_are_divided_in_proportion(customer: Customer) -> None:
    """About 90, 49 and 35 would be taken; there are 100, and ten more that somebody gave."""
    regular(customer, 10, silent=300)
    factories.complaint(customer)
    answered(customer, 2, 3)
    factories.judgement(customer, points=10)
    risk = risk_of(customer)
    assert risk.health == 0
    assert points(risk) == {"silence": -57, "complaint_open": -31, "detractor": -22, "judgement": 10}


def test_nobody_has_more_than_a_hundred(customer: Customer) -> None:
    regular(customer, 30, silent=1)
    answered(customer, 10, 3)
    risk = risk_of(customer)
    assert (risk.health, points(risk)) == (100, {"silence": 0, "promoter": 0})


def test_the_order_of_the_list_is_not_the_scores(owner: User) -> None:
    """What somebody judges moves the score, not the risk; and what a percentage means moves neither."""
    made = [factories.customer(owner) for _number in range(3)]
    for number, customer in enumerate(made):
        regular(customer, 30, silent=20 + 20 * number)
    rebuild(at=NOW)
    before = list(CustomerRisk.objects.order_by("-risk").values_list("pk", "risk", "health", "band"))
    RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=-2, slope=0.5, customers=1000, lost=500)
    rebuild(at=NOW)
    assert list(CustomerRisk.objects.order_by("-risk").values_list("pk", "risk", "health", "band")) == before
    factories.judgement(made[0], points=-10)
    assert risk_of(made[0]).risk == next(risk for pk, risk, *_rest in before if pk == made[0].pk)


# ---- Bands ----


@pytest.mark.parametrize("days", [[], [3]])
def test_who_is_hardly_known_has_no_score(customer: Customer, days: list[int]) -> None:
    contacts(customer, *days)
    answered(customer, 10, 2)
    risk = risk_of(customer)
    assert (risk.band, risk.health) == (Band.UNKNOWN, None)


def test_but_what_is_wrong_is_shown_before_the_first_contact(customer: Customer) -> None:
    factories.complaint(customer)
    risk = risk_of(customer)
    assert (risk.band, risk.health, codes(risk)) == (Band.WATCH, 51, ["complaint_open"])


def test_a_severe_complaint_acts_at_once_and_ends_with_it(customer: Customer) -> None:
    regular(customer, 30, silent=1)
    complaint = factories.complaint(customer, severity=3)
    risk = risk_of(customer)
    assert (risk.band, risk.health, points(risk)["complaint_severe"]) == (Band.AT_RISK, HARD_SCORE, -70)
    CustomerRisk.objects.all().delete()
    complaint.resolved_at = NOW
    complaint.save()
    assert risk_of(customer).band == Band.WATCH


def test_somebody_lost_has_no_score_any_more(customer: Customer) -> None:
    regular(customer, 30, silent=120)
    assert risk_of(customer).band == Band.AT_RISK
    Customer.objects.update(lost_on=TODAY)
    risk = risk_of(customer, NOW + DAY)
    assert (risk.band, risk.health, risk.at_risk_since) == (Band.UNKNOWN, None, None)


@pytest.fixture
def red(customer: Customer) -> Customer:
    """In touch every month, seen well, seen to turn red three days ago, and called since."""
    regular(customer, every=30, silent=120)
    assert risk_of(customer, NOW - 110 * DAY).band == Band.HEALTHY
    assert risk_of(customer, NOW - 3 * DAY).at_risk_since == NOW - 3 * DAY
    contacts(customer, 0)
    return customer


def test_who_turned_red_stays_so_for_a_week_however_well(red: Customer) -> None:
    risk = risk_of(red)
    assert risk.health is not None and risk.health >= HEALTHY_FROM
    assert (risk.band, risk.at_risk_since) == (Band.AT_RISK, NOW - 3 * DAY)
    assert risk.stays_red_until == NOW + 4 * DAY
    assert risk_of(red, NOW + 4 * DAY - timedelta(minutes=1)).band == Band.AT_RISK
    risk = risk_of(red, NOW + 4 * DAY)
    assert (risk.band, risk.at_risk_since, risk.stays_red_until) == (Band.HEALTHY, None, None)


def test_and_is_told_to_nobody_meanwhile(red: Customer) -> None:
    assert list(CustomerRisk.objects.turned_red()) == [CustomerRisk.objects.get()]
    risk_of(red)
    assert list(CustomerRisk.objects.turned_red()) == []


def test_whom_nobody_saw_turn_leaves_at_once(customer: Customer) -> None:
    regular(customer, every=30, silent=120)
    risk = risk_of(customer)
    assert (risk.band, risk.at_risk_since) == (Band.AT_RISK, None)
    contacts(customer, 0)
    assert risk_of(customer).band == Band.HEALTHY


@pytest.mark.parametrize(("judged", "band"), [(4, Band.AT_RISK), (8, Band.AT_RISK), (9, Band.WATCH)])
def test_six_points_above_the_limit_it_is_over(customer: Customer, judged: int, band: Band) -> None:
    """Two signals of 63 points leave 37; what somebody judges lifts it to 41, 45 and 46."""
    regular(customer, every=7, silent=1)
    factories.follow_up(customer, is_promise=True, due_at=NOW - DAY, created_at=NOW - 2 * DAY)
    answered(customer, 3, 1)
    assert (risk_of(customer).health, risk_of(customer).band) == (37, Band.AT_RISK)
    factories.judgement(customer, points=judged)
    risk = risk_of(customer)
    assert (risk.health, risk.band) == (37 + judged, band)


# ---- How it moved ----


def kept() -> list[tuple[int | None, str, int | None, str]]:
    rows = HealthChange.objects.order_by("changed_at", "pk")
    return list(rows.values_list("former_health", "former_band", "health", "band"))


def test_the_first_look_is_no_change(customer: Customer) -> None:
    regular(customer, every=30, silent=120)
    rebuild(at=NOW)
    rescore([customer.pk], at=NOW + timedelta(hours=1))
    assert kept() == []


def test_five_points_are_kept_with_their_reasons(customer: Customer) -> None:
    regular(customer, every=7, silent=1)
    rebuild(at=NOW - timedelta(hours=2))
    factories.complaint(customer)
    risk_of(customer)
    (change,) = HealthChange.objects.all()
    assert (change.former_health, change.health, change.changed_at) == (100, 51, NOW)
    assert (change.former_band, change.band) == (Band.HEALTHY, Band.WATCH)
    assert [reason["code"] for reason in change.reasons] == ["silence", "complaint_open"]
    assert 100 + sum(reason["points"] for reason in change.reasons) == 51


def test_less_is_kept_once_it_has_become_five(customer: Customer) -> None:
    regular(customer, every=7, silent=1)
    rebuild(at=NOW)
    scores = []
    for judged in (-2, -4, -5, -9, -10):
        Judgement.objects.all().delete()
        factories.judgement(customer, points=judged)
        risk_of(customer)
        scores.append(kept()[-1:])
    first, second = (100, "healthy", 95, "healthy"), (95, "healthy", 90, "healthy")
    assert scores == [[], [], [first], [first], [second]]


def test_night_after_night_the_changes_are_those_of_one_by_one(owner: User) -> None:
    made = [factories.customer(owner) for _number in range(3)]
    for customer in made:
        regular(customer, every=20, silent=40)
    RiskBasis.objects.create(pk=1, median_gap_days=20)
    for days in range(0, 60, 5):
        rescore([made[0].pk], at=NOW + days * DAY)
        rescore([made[1].pk, made[2].pk], at=NOW + days * DAY)
    alone = kept()
    assert len(alone) >= 9 and len(alone) % 3 == 0
    CustomerRisk.objects.all().delete()
    HealthChange.objects.all().delete()
    for days in range(0, 60, 5):
        rebuild(at=NOW + days * DAY)
        rebuild(at=NOW + days * DAY)
    assert kept() == alone


def test_who_was_scored_before_there_was_a_score_begins_anew(customer: Customer) -> None:
    contacts(customer, 1, 8)
    CustomerRisk.objects.create(customer=customer, contact_days=2, band=Band.WATCH)
    rebuild(at=NOW)
    assert kept() == []
    factories.complaint(customer)
    risk_of(customer)
    assert len(kept()) == 1


def test_changes_are_forgotten_after_two_years(customer: Customer) -> None:
    old, recent = (
        HealthChange.objects.create(customer=customer, changed_at=NOW - days * DAY, band="watch", former_band="healthy")
        for days in (732, 728)
    )
    assert rebuild_if_due(at=NOW) is not None
    assert list(HealthChange.objects.values_list("pk", flat=True)) == [recent.pk]
    assert old.pk != recent.pk
