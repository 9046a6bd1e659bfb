"""What holds for every history; each example starts from the same empty customers and leaves nothing behind."""

import random
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Company
from customers.models import Customer
from interactions.event_files import Event, Refusal
from interactions.importing import Destination, import_events
from interactions.models import Interaction, Kind
from retention import rhythm
from retention.models import Band, CustomerRisk, RiskBasis
from retention.scoring import rebuild, rescore
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("company")
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

days_ago = st.lists(st.integers(0, 1500), min_size=1, max_size=25)
events = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 900), st.sampled_from([None, 1, 2])), max_size=30)


@contextmanager
def forgotten() -> Generator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def contacts(customer: Customer, days: list[int]) -> None:
    Interaction.objects.bulk_create(
        Interaction(
            customer=customer,
            kind=Kind.CALL,
            happened_at=NOW - timedelta(days=number),
            day=TODAY - timedelta(days=number),
        )
        for number in days
    )


def state(*fields: str) -> list[dict[str, object]]:
    wanted = fields or ("customer__name", *rhythm.STORED)
    return [dict(row) for row in CustomerRisk.objects.order_by("customer__name").values(*wanted)]


def imported(rows: list[tuple[str, int, int | None]], to: Destination) -> None:
    lines: list[Event | Refusal] = [
        Event(
            number,
            name,
            TODAY - timedelta(days=ago),
            Kind.PURCHASE if amount else Kind.CALL,
            Decimal(amount) if amount else None,
        )
        for number, (name, ago, amount) in enumerate(rows)
    ]
    import_events(lines, to, at=NOW, refuse=lambda _refusal: None)


@few
@given(rows=events, seed=st.randoms(use_true_random=False))
def test_the_order_of_an_import_does_not_matter(
    company: Company, customer: Customer, rows: list[tuple[str, int, int | None]], seed: random.Random
) -> None:
    to = Destination("test", customer.owner, customer.segment)
    shuffled = rows.copy()
    seed.shuffle(shuffled)
    states = []
    for order in (rows, shuffled):
        with forgotten():
            imported(order, to)
            rebuild(at=NOW)
            keys = list(Interaction.objects.order_by("external_key").values_list("external_key", "amount", "day"))
            since = list(Customer.objects.order_by("name").values_list("name", "customer_since", "next_due_on"))
            states.append((state(), keys, since))
    assert states[0] == states[1]


@few
@given(rows=events, cut=st.integers(0, 30))
def test_an_import_in_two_parts_is_the_whole(
    company: Company, customer: Customer, rows: list[tuple[str, int, int | None]], cut: int
) -> None:
    """Also when the parts overlap; but equal events of one day must be in one file, or they are taken for the same."""
    to = Destination("test", customer.owner, customer.segment)
    rows = list(dict.fromkeys(rows))
    states = []
    for parts in ([rows], [rows[cut:], rows[: cut + 3]]):
        with forgotten():
            for part in parts:
                imported(part, to)
            rebuild(at=NOW)
            states.append((state(), list(Customer.objects.order_by("name").values_list("name", "customer_since"))))
    assert states[0] == states[1]


@few
@given(days=days_ago, ago=st.integers(0, 1500))
def test_removing_the_future_changes_nothing(customer: Customer, days: list[int], ago: int) -> None:
    then = NOW - timedelta(days=ago)
    with forgotten():
        contacts(customer, days)
        rebuild(at=then)
        with_future = state()
        Interaction.objects.filter(day__gt=TODAY - timedelta(days=ago)).delete()
        rebuild(at=then)
        assert state() == with_future


@few
@given(days=days_ago)
def test_a_rescore_after_each_contact_ends_where_a_rebuild_does(customer: Customer, days: list[int]) -> None:
    with forgotten():
        rebuild(at=NOW)
        for number in days:
            contacts(customer, [number])
            rescore([customer.pk], at=NOW)
        gradually = state("contact_days", "first_day", "last_day", "decayed_repeats")
        rebuild(at=NOW)
        assert state("contact_days", "first_day", "last_day", "decayed_repeats") == gradually


@few
@given(days=days_ago)
@example(days=[300, 665, 1030, 1395])
def test_a_contact_today_ends_every_alarm(customer: Customer, days: list[int]) -> None:
    """The band, not the number: who comes once a year has a high chance of a silent quarter just after coming."""
    with forgotten():
        contacts(customer, [*days, 0])
        rescore([customer.pk], at=NOW)
        assert CustomerRisk.objects.get(pk=customer.pk).band in {Band.HEALTHY, Band.UNKNOWN}


@few
@given(days=days_ago, more=st.integers(1, 400))
def test_a_longer_silence_never_leads_back_to_healthy(customer: Customer, days: list[int], more: int) -> None:
    order = [Band.HEALTHY, Band.UNKNOWN, Band.WATCH, Band.AT_RISK, Band.LAPSED]
    with forgotten():
        contacts(customer, days)
        found = []
        for at in (NOW, NOW + timedelta(days=more)):
            rescore([customer.pk], at=at)
            risk = CustomerRisk.objects.get(pk=customer.pk)
            assert risk.risk is not None and 0 < risk.risk <= 1
            found.append(order.index(Band(risk.band)))
        assert found[0] <= found[1]


def test_the_number_may_rise_with_a_contact(customer: Customer) -> None:
    """The counter-example: of the next 90 days, those after an order are the quietest of a yearly buyer's year."""
    RiskBasis.objects.create(pk=1, median_gap_days=365)
    risks = []
    for days in ([300, 665, 1030, 1395], [0]):
        contacts(customer, days)
        rescore([customer.pk], at=NOW)
        risks.append(CustomerRisk.objects.get(pk=customer.pk))
    before, after = risks
    assert before.risk is not None and after.risk is not None
    assert after.risk > before.risk
    assert after.band == Band.HEALTHY
