"""How days, times and weeks are written for people of different languages and habits."""

from datetime import UTC, date, datetime, time

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from retention_crm.lib import clock, dates
from retention_crm.lib.dates import DayFormat, Style, WeekStart

DAY = date(2026, 11, 27)
MOMENT = datetime(2026, 11, 27, 14, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "shape", "expected"),
    [
        ("en", "day", "27 November 2026"),
        ("en", "weekday, time", "Friday 27 November, 14:30"),
        ("en", "time of week", "Fri 14:30"),
        ("de", "day", "27. November 2026"),
        ("de", "short day, seconds", "27. Nov 2026, 14:30:05"),
        ("de", "weekday, time", "Freitag, 27. November, 14:30"),
        ("de", "short weekday", "Fr, 27. Nov"),
        ("de", "month", "November 2026"),
    ],
)
def test_dates_follow_the_language(language: str, shape: str, expected: str) -> None:
    with translation.override(language):
        assert dates.write(MOMENT, shape) == expected


@pytest.mark.parametrize(
    ("chosen", "day", "of_year", "weekday"),
    [
        (DayFormat.ISO, "2026-11-27", "2026-11-27", "Friday, 2026-11-27"),
        (DayFormat.DOTS, "27.11.2026", "27.11.", "Friday, 27.11."),
        (DayFormat.SLASHES, "27/11/2026", "27/11", "Friday, 27/11"),
        (DayFormat.MONTH_FIRST, "11/27/2026", "11/27", "Friday, 11/27"),
    ],
)
def test_dates_are_written_as_a_person_chose(chosen: str, day: str, of_year: str, weekday: str) -> None:
    with dates.in_style(Style(chosen)):
        assert dates.write(DAY, "day") == dates.write(DAY, "short day") == day
        assert dates.write(DAY, "day of year") == of_year
        assert dates.write(DAY, "weekday") == weekday
        assert dates.write(MOMENT, "day, time") == f"{day}, 14:30"
    assert dates.write(DAY, "day") == "27 November 2026"


def test_every_format_there_is_can_be_written() -> None:
    for chosen in DayFormat.values:
        with dates.in_style(Style(chosen)):
            assert "27" in dates.write(DAY, "day")


@pytest.mark.parametrize(
    ("language", "start", "order"),
    [
        ("de", None, [0, 1, 2, 3, 4, 5, 6]),
        ("en", None, [0, 1, 2, 3, 4, 5, 6]),
        ("en", WeekStart.MONDAY, [0, 1, 2, 3, 4, 5, 6]),
        ("de", WeekStart.SATURDAY, [5, 6, 0, 1, 2, 3, 4]),
        ("de", WeekStart.SUNDAY, [6, 0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_week_begins_where_the_language_or_the_person_says(
    language: str, start: int | None, order: list[int]
) -> None:
    with translation.override(language), dates.in_style(Style(week_start=start)):
        assert dates.weekdays() == order


def test_templates_write_dates_by_the_clock_of_the_reader() -> None:
    template = Template(
        '{{ at|written:"time" }} {{ none|written:"day" }} {{ at|stamped:"short day" }} {{ midnight|written:"time" }}'
    )
    with timezone.override(clock.zone("Asia/Tokyo")):
        shown = template.render(Context({"at": MOMENT, "none": None, "midnight": time()}))
    assert shown == '23:30  <time datetime="2026-11-27T23:30:05+09:00">27 Nov 2026</time> 00:00'


def test_an_unknown_shape_is_an_error_for_whoever_writes_the_page() -> None:
    with pytest.raises(KeyError):
        dates.write(DAY, "moon")
