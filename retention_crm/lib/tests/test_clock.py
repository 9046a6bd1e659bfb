"""The one place that knows what day it is: zones, changes of the clock, leap days, working days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_crm.lib import clock

ZONES = st.sampled_from(clock.zone_names())
DAYS = st.dates(min_value=date(1971, 1, 1), max_value=date(2100, 12, 31))
# 10:30 UTC: a moment that lies on two days, and for an hour on three.
HALF_PAST_TEN = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Kiritimati", date(2026, 11, 27)),
        ("Asia/Tokyo", date(2026, 11, 26)),
        ("Europe/Stockholm", date(2026, 11, 26)),
        ("America/Los_Angeles", date(2026, 11, 26)),
        ("Pacific/Pago_Pago", date(2026, 11, 25)),
    ],
)
def test_one_moment_lies_on_three_days_around_the_world(zone: str, day: date) -> None:
    assert clock.today(zone, HALF_PAST_TEN) == day


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe/Stockholm\x00", "x" * 5000])
def test_a_zone_nobody_knows_means_utc_and_stops_nothing(name: str) -> None:
    assert clock.today(name, HALF_PAST_TEN) == date(2026, 11, 26)
    assert clock.moment(date(2026, 11, 26), time(9), name) == datetime(2026, 11, 26, 9, tzinfo=UTC)


def test_only_names_a_person_would_choose_are_offered() -> None:
    assert "Europe/Stockholm" in clock.zone_names()
    assert [name for name in clock.zone_names() if name.startswith(("Etc/", "posix", "right"))] == ["Etc/GMT+12"]


def test_every_clock_of_the_world_can_be_chosen_and_is_named_for_people() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    offsets = {at.astimezone(ZoneInfo(name)).utcoffset() for name in clock.zone_names()}
    assert {timedelta(hours=hour) for hour in range(-12, 15)} <= offsets
    assert clock.zone_label("Etc/GMT+12") == "UTC−12"
    assert clock.zone_label("America/New_York") == "America/New York"


def test_a_time_skipped_in_spring_is_the_first_instant_after_the_gap() -> None:
    skipped = clock.moment(date(2026, 3, 29), time(2, 30), "Europe/Stockholm")

    assert skipped.astimezone(ZoneInfo("Europe/Stockholm")).time() == time(3, 30)


def test_of_a_time_that_occurs_twice_in_autumn_the_first_is_meant() -> None:
    assert clock.moment(date(2026, 10, 25), time(2, 30), "Europe/Stockholm") == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)])
def test_a_local_day_has_23_to_25_hours(day: date, hours: int) -> None:
    start, end = clock.day_bounds(day, "Europe/Stockholm")

    assert end - start == timedelta(hours=hours)


def test_a_day_whose_midnight_is_skipped_begins_at_one() -> None:
    start, _end = clock.day_bounds(date(2026, 4, 24), "Africa/Cairo")

    assert start.astimezone(ZoneInfo("Africa/Cairo")) == datetime(2026, 4, 24, 1, tzinfo=ZoneInfo("Africa/Cairo"))


@given(zone=ZONES, day=DAYS)
def test_days_follow_each_other_without_gap_or_overlap(zone: str, day: date) -> None:
    start, end = clock.day_bounds(day, zone)

    assert start < end <= start + timedelta(hours=48)
    assert clock.day_bounds(day + timedelta(days=1), zone)[0] == end


@given(zone=ZONES, at=st.datetimes(datetime(1971, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_lies_within_its_own_day(zone: str, at: datetime) -> None:
    start, end = clock.day_bounds(clock.today(zone, at), zone)

    # Days that a zone left out altogether (crossing the date line) begin and end at the same instant.
    assert start <= at < end


def test_29_february_is_kept_on_the_28th_in_common_years() -> None:
    assert clock.birthday_in(2027, 2, 29) == date(2027, 2, 28)
    assert clock.birthday_in(2028, 2, 29) == date(2028, 2, 29)
    assert clock.birthday_in(2100, 2, 29) == date(2100, 2, 28)


def test_29_february_is_kept_on_1_march_where_the_company_wants_it() -> None:
    assert clock.birthday_in(2027, 2, 29, leap_day_on_march_1=True) == date(2027, 3, 1)
    assert clock.birthday_in(2028, 2, 29, leap_day_on_march_1=True) == date(2028, 2, 29)


@pytest.mark.parametrize(("month", "day"), [(2, 30), (4, 31), (13, 1), (0, 1), (1, 0)])
def test_a_day_that_never_exists_is_an_error(month: int, day: int) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        clock.birthday_in(2026, month, day)


@given(year=st.integers(1900, 2200), born=DAYS, on_march_1=st.booleans())
def test_every_birthday_is_kept_once_a_year(year: int, born: date, on_march_1: bool) -> None:
    kept = clock.birthday_in(year, born.month, born.day, leap_day_on_march_1=on_march_1)

    assert kept.year == year
    assert (kept.month, kept.day) == (born.month, born.day) or (born.month, born.day) == (2, 29)


def test_after_friday_comes_monday() -> None:
    assert clock.next_working_day(date(2026, 11, 27), [0, 1, 2, 3, 4]) == date(2026, 11, 30)
    assert clock.next_working_day(date(2026, 11, 25), [0, 1, 2, 3, 4]) == date(2026, 11, 26)


def test_who_works_on_one_day_a_week_waits_a_week() -> None:
    assert clock.next_working_day(date(2026, 11, 26), [3]) == date(2026, 12, 3)


@given(day=DAYS, working_days=st.lists(st.integers(0, 6), unique=True))
def test_the_next_working_day_is_within_a_week_and_a_working_day(day: date, working_days: list[int]) -> None:
    found = clock.next_working_day(day, working_days)

    assert day < found <= day + timedelta(days=7)
    assert not working_days or found.weekday() in working_days


@given(day=DAYS)
def test_numbers_that_are_no_weekdays_do_not_stop_anybody(day: date) -> None:
    assert clock.next_working_day(day, [9]) == day + timedelta(days=1)
