"""The one place that decides how days and times are written, and on which day a week begins.

Both follow the language of the page, unless a person chose otherwise; the choice holds for what is done `in_style`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from django.db import models
from django.utils import dateformat
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

_EVERY_DAY = 7


class DayFormat(models.TextChoices):
    """How a whole date is written in figures; in words as the language has it where nothing is chosen."""

    BY_LANGUAGE = "", _("In words")
    ISO = "Y-m-d", "2026-11-27"
    DOTS = "d.m.Y", "27.11.2026"
    SLASHES = "d/m/Y", "27/11/2026"
    MONTH_FIRST = "m/d/Y", "11/27/2026"


class WeekStart(models.IntegerChoices):
    """The first day of the week, as a weekday number with Monday as 0."""

    __empty__ = _("As the language has it")
    MONDAY = 0, _("Monday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


# A date in figures without its year: in the order people are used to, for the ISO format whole.
_WITHOUT_YEAR = {DayFormat.ISO: "Y-m-d", DayFormat.DOTS: "d.m.", DayFormat.SLASHES: "d/m", DayFormat.MONTH_FIRST: "m/d"}


@dataclass(frozen=True, slots=True)
class Style:
    """What a person chose; empty where the language decides."""

    day_format: str = ""
    week_start: int | None = None


_BY_LANGUAGE = Style()
_style: ContextVar[Style] = ContextVar("style", default=_BY_LANGUAGE)


@contextmanager
def in_style(style: Style) -> Iterator[None]:
    """Writes dates in that style until the end of the block."""
    token = _style.set(style)
    try:
        yield
    finally:
        _style.reset(token)


def style() -> Style:
    """The style in force; what is remembered of written dates has to be remembered with it and the language."""
    return _style.get()


def write(value: date | datetime | time, shape: str) -> str:
    """A day or a time in words or figures; `shape` names its parts, for example “day, time”.

    The day: `day` (27 November 2026), `short day` (27 Nov 2026), `day of year` (27 November), `weekday` (Friday 27
    November), `short weekday` (Fri 27 Nov), `month` (November 2026), `name of day` (Friday). The time: `time` (14:30),
    `seconds` (14:30:05), `time of week` (Fri 14:30), `time and zone` (14:30 CET). A datetime is written by its own
    clock, so it has to be local already.
    """
    return ", ".join(dateformat.format(value, _pattern(part)) for part in shape.split(", "))


def first_weekday() -> int:
    """The weekday number of the first day of the week, with Monday as 0."""
    chosen = style().week_start
    return chosen if chosen is not None else int(pgettext("the first day of the week; Monday is 0", "0"))


def weekdays() -> list[int]:
    """All weekday numbers in the order of the week."""
    first = first_weekday()
    return [(first + number) % _EVERY_DAY for number in range(_EVERY_DAY)]


def _pattern(part: str) -> str:
    return _in_figures(style().day_format).get(part) or _in_words(get_language())[part]


# A page writes a hundred dates, and the catalogue is asked eleven times for each language.
@lru_cache
def _in_words(_language: str | None) -> dict[str, str]:
    """The shapes in the active language, which is the one given."""
    return {
        "day": pgettext("how a date is written", "j F Y"),
        "short day": pgettext("how a date is written", "j M Y"),
        "day of year": pgettext("how a date is written", "j F"),
        "weekday": pgettext("how a date is written", "l j F"),
        "short weekday": pgettext("how a date is written", "D j M"),
        "month": pgettext("how a date is written", "F Y"),
        "name of day": "l",
        "time": pgettext("how a time is written", "H:i"),
        "seconds": pgettext("how a time is written", "H:i:s"),
        "time of week": pgettext("how a time is written", "D H:i"),
        "time and zone": pgettext("how a time is written", "H:i T"),
    }


def _in_figures(chosen: str) -> dict[str, str]:
    if not chosen:
        return {}
    without_year = _WITHOUT_YEAR[DayFormat(chosen)]
    return {
        "day": chosen,
        "short day": chosen,
        "day of year": without_year,
        "weekday": f"l, {without_year}",
        "short weekday": f"D, {without_year}",
    }
