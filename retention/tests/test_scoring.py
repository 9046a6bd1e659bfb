"""The state, the signals and the bands of the risk; the injected clock is a Thursday, 10:00 in Stockholm."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import exp, log

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import Interaction, Kind, Outcome
from retention import rhythm
from retention.models import Band, CustomerRisk, RiskBasis
from retention.scoring import rebuild, rescore, rescore_stale
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("company")


def contacts(customer: Customer, *days_ago: int, kind: str = Kind.CALL) -> None:
    for days in days_ago:
        factories.interaction(customer, kind=kind, happened_at=NOW - timedelta(days=days))


def regular(customer: Customer, every: int, silent: int, times: int = 12) -> None:
    contacts(customer, *(silent + every * number for number in range(times)))


def risk_of(customer: Customer, at: datetime = NOW) -> CustomerRisk:
    rescore([customer.pk], at=at)
    return CustomerRisk.objects.get(pk=customer.pk)


def codes(risk: CustomerRisk) -> list[str]:
    return [reason["code"] for reason in risk.reasons]


def log_odds(risk: CustomerRisk) -> float:
    assert risk.risk is not None
    return float(log(risk.risk / (1 - risk.risk)))


def test_several_contacts_on_a_day_count_once(customer: Customer) -> None:
    contacts(customer, 10, 10, 10, 40)
    risk = risk_of(customer)
    assert (risk.contact_days, risk.first_day, risk.last_day) == (
        2,
        TODAY - timedelta(days=40),
        TODAY - timedelta(days=10),
    )
    assert risk.decayed_repeats == pytest.approx(1)


def test_repeats_are_halved_every_180_days(customer: Customer) -> None:
    contacts(customer, 400, 220, 40)
    risk = risk_of(customer)
    assert risk.decayed_repeats == pytest.approx(0.5 + 1)


def test_the_order_in_which_contacts_were_logged_does_not_matter(customer: Customer) -> None:
    contacts(customer, 40, 400, 220)
    assert risk_of(customer).decayed_repeats == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"kind": Kind.CALL}, True),
        ({"kind": Kind.PURCHASE, "amount": Decimal(1)}, True),
        ({"kind": Kind.GESTURE}, False),
        ({"kind": Kind.CALL, "outcome": Outcome.NO_ANSWER}, False),
        ({"kind": Kind.MEETING, "outcome": Outcome.MISSED_BY_THEM}, False),
    ],
)
def test_touchpoints_and_purchases_are_contacts(customer: Customer, fields: dict[str, object], counts: bool) -> None:
    factories.interaction(customer, **fields)
    assert risk_of(customer).contact_days == int(counts)


def test_the_risk_is_the_formula_by_hand(customer: Customer) -> None:
    contacts(customer, 100, 40)
    risk = risk_of(customer)
    gap, dn, silence = 30.0, 1.0, 40.0
    rhythm_days = (180 / log(2) * (1 - 2 ** (-60 / 180)) + gap) / (dn + 1)
    g = log(rhythm_days / gap)
    mu = gap * exp(0.8 + 0.8 * g - 0.25 * log(2))
    one_off = 1 / (1 + exp(0.6 + 1.8 * log(2) - 0.2 * g))

    def survival(t: float) -> float:
        result: float = one_off + (1 - one_off) / (1 + (t / mu) ** 1.419)
        return result

    assert risk.rhythm_days == pytest.approx(rhythm_days)
    assert risk.risk == pytest.approx(survival(silence + 90) / survival(silence), abs=1e-12)


def test_nobody_was_in_touch_yet(customer: Customer) -> None:
    risk = risk_of(customer)
    assert (risk.contact_days, risk.risk, risk.band, risk.reasons) == (0, None, Band.UNKNOWN, [])


def test_a_contact_to_come_does_not_count_yet(customer: Customer) -> None:
    contacts(customer, -3)
    assert risk_of(customer).contact_days == 0


def test_a_contact_on_what_is_tomorrow_for_the_company_counts_at_once(owner: User) -> None:
    """22:00 on the 26th in Stockholm is 10:00 on the 27th in Auckland."""
    east = factories.customer(owner, time_zone="Pacific/Auckland")
    evening = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)
    factories.interaction(east, happened_at=evening - timedelta(minutes=10))
    risk = risk_of(east, evening)
    assert risk.last_day == date(2026, 11, 27)
    assert risk.contact_days == 1


def test_the_day_is_the_companys(customer: Customer, company: Company) -> None:
    company.time_zone = "Pacific/Honolulu"
    company.save()
    early = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    risk = risk_of(customer, early)
    assert risk.computed_on == date(2026, 11, 25)


@pytest.mark.parametrize("days", [[0], [20 * 365], [20 * 365, 0], [0, 1], list(range(5000)), [45_000]])
def test_extreme_histories_have_a_risk(customer: Customer, days: list[int]) -> None:
    moments = [NOW - timedelta(days=number) for number in days]
    Interaction.objects.bulk_create(
        Interaction(customer=customer, kind=Kind.CALL, happened_at=moment, day=moment.date()) for moment in moments
    )
    for gap in (1.0, 365.0):
        RiskBasis.objects.update_or_create(pk=1, defaults={"median_gap_days": gap})
        risk = risk_of(customer)
        assert risk.risk is not None and risk.rhythm_days is not None
        assert 0 < risk.risk <= 1
        assert 0.5 < risk.rhythm_days < 400
        assert risk.contact_days == len(days)


def test_the_earliest_day_there_is_breaks_nothing(customer: Customer) -> None:
    Interaction.objects.bulk_create(
        Interaction(customer=customer, kind=Kind.CALL, happened_at=NOW, day=day) for day in (date(1, 1, 2), TODAY)
    )
    risk = risk_of(customer)
    assert risk.contact_days == 2
    assert risk.decayed_repeats == pytest.approx(1)


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
    assert risk.reasons[1] == {"code": "complaint_open", "size": 0.7, "since": "2026-05-10"}


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


def answered(customer: Customer, score: int, days_ago: int) -> None:
    contact = customer.contacts.first() or factories.contact(customer)
    invitation = factories.invitation(contact, survey=factories.survey())
    factories.response(invitation, score=score, answered_at=NOW - timedelta(days=days_ago))


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


# ---- Value ----


def test_the_value_is_what_was_bought_in_the_last_365_days(customer: Customer) -> None:
    for amount, days_ago in (("10.50", 0), ("20.00", 364), ("40.00", 365), ("80.00", -2)):
        factories.purchase(customer, amount, happened_at=NOW - timedelta(days=days_ago))
    factories.interaction(customer, kind=Kind.GESTURE, amount=Decimal(500))
    risk = risk_of(customer)
    assert risk.risk is not None
    assert risk.value_last_year == Decimal("30.50")
    assert risk.value_at_risk == pytest.approx(Decimal("30.50") * Decimal(risk.risk), abs=Decimal("0.01"))


def test_the_value_at_risk_is_never_negative(customer: Customer) -> None:
    factories.purchase(customer, "-5.00")
    risk = risk_of(customer)
    assert (risk.value_last_year, risk.value_at_risk) == (Decimal("-5.00"), Decimal(0))


def test_a_sum_beyond_the_column_is_cut_and_stops_nobody(customer: Customer) -> None:
    Interaction.objects.bulk_create(
        Interaction(customer=customer, kind=Kind.PURCHASE, happened_at=NOW, day=TODAY, amount=Decimal(999_999_999_999))
        for _number in range(101)
    )
    assert risk_of(customer).value_last_year == Decimal("99999999999999.99")


# ---- Everybody, a few, the stale ----


def everything(owner: User) -> list[Customer]:
    """Customers with every kind of history and signal."""
    made = [factories.customer(owner) for _number in range(6)]
    contacts(made[0], 3, 40, 41, 100, 300)
    regular(made[1], 14, silent=41, times=20)
    contacts(made[2], 700)
    for amount, days_ago in (("100.10", 5), ("0.20", 50), ("99.99", 150)):
        factories.purchase(made[3], amount, happened_at=NOW - timedelta(days=days_ago))
    factories.complaint(made[0])
    factories.complaint(made[1], opened_at=NOW - timedelta(days=9), resolved_at=NOW - timedelta(days=3))
    answered(made[1], 2, 8)
    answered(made[3], 10, 8)
    factories.follow_up(made[3], is_promise=True, due_at=NOW - timedelta(days=1), created_at=NOW - timedelta(days=2))
    factories.interaction(made[2], kind=Kind.VISIT, outcome=Outcome.MISSED_BY_US)
    Customer.objects.filter(pk=made[5].pk).update(lost_on=TODAY)
    return made


def rows() -> list[dict[str, object]]:
    fields = ("customer_id", *rhythm.STORED)
    return [dict(row) for row in CustomerRisk.objects.order_by("pk").values(*fields)]


def test_a_rebuild_and_a_rescore_give_identical_rows(owner: User) -> None:
    made = everything(owner)
    rebuild(at=NOW)
    by_rebuild = rows()
    CustomerRisk.objects.all().delete()
    for customer in reversed(made):
        rescore([customer.pk], at=NOW)
    assert rows() == by_rebuild
    assert len(by_rebuild) == len(made)


def test_a_rebuild_learns_the_median_gap_of_the_company(owner: User) -> None:
    first, second = factories.customer(owner), factories.customer(owner)
    contacts(first, 0, 10, 30)
    contacts(second, 0, 90)
    result = rebuild(at=NOW)
    assert result.median_gap_days == 20
    basis = RiskBasis.objects.get(pk=1)
    assert (basis.median_gap_days, basis.rebuilt_at, basis.rebuilt_on) == (20, NOW, TODAY)


@pytest.mark.parametrize(("days_ago", "gap"), [((0, 900), 365), ((5,), 30), ((), 30)])
def test_the_median_gap_stays_within_bounds(customer: Customer, days_ago: tuple[int, ...], gap: float) -> None:
    contacts(customer, *days_ago)
    assert rebuild(at=NOW).median_gap_days == gap


def test_a_rescore_uses_the_stored_gap(customer: Customer) -> None:
    contacts(customer, 0, 60)
    RiskBasis.objects.create(pk=1, median_gap_days=200)
    slow = risk_of(customer).rhythm_days
    RiskBasis.objects.update(median_gap_days=2)
    assert slow is not None and slow > (risk_of(customer).rhythm_days or 0)


def test_a_second_rebuild_writes_nothing(owner: User) -> None:
    made = everything(owner)
    assert rebuild(at=NOW).changed == len(made)
    result = rebuild(at=NOW + timedelta(hours=1))
    assert (result.customers, result.changed) == (len(made), 0)


def test_an_empty_company_can_be_rebuilt() -> None:
    assert rebuild(at=NOW).customers == 0


def test_a_rescore_touches_nobody_else(owner: User) -> None:
    made = everything(owner)
    assert rescore([made[0].pk, made[1].pk], at=NOW) == 2
    assert set(CustomerRisk.objects.values_list("pk", flat=True)) == {made[0].pk, made[1].pk}


def test_rescoring_a_customer_who_is_gone_does_nothing(customer: Customer) -> None:
    assert rescore([customer.pk + 1000], at=NOW) == 0


def test_a_rescore_takes_four_queries_however_many_customers(
    owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [customer.pk for customer in everything(owner)]
    savepoint = 2
    with django_assert_num_queries(4 + savepoint):
        rescore(made[:1], at=NOW)
    with django_assert_num_queries(4 + savepoint):
        rescore(made, at=NOW)


def test_rescoring_nobody_asks_the_database_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert rescore([], at=NOW) == 0


def test_scored_customers_are_no_longer_stale(customer: Customer, owner: User) -> None:
    contacts(customer, 5)
    other = factories.customer(owner)
    contacts(other, 5)
    assert Customer.objects.filter(risk_stale_since__isnull=False).count() == 2
    rescore([customer.pk], at=NOW)
    assert list(Customer.objects.filter(risk_stale_since__isnull=False)) == [other]
    rebuild(at=NOW)
    assert not Customer.objects.filter(risk_stale_since__isnull=False).exists()


def test_stale_customers_are_taken_in_the_order_of_waiting(owner: User) -> None:
    made = [factories.customer(owner) for _number in range(3)]
    for number, customer in enumerate(made):
        Customer.objects.filter(pk=customer.pk).mark_risk_stale(NOW - timedelta(minutes=number))
    assert rescore_stale(at=NOW, limit=2) == 2
    assert list(Customer.objects.filter(risk_stale_since__isnull=False)) == [made[0]]
    assert rescore_stale(at=NOW, limit=2) == 1
    assert rescore_stale(at=NOW, limit=2) == 0


def test_a_computation_that_began_later_is_not_overwritten(customer: Customer) -> None:
    contacts(customer, 5)
    risk_of(customer)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE retention_customerrisk SET computed_at = now() + interval '1 minute', risk = 0.123")
    assert risk_of(customer).risk == 0.123


def test_the_past_can_be_computed_as_it_was_known_then(customer: Customer) -> None:
    """What was opened, answered, promised, done or logged after a moment does not change what was known at it."""
    contacts(customer, 200, 150, 100)
    then = NOW - timedelta(days=60)
    before = risk_of(customer, then)
    contacts(customer, 50, 10)
    factories.complaint(customer, opened_at=NOW - timedelta(days=40))
    answered(customer, 2, 30)
    factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(days=20), created_at=NOW - timedelta(days=30))
    after = risk_of(customer, then)
    assert (after.risk, after.band, after.reasons) == (before.risk, before.band, before.reasons)


def test_what_is_resolved_later_was_open_then(customer: Customer) -> None:
    contacts(customer, 100)
    factories.complaint(customer, opened_at=NOW - timedelta(days=30), resolved_at=NOW - timedelta(days=2))
    assert codes(risk_of(customer, NOW - timedelta(days=5))) == ["silence", "complaint_open"]
