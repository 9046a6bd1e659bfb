"""What became of promises, and how many of those that were to be kept were kept in time."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from customers.models import Customer
from interactions.keeping import Tally, promises_kept
from interactions.models import Fate, FollowUp
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def promise(customer: Customer, due_at: datetime, done_at: datetime | None = None, **fields: object) -> FollowUp:
    made = factories.follow_up(customer, is_promise=True, due_at=due_at, **fields)
    if done_at:
        made.finish(made.assignee, done_at)
    return made


def fate(row: FollowUp) -> str:
    return str(getattr(FollowUp.objects.with_fate(NOW).get(pk=row.pk), "fate"))  # noqa: B009 - an annotation


@pytest.mark.parametrize(
    ("due", "done", "expected"),
    [
        (HOUR, None, Fate.AHEAD),
        (timedelta(0), None, Fate.AHEAD),
        (-HOUR, None, Fate.BROKEN),
        (-HOUR, -HOUR, Fate.ON_TIME),
        (-HOUR, -timedelta(minutes=59), Fate.LATE),
        (-HOUR, -25 * HOUR, Fate.EARLY),
        (-HOUR, -timedelta(hours=24, minutes=59), Fate.ON_TIME),
        (DAY, -HOUR, Fate.EARLY),
    ],
)
def test_each_promise_has_one_fate(customer: Customer, due: timedelta, done: timedelta | None, expected: Fate) -> None:
    assert fate(promise(customer, NOW + due, None if done is None else NOW + done)) == expected


def test_what_they_do_not_need_any_more_is_neither_kept_nor_broken(customer: Customer, owner: User) -> None:
    made = promise(customer, NOW - DAY)

    made.release(owner, NOW)

    assert (fate(made), made.is_open, made.done_by) == (Fate.RELEASED, False, owner)
    made.reopen()
    assert (fate(made), made.is_open) == (Fate.BROKEN, True)


def test_only_open_promises_are_released(customer: Customer, owner: User, teammate: User) -> None:
    done = promise(customer, NOW, NOW - HOUR)
    plain = factories.follow_up(customer)
    for row in (done, plain):
        row.release(teammate, NOW)
        assert not row.is_released
    assert (done.done_at, done.done_by) == (NOW - HOUR, done.assignee)
    assert plain.is_open


def test_follow_ups_that_were_not_promised_do_not_count(customer: Customer) -> None:
    factories.follow_up(customer, due_at=NOW - DAY)
    assert not FollowUp.objects.with_fate(NOW).exists()
    assert promises_kept(FollowUp.objects.promises(), at=NOW).total.decided == 0


def test_each_counts_for_whoever_is_to_keep_it_and_for_the_team(
    customer: Customer, owner: User, teammate: User, outsider: User
) -> None:
    for person, kept, late, broken in ((owner, 3, 1, 0), (teammate, 0, 0, 2), (outsider, 1, 0, 0)):
        for _number in range(kept):
            promise(customer, NOW - DAY, NOW - DAY, assignee=person)
        for _number in range(late):
            promise(customer, NOW - DAY, NOW, assignee=person)
        for _number in range(broken):
            promise(customer, NOW - DAY, assignee=person)

    found = promises_kept(FollowUp.objects.all(), at=NOW)

    assert (found.total.in_time, found.total.decided) == (4, 7)
    assert [(record.name, record.tally.in_time, record.tally.decided) for record in found.people] == [
        (owner.name, 3, 4), (teammate.name, 0, 2), (outsider.name, 1, 1),
    ]  # fmt: skip
    teams = {record.pk: (record.tally.in_time, record.tally.decided) for record in found.teams}
    assert owner.team_id is not None and teams[owner.team_id] == (3, 6)


def test_days_are_those_of_the_calendar_that_is_asked_for(customer: Customer) -> None:
    # 23:30 in Stockholm is already the next day in Tokyo.
    made = promise(customer, datetime.fromisoformat("2026-11-25T23:30:00+01:00"))
    wednesday, thursday = date(2026, 11, 25), date(2026, 11, 26)
    assert list(FollowUp.objects.due_within(wednesday, wednesday, "Europe/Stockholm")) == [made]
    assert list(FollowUp.objects.due_within(thursday, thursday, "Asia/Tokyo")) == [made]
    assert not FollowUp.objects.due_within(thursday, None, "Europe/Stockholm").exists()
    assert not FollowUp.objects.due_within(None, wednesday, "Asia/Tokyo").exists()
    assert list(FollowUp.objects.due_within(None, None, "Asia/Tokyo")) == [made]


@given(st.dictionaries(st.sampled_from(Fate.values), st.integers(0, 30)))
def test_a_share_is_of_at_least_ten_and_never_more_than_all(numbers: dict[str, int]) -> None:
    tally = Tally()
    tally.numbers.update(numbers)
    assert tally.in_time <= tally.decided
    if tally.decided < 10:
        assert tally.share is None
    else:
        assert tally.share == tally.in_time / tally.decided
