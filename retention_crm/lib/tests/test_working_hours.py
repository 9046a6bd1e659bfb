"""Only the hours in which people work count: by their clock, on their days, without their holidays."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_crm.lib.working_hours import WorkingHours

WEEK = (0, 1, 2, 3, 4)
OFFICE = WorkingHours(time(9), time(17), WEEK, "Europe/Stockholm", "SE")
HOUR = timedelta(hours=1)


def at(written: str) -> datetime:
    """A moment by the clock in Stockholm, which in November is an hour ahead of UTC."""
    return datetime.fromisoformat(f"{written}+01:00")


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2026-11-26 10:00", 4, "2026-11-26 14:00"),
        # Thursday evening, and what is left on Friday.
        ("2026-11-26 15:00", 4, "2026-11-27 11:00"),
        # Friday evening: Monday.
        ("2026-11-27 16:00", 2, "2026-11-30 10:00"),
        ("2026-11-28 12:00", 1, "2026-11-30 10:00"),
        ("2026-11-27 07:00", 8, "2026-11-27 17:00"),
        # Christmas is a holiday, and 2026-12-26 a Saturday.
        ("2026-12-24 16:00", 2, "2026-12-28 10:00"),
        ("2026-11-26 18:00", 0, "2026-11-27 09:00"),
    ],
)
def test_a_deadline_counts_working_hours(since: str, hours: int, until: str) -> None:
    assert OFFICE.after(at(since), hours * HOUR) == at(until)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-11-26 10:00", "2026-11-26 14:00", 4),
        ("2026-11-26 15:00", "2026-11-27 11:00", 4),
        ("2026-11-27 16:00", "2026-11-30 10:00", 2),
        ("2026-11-28 12:00", "2026-11-29 12:00", 0),
        ("2026-11-26 14:00", "2026-11-26 10:00", 0),
    ],
)
def test_a_wait_counts_working_hours(first: str, last: str, hours: int) -> None:
    assert OFFICE.between(at(first), at(last)) == hours * HOUR


def test_the_day_the_clocks_change_has_the_hours_it_has() -> None:
    """In the night to 25 October 2026 the clocks go back in Stockholm; somebody works on Sundays, through the night."""
    night = WorkingHours(time(0), time(6), (), "Europe/Stockholm")

    assert night.between(datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)) == 7 * HOUR


def test_whole_days_count_from_midnight_to_midnight() -> None:
    """The Sunday on which the clocks go back has 25 hours."""
    days = WorkingHours(time(), time(), (), "Europe/Stockholm")

    assert days.between(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)) == 25 * HOUR
    assert days.after(datetime(2026, 10, 24, 22, tzinfo=UTC), 26 * HOUR) == datetime(2026, 10, 26, 0, tzinfo=UTC)


def test_without_a_country_there_are_no_holidays() -> None:
    anywhere = WorkingHours(time(9), time(17), (), "UTC")

    christmas = datetime(2026, 12, 25, 9, tzinfo=UTC)
    assert anywhere.after(christmas, 9 * HOUR) == datetime(2026, 12, 26, 10, tzinfo=UTC)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "UTC"])


@given(MOMENTS, st.integers(1, 300), ZONES, st.sampled_from(["", "SE", "US", "NP"]), st.sets(st.integers(0, 6)))
def test_what_was_waited_until_a_deadline_is_what_it_gave(
    since: datetime, quarters: int, zone: str, country: str, days: set[int]
) -> None:
    hours = WorkingHours(time(8, 30), time(16, 45), tuple(days), zone, country)
    given_time = quarters * timedelta(minutes=15)

    until = hours.after(since, given_time)

    assert until >= since + given_time
    assert hours.between(since, until) == given_time
    assert hours.between(since, until - timedelta(minutes=1)) == given_time - timedelta(minutes=1)
