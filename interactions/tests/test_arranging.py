"""Meetings: arranged once, changed in versions, called off, settled by what was logged, and apologised for."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Company, User
from customers.models import Customer
from customers.removing import bring_back, remove
from interactions.arranging import apologise, arrange, call_off, rearrange, settle
from interactions.models import FollowUp, Interaction, Kind, Meeting, Outcome
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


def shown(meeting: Meeting, **changed: object) -> dict[str, object]:
    known = {name: getattr(meeting, name) for name in ("title", "agenda", "place", "starts_at", "minutes")}
    return known | changed


def missed(customer: Customer, outcome: str = Outcome.MISSED_BY_US) -> Interaction:
    return factories.interaction(customer, kind=Kind.MEETING, outcome=outcome)


def test_one_form_makes_one_meeting(customer: Customer) -> None:
    amira = factories.contact(customer)
    wanted = Meeting(customer=customer, host=customer.owner, title="Prices", starts_at=NOW)

    first, is_new = arrange(wanted, [amira])
    again, is_new_again = arrange(wanted, [amira])

    assert (is_new, is_new_again, first) == (True, False, again)
    assert [guest.contact for guest in first.guests.all()] == [amira]


def test_a_change_is_a_new_version_and_the_same_again_is_none(customer: Customer) -> None:
    amira, jonas = factories.contact(customer), factories.contact(customer)
    meeting = factories.meeting(customer, amira)

    assert rearrange(meeting, shown(meeting), [amira])
    assert meeting.sequence == 0
    assert rearrange(meeting, shown(meeting, place="Room 4"), [amira])
    assert (meeting.sequence, meeting.place) == (1, "Room 4")
    assert rearrange(meeting, shown(meeting), [jonas])
    assert meeting.sequence == 2
    assert [guest.contact for guest in meeting.guests.all()] == [jonas]


@pytest.mark.parametrize("outcome", [Outcome.HELD, Outcome.MISSED_BY_US, Outcome.MISSED_BY_THEM])
def test_what_was_logged_settles_it_once(customer: Customer, outcome: str) -> None:
    meeting = factories.meeting(customer)
    happened = missed(customer, outcome)

    assert settle(meeting.pk, happened)
    assert not settle(meeting.pk, missed(customer))
    meeting.refresh_from_db()
    assert (meeting.interaction, meeting.is_planned) == (happened, False)
    assert not call_off(meeting, "Too late", at=NOW)
    assert not rearrange(meeting, shown(meeting, title="Other"), [])


@pytest.mark.parametrize("outcome", [Outcome.POSTPONED, Outcome.NO_ANSWER])
def test_what_is_put_off_is_still_to_be_held(customer: Customer, outcome: str) -> None:
    meeting = factories.meeting(customer)

    assert not settle(meeting.pk, missed(customer, outcome))
    assert Meeting.objects.planned().get() == meeting


def test_another_customers_meeting_is_not_settled(customer: Customer, owner: User) -> None:
    meeting = factories.meeting(factories.customer(owner))

    assert not settle(meeting.pk, missed(customer))


def test_what_is_called_off_stays_so(customer: Customer) -> None:
    meeting = factories.meeting(customer)

    assert call_off(meeting, "They are ill", at=NOW)
    assert not call_off(meeting, "Again", at=NOW)
    assert (meeting.cancelled_because, meeting.sequence) == ("They are ill", 1)
    assert not settle(meeting.pk, missed(customer, Outcome.HELD))


def test_a_log_that_is_deleted_leaves_the_meeting_planned_and_restored_it_is_held(
    customer: Customer, owner: User
) -> None:
    meeting, held = factories.meeting(customer), missed(customer, Outcome.HELD)
    settle(meeting.pk, held)

    trashed = remove(held, name="Meeting", by=owner, at=NOW, customer=customer)
    assert Meeting.objects.planned().get() == meeting
    bring_back(trashed)
    meeting.refresh_from_db()
    assert meeting.interaction_id == held.pk


@pytest.mark.parametrize(
    ("at", "due"),
    [
        # Thursday morning in Stockholm: the same day; Friday afternoon: on Monday morning.
        (datetime(2026, 11, 26, 9, tzinfo=UTC), datetime(2026, 11, 26, 13, tzinfo=UTC)),
        (datetime(2026, 11, 27, 21, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC)),
    ],
)
def test_an_apology_is_a_call_within_four_hours_of_work_and_one(
    customer: Customer, owner: User, at: datetime, due: datetime
) -> None:
    at_fault = missed(customer)

    planned, is_new = apologise(at_fault, by=owner, at=at)
    again, is_new_again = apologise(at_fault, by=owner, at=at + timedelta(days=1))

    assert (is_new, is_new_again, planned) == (True, False, again)
    assert (planned.assignee, planned.source, planned.due_at) == (owner, at_fault, due)


@pytest.mark.django_db(transaction=True)
def test_several_at_once_make_one_of_each(company: Company, customer: Customer, owner: User) -> None:
    amira, at_fault = factories.contact(customer), missed(customer)
    wanted = Meeting(customer=customer, host=owner, title="Prices", starts_at=NOW)

    assert sorted(at_once(lambda: arrange(wanted, [amira])[1], 4)) == [False, False, False, True]
    meeting = Meeting.objects.get()
    assert meeting.guests.count() == 1
    at_once(lambda: apologise(at_fault, by=owner, at=NOW), 4)
    assert FollowUp.objects.count() == 1
    ended = at_once(lambda: call_off(Meeting.objects.get(pk=meeting.pk), "", at=NOW), 4)
    assert sorted(ended) == [False, False, False, True]
    meeting.refresh_from_db()
    assert meeting.sequence == 1
