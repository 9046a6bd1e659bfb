"""One follow-up: done, not done after all, moved; and which are due."""

from datetime import timedelta

import pytest

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_who_was_first_to_finish_it_stands(customer: Customer, owner: User, teammate: User) -> None:
    follow_up = factories.follow_up(customer)
    same = FollowUp.objects.get(pk=follow_up.pk)

    follow_up.finish(owner, NOW)
    same.finish(teammate, NOW + timedelta(hours=1))

    assert (same.done_at, same.done_by) == (NOW, owner)


def test_it_can_be_taken_back(customer: Customer, owner: User) -> None:
    follow_up = factories.follow_up(customer)
    follow_up.finish(owner, NOW)

    follow_up.reopen()

    stored = FollowUp.objects.get()
    assert (stored.is_open, stored.done_by) == (True, None)


def test_what_is_done_keeps_the_time_it_had(customer: Customer, owner: User) -> None:
    follow_up = factories.follow_up(customer, due_at=NOW)
    follow_up.finish(owner, NOW)

    follow_up.move(NOW + timedelta(days=1))

    assert FollowUp.objects.get().due_at == NOW


def test_what_is_open_moves(customer: Customer) -> None:
    follow_up = factories.follow_up(customer, due_at=NOW)

    follow_up.move(NOW + timedelta(days=1))

    assert FollowUp.objects.get().due_at == NOW + timedelta(days=1)


def test_late_is_after_the_time_whether_done_or_not(customer: Customer, owner: User) -> None:
    follow_up = factories.follow_up(customer, due_at=NOW)

    assert not follow_up.is_late(NOW)
    assert follow_up.is_late(NOW + timedelta(seconds=1))
    follow_up.finish(owner, NOW - timedelta(hours=1))
    assert not follow_up.is_late(NOW + timedelta(days=9))


def test_due_by_a_moment_are_the_open_ones_before_it(customer: Customer, owner: User) -> None:
    due = factories.follow_up(customer, due_at=NOW - timedelta(seconds=1))
    factories.follow_up(customer, due_at=NOW)
    factories.follow_up(customer, due_at=NOW - timedelta(days=1)).finish(owner, NOW)

    assert list(FollowUp.objects.due_by(NOW)) == [due]
