"""Expected needs: from regular purchases to a call before the next one, and before a renewal."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, User
from customers.models import Customer, Segment
from interactions.models import FollowUp, Interaction, Kind
from retention import tasks
from retention.expecting import expect_again, expect_orders, propose_calls
from retention.models import Expectation, RenewalOutcome
from retention.rebuilding import rebuild_if_due
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
DAY = timedelta(days=1)


def bought(customer: Customer, *days_ago: int, amount: str = "100.00") -> None:
    for days in days_ago:
        factories.purchase(customer, amount, happened_at=NOW - days * DAY, created_at=NOW - days * DAY)


def expected(customer: Customer, at: datetime = NOW) -> Expectation | None:
    expect_orders(at=at)
    return Expectation.objects.filter(customer=customer).first()


def calls(customer: Customer) -> list[FollowUp]:
    return list(FollowUp.objects.filter(customer=customer, origin="expected"))


@pytest.fixture
def regular(customer: Customer) -> Customer:
    """Somebody who buys every thirty days, last 27 days ago, in a segment that wants a call five days before."""
    Segment.objects.filter(pk=customer.segment_id).update(order_call_days=5)
    bought(customer, 117, 87, 57, 27)
    expect_orders(at=NOW)
    return customer


class TestExpecting:
    def test_the_next_order_comes_after_the_usual_time(self, customer: Customer) -> None:
        bought(customer, 130, amount="90")
        bought(customer, 100, amount="100")
        bought(customer, 69, 40, 10, amount="300")
        found = expected(customer)
        assert found is not None
        assert (found.orders, found.usual_days, found.usual_amount) == (5, 30, Decimal(300))
        assert (found.last_on, found.expected_on) == (TODAY - 10 * DAY, TODAY + 20 * DAY)

    @pytest.mark.parametrize(
        ("days_ago", "why"),
        [
            ((70, 40, 10), "three are too few"),
            ((40, 30, 20, 10), "they come anyway"),
            ((200, 197, 100, 95, 10), "no rhythm"),
            ((190, 160, 130, 100), "long silent"),
            ((1300, 1200, 1100, 50, 20), "too long ago"),
        ],
    )
    def test_nothing_is_expected_without_a_rhythm(self, customer: Customer, days_ago: Iterable[int], why: str) -> None:
        bought(customer, *days_ago)
        assert expected(customer) is None, why

    def test_several_purchases_of_a_day_are_one(self, customer: Customer) -> None:
        bought(customer, 70, 70, 40, 40, 10)
        assert expected(customer) is None

    def test_it_follows_the_history(self, regular: Customer) -> None:
        before = Expectation.objects.get()
        bought(regular, 1)
        assert expect_again(since=NOW - 2 * DAY, at=NOW) == 1
        after = Expectation.objects.get()
        assert after.last_on == TODAY - DAY > before.last_on

        Interaction.objects.filter(kind=Kind.PURCHASE, day__gt=TODAY - 60 * DAY).delete()
        expect_orders(at=NOW)
        assert not Expectation.objects.exists()

    def test_others_are_left_alone_when_one_has_bought(self, regular: Customer) -> None:
        other = factories.customer()
        bought(other, 131, 101, 71, 41, 0)
        expect_again(since=NOW - DAY, at=NOW)
        assert set(Expectation.objects.values_list("customer", flat=True)) == {regular.pk, other.pk}

    def test_a_second_run_writes_nothing(self, regular: Customer) -> None:
        assert expect_orders(at=NOW) == 0
        assert expect_again(since=NOW - 100 * DAY, at=NOW) == 0

    def test_it_is_drawn_every_night(self, regular: Customer) -> None:
        Expectation.objects.all().delete()
        rebuild_if_due(at=NOW)
        assert Expectation.objects.filter(customer=regular).exists()

    @given(gaps=st.lists(st.integers(14, 60), min_size=3, max_size=12))
    def test_it_is_never_before_the_last_order_nor_long_past(self, kept: None, gaps: list[int]) -> None:
        customer = factories.customer()
        days, ago = [], 0
        for gap in gaps:
            days.append(ago)
            ago += gap
        bought(customer, *days, ago)
        found = expected(customer)
        if found is not None:
            assert found.last_on == TODAY
            assert min(gaps) <= (found.expected_on - found.last_on).days <= max(gaps)


class TestProposing:
    def test_the_owner_gets_a_call_some_days_before(self, regular: Customer, owner: User) -> None:
        assert propose_calls(at=NOW) == 1
        (call,) = calls(regular)
        assert (call.assignee, call.is_promise, call.done_at) == (owner, False, None)
        assert call.title == "Ask about the next order: usually every 30 days"
        assert clock.today(owner.time_zone, call.due_at) == TODAY

    def test_twice_late_and_at_once_there_is_one(self, regular: Customer) -> None:
        propose_calls(at=NOW)
        assert propose_calls(at=NOW) == 0
        assert propose_calls(at=NOW + 2 * DAY) == 0
        FollowUp.objects.update(done_at=NOW)
        assert propose_calls(at=NOW + 2 * DAY) == 0
        assert len(calls(regular)) == 1

    def test_not_too_early_and_not_once_the_day_has_passed(self, regular: Customer) -> None:
        assert propose_calls(at=NOW - 4 * DAY) == 0
        assert propose_calls(at=NOW + 4 * DAY) == 0

    def test_the_last_day_still_counts(self, regular: Customer) -> None:
        assert propose_calls(at=NOW + 3 * DAY) == 1

    def test_who_was_spoken_to_lately_needs_no_call(self, regular: Customer) -> None:
        Customer.objects.filter(pk=regular.pk).update(last_touchpoint_on=TODAY - 3 * DAY)
        assert propose_calls(at=NOW) == 0
        Customer.objects.filter(pk=regular.pk).update(last_touchpoint_on=TODAY - 20 * DAY)
        assert propose_calls(at=NOW) == 1

    @pytest.mark.parametrize(
        "state", [{"lost_on": TODAY}, {"do_not_contact": True}, {"segment__order_call_days": None}]
    )
    def test_nobody_is_called_who_should_not_be(self, regular: Customer, state: dict[str, Any]) -> None:
        if "segment__order_call_days" in state:
            Segment.objects.update(order_call_days=None)
        else:
            Customer.objects.filter(pk=regular.pk).update(**state)
        assert propose_calls(at=NOW) == 0

    def test_an_order_that_came_closes_it_and_the_next_one_opens_another(self, regular: Customer) -> None:
        propose_calls(at=NOW)
        bought(regular, 0)
        expect_orders(at=NOW)
        propose_calls(at=NOW)
        (call,) = calls(regular)
        assert (call.done_at, call.outcome) == (NOW, "They have ordered.")

        later = NOW + 25 * DAY
        expect_orders(at=later)
        assert propose_calls(at=later) == 1

    def test_it_is_due_on_a_working_day_and_not_in_the_past(self, regular: Customer, owner: User) -> None:
        friday_night = clock.moment(date(2026, 11, 27), time(19), owner.time_zone)
        owner.working_days = [0, 1, 2, 3, 4]
        owner.save()
        propose_calls(at=friday_night)
        (call,) = calls(regular)
        assert clock.today(owner.time_zone, call.due_at) == date(2026, 11, 30)

    def test_the_day_is_that_of_the_owner(self, regular: Customer, owner: User) -> None:
        owner.time_zone = "Pacific/Auckland"
        owner.save()
        Segment.objects.update(order_call_days=3)
        before_midnight_there = datetime.combine(TODAY - DAY, time(10, 30), tzinfo=NOW.tzinfo)
        assert propose_calls(at=before_midnight_there) == 0
        assert propose_calls(at=before_midnight_there + timedelta(hours=1)) == 1


class TestRenewals:
    def test_a_renewal_is_spoken_about_once_and_says_its_day(self, customer: Customer, owner: User) -> None:
        renewal = factories.renewal(customer, due_on=TODAY + 30 * DAY, note="Service contract")
        factories.renewal(customer, due_on=TODAY + 32 * DAY)
        assert propose_calls(at=NOW) == 1
        assert propose_calls(at=NOW) == 0
        (call,) = calls(customer)
        assert call.title == "Speak about Service contract: it renews or ends on 26 December 2026"
        assert call.assignee == owner

        renewal.due_on = TODAY + 29 * DAY
        renewal.save()
        assert propose_calls(at=NOW) == 1
        assert [bool(call.done_at) for call in calls(customer)] == [True, False]

    def test_what_is_decided_needs_no_call(self, customer: Customer) -> None:
        renewal = factories.renewal(customer, due_on=TODAY + 3 * DAY)
        propose_calls(at=NOW)
        renewal.outcome, renewal.decided_at = RenewalOutcome.RENEWED, NOW
        renewal.save()
        assert propose_calls(at=NOW) == 0
        (call,) = calls(customer)
        assert (call.done_at, call.outcome) == (NOW, "It is not ahead any more.")


def test_the_tick_follows_purchases_and_proposes(regular: Customer) -> None:
    Expectation.objects.all().delete()
    bought(regular, 0)
    Interaction.objects.filter(kind=Kind.PURCHASE, day=TODAY).update(created_at=NOW)
    factories.renewal(regular, due_on=TODAY + DAY)
    with time_machine.travel(NOW, tick=False):
        assert tasks.expect() == 1
    assert Expectation.objects.get().last_on == TODAY


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_propose_one_call(company: Company, regular: Customer) -> None:
    at_once(lambda: propose_calls(at=NOW), 2)
    assert len(calls(regular)) == 1
