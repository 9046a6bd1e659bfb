"""What logging changes: the last touchpoint, the next due day, the follow-up, the risk."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError

from accounts.models import User
from customers.models import Customer
from interactions.logging import record, refresh_touchpoints
from interactions.models import FollowUp, Interaction, Kind, Outcome
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(owner: User) -> Customer:
    """Last in touch forty days ago, with a cadence of thirty."""
    customer = factories.customer(owner, segment=factories.segment(30))
    factories.interaction(customer, happened_at=NOW - timedelta(days=40))
    customer.refresh_from_db()
    return customer


def log(customer: Customer, **fields: object) -> Customer:
    values = {"kind": Kind.CALL, "outcome": Outcome.HELD, "happened_at": NOW} | fields
    record(Interaction(customer=customer, **values), at=NOW)
    customer.refresh_from_db()
    return customer


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.MEETING, Kind.VISIT, Kind.EMAIL, Kind.MESSAGE])
def test_real_contact_is_a_touchpoint_and_moves_the_due_day(quiet: Customer, kind: str) -> None:
    log(quiet, kind=kind)

    assert quiet.last_touchpoint_at == NOW
    assert quiet.last_touchpoint_on == TODAY
    assert quiet.next_due_on == TODAY + timedelta(days=30)


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.MISSED_BY_US, Outcome.MISSED_BY_THEM])
def test_an_attempt_without_an_answer_is_no_touchpoint(quiet: Customer, outcome: str) -> None:
    before = quiet.last_touchpoint_at, quiet.next_due_on

    log(quiet, outcome=outcome)

    assert (quiet.last_touchpoint_at, quiet.next_due_on) == before


@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.GESTURE, Kind.REFERRAL])
def test_a_purchase_or_a_gesture_is_no_conversation(quiet: Customer, kind: str) -> None:
    before = quiet.last_touchpoint_at

    log(quiet, kind=kind)

    assert quiet.last_touchpoint_at == before


def test_a_purchase_is_always_complete(quiet: Customer) -> None:
    made = record(
        Interaction(customer=quiet, kind=Kind.PURCHASE, outcome=Outcome.MISSED_BY_THEM, happened_at=NOW), at=NOW
    )

    assert Interaction.objects.get(pk=made.pk).outcome == Outcome.HELD


def test_what_is_logged_late_does_not_move_the_due_day_back(quiet: Customer) -> None:
    log(quiet)
    log(quiet, happened_at=NOW - timedelta(days=5))

    assert quiet.last_touchpoint_at == NOW
    assert quiet.next_due_on == TODAY + timedelta(days=30)


def test_what_is_logged_late_but_is_the_latest_counts_from_its_own_day(quiet: Customer) -> None:
    log(quiet, happened_at=NOW - timedelta(days=5))

    assert quiet.next_due_on == TODAY + timedelta(days=25)


def test_the_customers_own_cadence_wins_over_the_segments(quiet: Customer) -> None:
    quiet.cadence_days = 7
    quiet.save()

    log(quiet)

    assert quiet.next_due_on == TODAY + timedelta(days=7)


def test_the_day_is_the_customers_own() -> None:
    late = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    tokyo = factories.customer(time_zone="Asia/Tokyo", segment=factories.segment(10))

    log(tokyo, happened_at=late)

    assert tokyo.last_touchpoint_on == date(2026, 11, 27)
    assert tokyo.next_due_on == date(2026, 12, 7)
    assert tokyo.interactions.get().day == date(2026, 11, 27)


def test_a_customer_nobody_ever_spoke_to_is_due_from_the_start() -> None:
    customer = factories.customer(customer_since=TODAY, segment=factories.segment(14))

    log(customer, outcome=Outcome.NO_ANSWER)

    assert customer.last_touchpoint_on is None
    assert customer.next_due_on == TODAY + timedelta(days=14)


def test_a_promise_is_stored_with_what_it_came_from(quiet: Customer, owner: User) -> None:
    promise = FollowUp(assignee=owner, title="Send samples", is_promise=True, due_at=NOW + timedelta(days=3))

    made = record(Interaction(customer=quiet, happened_at=NOW), at=NOW, next_step=promise)

    stored = FollowUp.objects.get()
    assert (stored.customer, stored.source, stored.is_promise, stored.is_open) == (quiet, made, True, True)


@pytest.mark.django_db(transaction=True)
def test_the_interaction_and_its_promise_are_saved_together_or_not_at_all(quiet: Customer) -> None:
    nobodys = FollowUp(title="Send samples", due_at=NOW)

    with pytest.raises(IntegrityError):
        record(Interaction(customer=quiet, happened_at=NOW), at=NOW, next_step=nobodys)

    quiet.refresh_from_db()
    assert quiet.interactions.count() == 1
    assert quiet.last_touchpoint_on == TODAY - timedelta(days=40)


def test_the_risk_is_asked_for_anew_and_the_earliest_request_stands(quiet: Customer) -> None:
    Customer.objects.update(risk_stale_since=None)

    record(Interaction(customer=quiet, happened_at=NOW), at=NOW)
    record(Interaction(customer=quiet, happened_at=NOW), at=NOW + timedelta(hours=1))

    quiet.refresh_from_db()
    assert quiet.risk_stale_since == NOW


def test_dates_are_refreshed_for_many_customers_at_once(quiet: Customer, owner: User) -> None:
    other = factories.customer(owner)
    Interaction.objects.create(customer=quiet, happened_at=NOW)
    Interaction.objects.create(customer=other, happened_at=NOW - timedelta(days=1))

    refresh_touchpoints([quiet.pk, other.pk], at=NOW)

    quiet.refresh_from_db()
    other.refresh_from_db()
    assert (quiet.last_touchpoint_on, other.last_touchpoint_on) == (TODAY, TODAY - timedelta(days=1))


def test_nothing_else_is_touched(quiet: Customer, owner: User) -> None:
    other = factories.customer(owner)
    before = other.next_due_on

    log(quiet)

    other.refresh_from_db()
    assert (other.next_due_on, other.risk_stale_since) == (before, None)


def test_the_due_day_is_the_one_a_change_of_cadence_would_compute(quiet: Customer) -> None:
    for fields in ({}, {"cadence_days": 9}):
        Customer.objects.filter(pk=quiet.pk).update(**fields)
        refresh_touchpoints([quiet.pk], at=NOW)
        refreshed = Customer.objects.get(pk=quiet.pk).next_due_on
        Customer.objects.filter(pk=quiet.pk).recompute_due()
        assert Customer.objects.get(pk=quiet.pk).next_due_on == refreshed
