"""Who looks after a customer, and whether the customer knows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.changing import save_customer
from customers.handing_over import TooLate, hand_over, take_back, tell
from customers.models import Customer, OwnerChange
from interactions.models import Kind, Outcome
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
type Login = Callable[[User], Client]
LATER = NOW + timedelta(hours=1)


def give(customer: Customer, to: User, by: User | None = None, at: Any = NOW) -> None:
    customer.owner = to
    save_customer(customer, by=by or to, at=at, changed=["owner"])


def untold(customer: Customer) -> list[User]:
    return [change.owner for change in OwnerChange.objects.untold().filter(customer=customer).order_by("pk")]


# ---- Recorded ----


def test_the_form_of_the_customer_records_who_gave_it_to_whom(
    login: Login, owner: User, teammate: User, customer: Customer
) -> None:
    data = {
        **{name: getattr(customer, name) for name in ("name", "stage", "language", "time_zone", "care_note")},
        "customer_since": "2026-01-10",
        "segment": customer.segment_id,
        "owner": teammate.pk,
        "cadence_days": "",
    }
    assert login(owner).post(reverse("customer_edit", args=[customer.pk]), data).status_code == 302
    change = OwnerChange.objects.get()
    assert (change.customer, change.former, change.owner, change.changed_by) == (customer, owner, teammate, owner)
    assert change.announced_at is None
    assert clock.now() - change.changed_at < timedelta(minutes=1)
    login(owner).post(reverse("customer_edit", args=[customer.pk]), data | {"name": "Other"})
    assert OwnerChange.objects.count() == 1


def test_a_new_customer_an_import_and_other_changes_are_no_change_of_owner(owner: User, customer: Customer) -> None:
    new = Customer(name="New", owner=owner, segment=customer.segment, customer_since=factories.TODAY)
    save_customer(new, by=owner, at=NOW)
    customer.name = "Other"
    save_customer(customer, by=owner, at=NOW, changed=["name"])
    save_customer(customer, by=owner, at=NOW, changed=["owner"])
    assert not OwnerChange.objects.exists()


def test_a_hand_over_records_each_customer_lost_ones_too(owner: User, teammate: User, administrator: User) -> None:
    mine = [factories.customer(owner), factories.customer(owner, lost_on=factories.TODAY)]
    foreign = factories.customer(teammate)
    factories.follow_up(mine[0])
    moved = hand_over(owner, to=teammate, by=administrator, at=NOW)
    assert (set(moved.customers), len(moved.follow_ups), moved.complaints) == ({row.pk for row in mine}, 1, [])
    found = OwnerChange.objects.order_by("customer_id")
    assert [change.customer for change in found] == mine
    assert {(change.former, change.owner, change.changed_by, change.changed_at) for change in found} == {
        (owner, teammate, administrator, NOW)
    }
    assert untold(foreign) == []


def test_who_gets_a_customer_back_before_anybody_else_was_heard_of_is_known(
    owner: User, teammate: User, outsider: User, customer: Customer
) -> None:
    give(customer, teammate)
    give(customer, outsider)
    assert untold(customer) == [teammate, outsider]
    give(customer, owner)
    assert untold(customer) == []
    give(customer, teammate)
    tell(customer, at=NOW)
    give(customer, owner)
    assert untold(customer) == [owner]


def test_a_hand_over_there_and_back_leaves_nothing_to_tell(owner: User, teammate: User, customer: Customer) -> None:
    other = factories.customer(teammate)
    hand_over(owner, to=teammate, by=owner, at=NOW)
    hand_over(teammate, to=owner, by=owner, at=NOW)
    assert untold(customer) == []
    assert untold(other) == [owner]


# ---- Told ----


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, True),
        ({"kind": Kind.MEETING}, True),
        ({"kind": Kind.EMAIL}, True),
        ({"outcome": Outcome.NO_ANSWER}, False),
        ({"kind": Kind.PURCHASE}, False),
        ({"happened_at": NOW - timedelta(minutes=1)}, False),
        ({"happened_at": NOW.replace(second=0, microsecond=0)}, True),
    ],
)
def test_a_conversation_with_the_new_owner_tells_them(
    teammate: User, customer: Customer, fields: dict[str, Any], told: bool
) -> None:
    give(customer, teammate, at=NOW + timedelta(seconds=30))
    factories.interaction(customer, author=teammate, **{"happened_at": LATER, **fields})
    assert (untold(customer) == []) is told


def test_one_with_somebody_else_does_not(owner: User, teammate: User, customer: Customer) -> None:
    give(customer, teammate)
    other = factories.customer(owner)
    give(other, teammate)
    factories.interaction(customer, author=owner, happened_at=LATER)
    factories.interaction(customer, author=None, happened_at=LATER)
    assert untold(customer) == [teammate]
    factories.interaction(customer, author=teammate, happened_at=LATER)
    assert untold(customer) == []
    assert untold(other) == [teammate]


def test_one_conversation_tells_of_all_changes_before_it(teammate: User, outsider: User, customer: Customer) -> None:
    give(customer, teammate)
    give(customer, outsider)
    factories.interaction(customer, author=teammate, happened_at=LATER)
    assert untold(customer) == [teammate, outsider]
    factories.interaction(customer, author=outsider, happened_at=LATER)
    assert untold(customer) == []


# ---- On the page of the customer ----


def page(browser: Client, customer: Customer) -> str:
    """With its timeline."""
    return browser.get(reverse("customer_timeline", args=[customer.pk])).content.decode()


def test_the_page_says_so_until_somebody_says_that_they_know(
    login: Login, owner: User, teammate: User, customer: Customer
) -> None:
    browser, url = login(teammate), reverse("owner_known", args=[customer.pk])
    assert url not in page(browser, customer)
    give(customer, teammate, by=owner)
    shown = page(browser, customer)
    assert url in shown
    assert "<bdi>Tom Falk</bdi> looks after them since" in shown
    assert "<bdi>Tom Falk</bdi> looks after them instead of <bdi>Mia Berg</bdi>" in shown
    assert "Not told yet" in shown
    answer = browser.post(url, follow=True).content.decode()
    assert "Greetings from Tom Falk go out again" in answer
    assert url not in answer
    assert "they know since" in page(browser, customer)
    assert browser.post(url).status_code == 302
    assert untold(customer) == []


def test_who_may_only_read_cannot_say_so(login: Login, outsider: User, teammate: User, customer: Customer) -> None:
    give(customer, teammate)
    assert login(outsider).post(reverse("owner_known", args=[customer.pk])).status_code == 404
    assert untold(customer) == [teammate]


def test_the_timeline_can_be_narrowed_to_who_looked_after_them(
    login: Login, owner: User, teammate: User, customer: Customer
) -> None:
    factories.interaction(customer, notes="A long call")
    for to in (teammate, owner, teammate):
        give(customer, to)
        tell(customer, at=NOW)
    shown = login(owner).get(reverse("customer_timeline", args=[customer.pk]), {"show": "owner"}).content.decode()
    assert shown.count("looks after them instead of") == 3
    assert "A long call" not in shown


def test_for_a_day_all_that_is_still_in_the_same_hands_comes_back(
    owner: User, teammate: User, outsider: User, administrator: User
) -> None:
    stays, went_on, done = (factories.customer(owner) for _number in range(3))
    own = factories.customer(teammate)
    follow_up, finished = factories.follow_up(stays), factories.follow_up(done)
    complaint, theirs = factories.complaint(stays), factories.complaint(own)
    moved = hand_over(owner, to=teammate, by=administrator, at=NOW)
    give(went_on, outsider)
    finished.finish(teammate, NOW)
    later = factories.follow_up(stays, assignee=teammate)

    back = take_back(moved, by=administrator, at=NOW + timedelta(hours=23))

    assert (back.customers, back.follow_ups, back.complaints) == (2, 1, 1)
    for row in (stays, went_on, own, follow_up, finished, complaint, theirs, later):
        row.refresh_from_db()
    assert (stays.owner, went_on.owner, own.owner) == (owner, outsider, teammate)
    assert (follow_up.assignee, finished.assignee, later.assignee) == (owner, teammate, teammate)
    assert (complaint.owner, theirs.owner) == (owner, teammate)
    # Nobody heard of the colleague, so there is nothing to tell.
    assert untold(stays) == []


@pytest.mark.parametrize("why", ["twice", "late", "gone"])
def test_it_is_taken_back_once_in_time_and_to_somebody_who_is_here(
    owner: User, teammate: User, administrator: User, customer: Customer, why: str
) -> None:
    moved, at = hand_over(owner, to=teammate, by=administrator, at=NOW), NOW + timedelta(hours=1)
    if why == "twice":
        take_back(moved, by=administrator, at=at)
    elif why == "late":
        at = NOW + timedelta(days=1)
    else:
        User.objects.filter(pk=owner.pk).update(is_active=False)

    with pytest.raises(TooLate):
        take_back(moved, by=administrator, at=at)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_back_at_once_one_does(
    owner: User, teammate: User, administrator: User, customer: Customer
) -> None:
    moved = hand_over(owner, to=teammate, by=administrator, at=NOW)

    def attempt() -> bool:
        try:
            take_back(moved, by=administrator, at=NOW)
        except TooLate:
            return False
        return True

    assert sorted(at_once(attempt, 2)) == [False, True]
