"""Moments in words, by the clock of who reads them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from customers.models import Contact
from dashboard.templatetags.moments import birthday, day_words, due, waiting, when
from tests.factories import NOW, TODAY


@pytest.fixture(autouse=True)
def in_stockholm() -> Iterator[None]:
    """NOW is 10:00 there."""
    with timezone.override(ZoneInfo("Europe/Stockholm")):
        yield


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (2, "in 2 days"),
        (-2, "2 days ago"),
        (30, "in 30 days"),
        (-30, "30 days ago"),
        (31, "27 December 2026"),
        (-31, "26 October 2026"),
    ],
)
def test_near_days_are_counted_and_far_ones_named(days: int, words: str) -> None:
    assert day_words(TODAY + timedelta(days=days), TODAY) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW, "today at 10:00"),
        (NOW - timedelta(hours=11), "yesterday at 23:00"),
        (NOW - timedelta(hours=10), "today at 00:00"),
        (NOW - timedelta(days=3), "3 days ago"),
        (datetime(2025, 1, 1, 12, tzinfo=UTC), "1 January 2025"),
    ],
)
def test_when_it_happened_is_told_by_the_readers_clock(moment: datetime, words: str) -> None:
    assert f">{words}</time>" in when(moment, NOW)


def test_the_exact_time_is_there_too() -> None:
    assert 'title="26 November 2026, 10:00"' in when(NOW, NOW)
    assert 'datetime="2026-11-26T10:00+01:00"' in when(NOW, NOW)


@pytest.mark.parametrize(
    ("moment", "words", "late"),
    [
        (NOW + timedelta(hours=4), "by 14:00", False),
        (NOW, "by 10:00", False),
        (NOW - timedelta(minutes=1), "was due at 09:59", True),
        (NOW - timedelta(hours=11), "1 day late", True),
        (NOW - timedelta(days=9), "9 days late", True),
        (NOW + timedelta(days=1), "by tomorrow, 10:00", False),
        (NOW + timedelta(days=4), "by Monday, 10:00", False),
        (NOW + timedelta(days=40), "by 5 January, 10:00", False),
    ],
)
def test_by_when_something_is_to_be_done(moment: datetime, words: str, late: bool) -> None:
    shown = due(moment, NOW)

    assert f">{words}</time>" in shown
    assert ("text-risk" in shown) is late


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=5), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=5), "5 days"),
        (timedelta(seconds=-5), "0 minutes"),
    ],
)
def test_how_long_it_has_waited(passed: timedelta, words: str) -> None:
    assert waiting(NOW - passed, NOW) == words


@pytest.mark.parametrize(
    ("born", "words"),
    [
        ((29, 2, None), "29 February"),
        ((29, 2, 2000), "29 February 2000"),
        ((1, 12, None), "1 December"),
        ((None, None, None), ""),
    ],
)
def test_a_birthday_has_a_year_where_it_is_known(born: tuple[int | None, int | None, int | None], words: str) -> None:
    day, month, year = born

    assert birthday(Contact(birthday_day=day, birthday_month=month, birthday_year=year)) == words


def test_the_day_changes_with_the_reader() -> None:
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)

    assert "today at 00:30" in when(late, late)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert "today at 08:30" in when(late, late)
    assert date(2026, 11, 27) == timezone.localtime(late).date()
