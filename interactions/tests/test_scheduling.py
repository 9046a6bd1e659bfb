"""When a next step is due: the user's own day and clock, and no day off."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from interactions.scheduling import due_in

THURSDAY = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def person(zone: str = "Europe/Stockholm", working_days: list[int] | None = None) -> User:
    days = [0, 1, 2, 3, 4] if working_days is None else working_days
    return User(time_zone=zone, working_days=days)


@pytest.mark.parametrize(
    ("days", "due"), [(1, date(2026, 11, 27)), (2, date(2026, 11, 30)), (3, date(2026, 11, 30)), (7, date(2026, 12, 3))]
)
def test_it_is_due_at_the_end_of_that_days_work(days: int, due: date) -> None:
    local = due_in(days, person(), at=THURSDAY).astimezone(ZoneInfo("Europe/Stockholm"))

    assert (local.date(), local.hour, local.minute) == (due, 17, 0)


def test_tomorrow_is_the_users_tomorrow() -> None:
    late = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)

    assert due_in(1, person("Asia/Tokyo"), at=late) == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    assert due_in(1, person("America/New_York"), at=late) == datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


def test_who_has_no_working_days_set_works_every_day() -> None:
    assert due_in(2, person(working_days=[]), at=THURSDAY).date() == date(2026, 11, 28)


def test_it_stays_five_o_clock_after_the_clocks_change() -> None:
    before_change = datetime(2026, 10, 23, 9, 0, tzinfo=UTC)

    assert due_in(3, person(), at=before_change) == datetime(2026, 10, 26, 16, 0, tzinfo=UTC)


@given(days=st.integers(1, 30), working_days=st.lists(st.integers(0, 6), unique=True))
def test_it_is_never_earlier_than_said_nor_on_a_day_off(days: int, working_days: list[int]) -> None:
    user = person(working_days=working_days)
    due = due_in(days, user, at=THURSDAY).astimezone(ZoneInfo(user.time_zone)).date()

    assert 0 <= (due - date(2026, 11, 26)).days - days < 7
    assert not working_days or due.weekday() in working_days
