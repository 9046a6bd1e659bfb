"""Who counts as overdue, for whom, and from which day on a manager hears of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Company, Team, User, Visibility
from customers.models import Customer
from outreach.models import Message, MessageKind, State
from outreach.overdue import digest_customers, digest_follow_ups, escalated_customers, last_told
from tests import factories
from tests.factories import NOW, TODAY

LONG_AGO = TODAY - timedelta(days=1000)


def due_on(owner: User, day: date, cadence: int = 30, **fields: object) -> Customer:
    """A customer whose cadence ends on that day."""
    return factories.customer(
        owner,
        segment=factories.segment(cadence),
        next_due_on=day,
        customer_since=day - timedelta(days=cadence),
        **fields,
    )


def test_the_due_day_itself_is_still_in_time(owner: User) -> None:
    due_on(owner, TODAY)
    late = due_on(owner, TODAY - timedelta(days=1))
    assert list(digest_customers(owner, TODAY)) == [late]


def test_the_longest_overdue_comes_first(owner: User) -> None:
    days = [3, 40, 1, 12]
    rows = {late: due_on(owner, TODAY - timedelta(days=late)) for late in days}
    assert list(digest_customers(owner, TODAY)) == [rows[late] for late in sorted(days, reverse=True)]


def test_only_ones_own_customers_are_in_the_digest(owner: User, teammate: User, manager: User) -> None:
    mine = due_on(owner, TODAY - timedelta(days=2))
    due_on(teammate, TODAY - timedelta(days=2))
    assert list(digest_customers(owner, TODAY)) == [mine]
    assert not digest_customers(manager, TODAY).exists()


def test_nobody_is_reminded_of_customers_who_left_or_want_no_contact(owner: User, manager: User) -> None:
    due_on(owner, TODAY - timedelta(days=20), lost_on=TODAY)
    due_on(owner, TODAY - timedelta(days=20), do_not_contact=True)
    assert not digest_customers(owner, TODAY).exists()
    assert not escalated_customers(manager, on=TODAY, after=LONG_AGO).exists()


def test_follow_ups_due_before_the_end_of_the_day_promises_first(customer: Customer, owner: User) -> None:
    end = NOW + timedelta(hours=14)
    planned = factories.follow_up(customer, due_at=NOW - timedelta(days=9))
    promise = factories.follow_up(customer, due_at=end - timedelta(seconds=1), is_promise=True)
    factories.follow_up(customer, due_at=end)
    factories.follow_up(customer, due_at=NOW, done_at=NOW)
    assert list(digest_follow_ups(owner, end)) == [promise, planned]


def test_a_follow_up_belongs_to_the_one_it_is_assigned_to(customer: Customer, owner: User, teammate: User) -> None:
    theirs = factories.follow_up(customer, assignee=teammate)
    assert list(digest_follow_ups(teammate, NOW + timedelta(days=1))) == [theirs]
    assert not digest_follow_ups(owner, NOW + timedelta(days=1)).exists()


def test_a_follow_up_with_a_customer_one_may_not_see_is_left_out(
    customer: Customer, outsider: User, company: Company
) -> None:
    theirs = factories.follow_up(customer, assignee=outsider)
    assert not digest_follow_ups(outsider, NOW + timedelta(days=1)).exists()
    company.visibility = Visibility.COMPANY
    company.save()
    outsider = User.objects.get(pk=outsider.pk)
    assert list(digest_follow_ups(outsider, NOW + timedelta(days=1))) == [theirs]


@pytest.mark.parametrize(
    ("cadence", "days"), [(1, 2), (2, 3), (7, 11), (14, 21), (30, 45), (45, 68), (365, 548), (3650, 5475)]
)
def test_a_manager_hears_on_the_day_one_and_a_half_cadences_have_passed(
    owner: User, manager: User, cadence: int, days: int
) -> None:
    start = date(2010, 5, 4)
    quiet = due_on(owner, start + timedelta(days=cadence), cadence)
    day = start + timedelta(days=days)
    assert not escalated_customers(manager, on=day - timedelta(days=1), after=date(2000, 1, 1)).exists()
    found = escalated_customers(manager, on=day, after=day - timedelta(days=1))
    assert [customer.pk for customer in found] == [quiet.pk]
    assert not escalated_customers(manager, on=day + timedelta(days=5), after=day).exists()


def test_the_customers_own_cadence_counts_before_the_segments(owner: User, manager: User) -> None:
    factories.customer(
        owner, segment=factories.segment(10), cadence_days=100, customer_since=TODAY - timedelta(days=120)
    )
    assert not escalated_customers(manager, on=TODAY, after=LONG_AGO).exists()


def test_the_last_conversation_starts_the_time_anew(owner: User, manager: User) -> None:
    customer = factories.customer(owner, customer_since=LONG_AGO)
    assert escalated_customers(manager, on=TODAY, after=LONG_AGO).exists()
    factories.interaction(customer, happened_at=NOW - timedelta(days=44))
    assert not escalated_customers(manager, on=TODAY, after=LONG_AGO).exists()
    assert escalated_customers(manager, on=TODAY + timedelta(days=1), after=TODAY).exists()


def test_a_manager_hears_of_the_own_team_and_without_a_team_of_all(
    owner: User, outsider: User, manager: User, administrator: User
) -> None:
    day = TODAY - timedelta(days=15)
    ours, theirs = due_on(owner, day), due_on(outsider, day)
    assert list(escalated_customers(manager, on=TODAY, after=LONG_AGO)) == [ours]
    assert administrator.team is None
    assert set(escalated_customers(administrator, on=TODAY, after=LONG_AGO)) == {ours, theirs}


def told(manager: User, at: datetime, **fields: object) -> Message:
    fields = {"kind": MessageKind.ESCALATION, "state": State.SENT, "finished_at": at, **fields}
    return Message.objects.create(
        occasion=f"escalation:{Message.objects.count()}",
        recipient=manager,
        due_at=at,
        expires_at=at,
        dated_at=at,
        **fields,
    )


def test_before_the_first_escalation_the_last_week_counts(manager: User) -> None:
    assert last_told(manager, on=TODAY) == TODAY - timedelta(days=7)


def test_the_last_sent_escalation_counts_by_the_managers_own_day(manager: User) -> None:
    manager.time_zone = "Asia/Tokyo"
    told(manager, datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    told(manager, datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    assert last_told(manager, on=TODAY) == date(2026, 11, 24)


def test_only_what_was_sent_to_this_manager_counts(manager: User, administrator: User) -> None:
    told(manager, NOW, state=State.FAILED)
    told(manager, NOW, state=State.CANCELLED)
    told(manager, NOW, kind=MessageKind.OVERDUE_DIGEST)
    told(administrator, NOW)
    assert last_told(manager, on=TODAY) == TODAY - timedelta(days=7)


def test_a_team_that_is_empty_has_nothing_to_escalate(south: Team, owner: User, manager: User) -> None:
    due_on(owner, TODAY - timedelta(days=15))
    manager.team = south
    assert not escalated_customers(manager, on=TODAY, after=LONG_AGO).exists()
