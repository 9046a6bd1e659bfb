"""The state and the value, for everybody and for a few; the injected clock is a Thursday, 10:00 in Stockholm."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import exp, log
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import Interaction, Kind, Outcome
from retention import rhythm, scoring
from retention.models import Band, CustomerRisk, RiskBasis
from retention.scoring import rebuild, rescore, rescore_stale
from retention.tests.histories import answered, codes, contacts, regular, risk_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("company")


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


def test_a_rebuild_is_stored_in_parts(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = everything(owner)
    rebuild(at=NOW)
    whole = rows()
    CustomerRisk.objects.all().delete()
    monkeypatch.setattr(scoring, "STORED_AT_ONCE", 2)
    assert rebuild(at=NOW).changed == len(made)
    assert rows() == whole


def test_what_happens_while_a_rebuild_runs_is_not_undone(owner: User) -> None:
    """Between computing and storing one customer calls and another is removed."""
    caller, removed = factories.customer(owner), factories.customer(owner)
    regular(caller, 30, silent=200)
    regular(removed, 30, silent=200)
    happened: list[bool] = []

    def meanwhile(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql == rhythm.NEXT_STAGED and not happened:
            happened.append(True)
            contacts(caller, 0)
            rescore([caller.pk], at=NOW)
            removed.delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        rebuild(at=NOW)
    assert happened
    assert CustomerRisk.objects.get().last_day == TODAY


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


def test_a_rescore_takes_three_queries_however_many_customers(
    owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [customer.pk for customer in everything(owner)]
    with django_assert_num_queries(3):
        rescore(made[:2], at=NOW)
    with django_assert_num_queries(3):
        rescore(made, at=NOW)


def test_one_customer_is_scored_by_a_statement_that_is_planned_once(
    owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [customer.pk for customer in everything(owner)]
    rescore(made[:1], at=NOW)
    savepoint = 2
    with django_assert_num_queries(3 + savepoint):
        rescore(made[:1], at=NOW)


def test_one_customer_is_scored_like_many(owner: User) -> None:
    made = [customer.pk for customer in everything(owner)]
    rescore(made, at=NOW)
    together = list(CustomerRisk.objects.order_by("customer").values_list("customer", "risk", "band", "reasons"))
    CustomerRisk.objects.update(risk=None, band="unknown", reasons=[])
    for pk in made:
        rescore([pk], at=NOW)
    alone = list(CustomerRisk.objects.order_by("customer").values_list("customer", "risk", "band", "reasons"))
    assert alone == together and len(alone) > 3


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
