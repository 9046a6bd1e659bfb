"""What raises and lowers the risk beside the silence, and the bands; the clock is a Thursday, 10:00 in Stockholm."""

from datetime import timedelta

import pytest

from accounts.models import User
from customers.models import Customer, Segment
from interactions.models import Kind, Outcome
from retention.models import Band, CustomerRisk, RiskBasis
from retention.scoring import rebuild
from retention.tests.histories import answered, codes, contacts, log_odds, regular, risk_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("company")


# ---- Signals ----


def with_and_without(customer: Customer, signal: str, **fields: object) -> tuple[CustomerRisk, float]:
    """The risk with a signal, and by how much it moved the log-odds."""
    regular(customer, 30, silent=20)
    before = log_odds(risk_of(customer))
    getattr(factories, signal)(customer, **fields)
    after = risk_of(customer)
    return after, log_odds(after) - before


def test_an_open_complaint_weighs_most(customer: Customer) -> None:
    risk, size = with_and_without(customer, "complaint", opened_at=NOW - timedelta(days=200))
    assert size == pytest.approx(0.7)
    assert risk.reasons[1] == {"code": "complaint_open", "size": 0.7, "points": -49, "since": "2026-05-10"}


def test_a_resolved_complaint_fades_by_half_every_90_days(customer: Customer) -> None:
    resolved = {"opened_at": NOW - timedelta(days=200), "resolved_at": NOW - timedelta(days=90)}
    risk, size = with_and_without(customer, "complaint", **resolved)
    assert size == pytest.approx(0.15)
    assert codes(risk) == ["silence", "complaint_resolved"]


def test_a_complaint_resolved_more_than_a_year_ago_is_forgotten(customer: Customer) -> None:
    resolved = {"opened_at": NOW - timedelta(days=500), "resolved_at": NOW - timedelta(days=366)}
    _risk, size = with_and_without(customer, "complaint", **resolved)
    assert size == 0


def test_an_open_complaint_hides_a_resolved_one(customer: Customer) -> None:
    factories.complaint(customer, opened_at=NOW - timedelta(days=50), resolved_at=NOW - timedelta(days=40))
    risk, size = with_and_without(customer, "complaint", opened_at=NOW - timedelta(days=1))
    assert codes(risk) == ["silence", "complaint_open"]
    assert size == pytest.approx(0.7 - 0.3 * 2 ** (-40 / 90))


@pytest.mark.parametrize(
    ("answers", "size"),
    [
        ([(6, 10)], 0.5),
        ([(0, 179)], 0.5),
        ([(0, 180)], 0),
        ([(7, 10)], 0),
        ([(8, 10)], 0),
        ([(9, 10)], -0.2),
        ([(3, 100), (10, 10)], -0.2),
        ([(10, 100), (3, 10)], 0.5),
    ],
)
def test_only_the_latest_answer_of_half_a_year_counts(
    customer: Customer, answers: list[tuple[int, int]], size: float
) -> None:
    regular(customer, 30, silent=20)
    before = log_odds(risk_of(customer))
    for score, days_ago in answers:
        answered(customer, score, days_ago)
    assert log_odds(risk_of(customer)) - before == pytest.approx(size, abs=1e-9)


@pytest.mark.parametrize(
    ("is_promise", "due", "done", "code"),
    [
        (True, -1, None, "promise_overdue"),
        (True, -400, None, "promise_overdue"),
        (True, 1, None, None),
        (False, -10, None, None),
        (True, -10, -5, "promise_late"),
        (True, -10, -12, None),
        (True, -200, -95, None),
    ],
)
def test_a_broken_promise_counts_while_open_and_for_90_days_after(
    customer: Customer, is_promise: bool, due: int, done: int | None, code: str | None
) -> None:
    risk, size = with_and_without(
        customer,
        "follow_up",
        is_promise=is_promise,
        due_at=NOW + timedelta(days=due),
        done_at=None if done is None else NOW + timedelta(days=done),
        created_at=NOW - timedelta(days=500),
    )
    assert size == pytest.approx(0.4 if code else 0, abs=1e-9)
    assert codes(risk) == (["silence", code] if code else ["silence"])


@pytest.mark.parametrize(("days_ago", "size"), [(0, 0.3), (89, 0.3), (90, 0)])
def test_an_appointment_we_missed_counts_for_90_days(customer: Customer, days_ago: int, size: float) -> None:
    risk, moved = with_and_without(
        customer,
        "interaction",
        kind=Kind.MEETING,
        outcome=Outcome.MISSED_BY_US,
        happened_at=NOW - timedelta(days=days_ago),
    )
    assert moved == pytest.approx(size, abs=1e-9)
    assert ("missed_by_us" in codes(risk)) == bool(size)


def test_signals_add_up(customer: Customer) -> None:
    regular(customer, 30, silent=20)
    before = log_odds(risk_of(customer))
    factories.complaint(customer)
    answered(customer, 2, 5)
    factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(days=2), created_at=NOW - timedelta(days=9))
    risk = risk_of(customer)
    assert log_odds(risk) - before == pytest.approx(0.7 + 0.5 + 0.4)
    assert codes(risk) == ["silence", "complaint_open", "detractor", "promise_overdue"]
    assert sum(reason["size"] for reason in risk.reasons) == pytest.approx(log_odds(risk), abs=0.002)


def test_what_others_have_done_to_them_is_not_mine(customer: Customer, owner: User) -> None:
    other = factories.customer(owner)
    factories.complaint(other)
    regular(customer, 30, silent=20)
    assert codes(risk_of(customer)) == ["silence"]


# ---- Bands ----


@pytest.mark.parametrize(
    ("every", "silent", "band"),
    [
        (30, 5, Band.HEALTHY),
        (30, 45, Band.WATCH),
        (30, 120, Band.AT_RISK),
        (30, 360, Band.AT_RISK),
        (30, 370, Band.LAPSED),
        (7, 5, Band.HEALTHY),
        (7, 12, Band.HEALTHY),
        (7, 30, Band.WATCH),
        (7, 200, Band.AT_RISK),
    ],
)
def test_bands_follow_the_silence(customer: Customer, every: int, silent: int, band: Band) -> None:
    regular(customer, every, silent=silent)
    assert risk_of(customer).band == band


@pytest.mark.parametrize(("silent", "band"), [(10, Band.HEALTHY), (250, Band.HEALTHY), (700, Band.AT_RISK)])
def test_a_yearly_buyer_is_not_at_risk_between_two_orders(customer: Customer, silent: int, band: Band) -> None:
    RiskBasis.objects.update_or_create(pk=1, defaults={"median_gap_days": 350.0})
    regular(customer, 365, silent=silent, times=6)
    risk = risk_of(customer)
    assert risk.risk is not None and risk.risk > 0.5
    assert risk.band == band


@pytest.mark.parametrize(("silent", "band"), [(5, Band.UNKNOWN), (200, Band.WATCH), (400, Band.LAPSED)])
def test_one_contact_is_too_little_for_more_than_watch(customer: Customer, silent: int, band: Band) -> None:
    contacts(customer, silent)
    assert risk_of(customer).band == band


def test_a_bad_answer_is_watched_even_after_one_contact(customer: Customer) -> None:
    contacts(customer, 1)
    answered(customer, 3, 0)
    assert risk_of(customer).band == Band.WATCH


def test_two_serious_signals_put_a_lively_customer_at_risk(customer: Customer) -> None:
    regular(customer, 7, silent=1)
    factories.complaint(customer)
    answered(customer, 3, 0)
    assert risk_of(customer).band == Band.AT_RISK


def test_a_lost_customer_keeps_the_row_and_leaves_the_bands(customer: Customer) -> None:
    regular(customer, 30, silent=120)
    Customer.objects.update(lost_on=TODAY)
    risk = risk_of(customer)
    assert risk.band == Band.UNKNOWN
    assert risk.risk is not None


# ---- Whose silence ----


def test_since_the_last_contact_we_tried_in_vain(customer: Customer) -> None:
    regular(customer, 30, silent=40)
    for days, outcome in ((60, "no_answer"), (40, "no_answer"), (20, "no_answer"), (9, "missed_by_them")):
        factories.interaction(customer, outcome=outcome, happened_at=NOW - timedelta(days=days))
    factories.interaction(customer, outcome="postponed", happened_at=NOW - timedelta(days=2))
    factories.interaction(customer, kind=Kind.GESTURE, happened_at=NOW - timedelta(days=1))
    silence = risk_of(customer).reasons[0]
    assert (silence["tries"], silence["tried"]) == (2, "2026-11-17")
    assert "tries" not in risk_of(customer, NOW - timedelta(days=25)).reasons[0]
    contacts(customer, 0)
    assert "tries" not in risk_of(customer).reasons[0]


# ---- What the segment says ----


@pytest.mark.parametrize(
    ("counts", "days", "last"), [("both", 3, 10), ("touchpoints", 2, 30), ("purchases", 1, 10)]
)  # fmt: skip
def test_the_segment_says_what_counts_as_contact(customer: Customer, counts: str, days: int, last: int) -> None:
    contacts(customer, 30, 60)
    contacts(customer, 10, kind=Kind.PURCHASE)
    Segment.objects.update(counts_as_contact=counts)
    risk = risk_of(customer)
    assert (risk.contact_days, risk.last_day) == (days, TODAY - timedelta(days=last))
    CustomerRisk.objects.all().delete()
    rebuild(at=NOW)
    assert CustomerRisk.objects.get().contact_days == days


def test_the_company_learns_its_gap_from_what_counts(owner: User) -> None:
    shop, firm = factories.customer(owner), factories.customer(owner)
    for customer in (shop, firm):
        contacts(customer, 0, 10, 20)
        contacts(customer, 1, 101, kind=Kind.PURCHASE)
    Segment.objects.filter(pk=shop.segment_id).update(counts_as_contact="purchases")
    Segment.objects.filter(pk=firm.segment_id).update(counts_as_contact="touchpoints")
    assert rebuild(at=NOW).median_gap_days == 10


def test_a_longer_horizon_lowers_the_chance_of_silence(customer: Customer) -> None:
    regular(customer, 60, silent=70)
    RiskBasis.objects.create(pk=1, median_gap_days=30)
    usual = risk_of(customer)
    Segment.objects.update(horizon_days=180)
    longer = risk_of(customer)
    assert usual.risk is not None and longer.risk is not None and longer.risk < usual.risk
    assert "horizon" not in usual.reasons[0] and longer.reasons[0]["horizon"] == 180
    rebuilt = CustomerRisk.objects.get()
    rebuild(at=NOW)
    RiskBasis.objects.update(median_gap_days=30)
    assert risk_of(customer).risk == rebuilt.risk


# ---- The champion ----


def test_a_champion_who_left_counts_for_half_a_year(customer: Customer) -> None:
    regular(customer, 30, silent=20)
    before = log_odds(risk_of(customer))
    champion = factories.contact(customer, is_champion=True)
    for days, size in ((None, 0), (0, 0.5), (179, 0.5), (180, 0), (-1, 0)):
        champion.left_on = None if days is None else TODAY - timedelta(days=days)
        champion.save()
        risk = risk_of(customer)
        assert log_odds(risk) - before == pytest.approx(size, abs=1e-9)
    champion.left_on = TODAY
    champion.save()
    assert risk_of(customer).reasons[1] == {
        "code": "champion_left", "size": 0.5, "points": -35, "on": "2026-11-26",
    }  # fmt: skip


def test_another_champion_takes_the_place(customer: Customer) -> None:
    regular(customer, 30, silent=20)
    factories.contact(customer, is_champion=True, left_on=TODAY)
    factories.contact(customer, left_on=TODAY)
    assert "champion_left" in codes(risk_of(customer))
    factories.contact(customer, is_champion=True)
    assert "champion_left" not in codes(risk_of(customer))
