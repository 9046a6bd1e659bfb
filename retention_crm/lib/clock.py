"""The one place that decides what "now" and "today" are.

Every rule that depends on the time takes `at` (an aware datetime) or `on` (a date) as a parameter; only the outermost
caller (a view, a task, a command) asks this module. A day is always somebody's day: of the company, a member of staff
or a customer, each in a time zone of its own. Nothing compares UTC dates.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

FALLBACK_ZONE = "UTC"
# The only clock of the world that no place is named after; its sign is the wrong way round.
_PLACELESS = {"Etc/GMT+12": "UTC−12"}


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now().astimezone(UTC)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Names of all time zones this installation knows, sorted; only these may be stored."""
    places = (name for name in available_timezones() if not name.startswith(("Etc/", "posix", "right")))
    return tuple(sorted([*places, *_PLACELESS]))


def zone_label(name: str) -> str:
    """The name of a zone for people."""
    return _PLACELESS.get(name) or name.replace("_", " ")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that name; an unknown or empty name means UTC, so that one bad row never stops a run."""
    try:
        return ZoneInfo(name or FALLBACK_ZONE)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(FALLBACK_ZONE)


def today(zone_name: str, at: datetime | None = None) -> date:
    """The calendar day it is in that zone at that moment (now, if not given)."""
    return (at or now()).astimezone(zone(zone_name)).date()


def moment(day: date, at: time, zone_name: str) -> datetime:
    """The instant (in UTC) when a clock in that zone shows `at` on `day`.

    A time skipped by a change to summer time becomes the first instant after the gap; of a time that occurs twice the
    first is meant (PEP 495, fold=0).
    """
    local = datetime.combine(day, at, tzinfo=zone(zone_name))
    return local.astimezone(UTC)


def day_bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """First instant of that local day and of the next one (both in UTC); 23 to 25 hours apart."""
    return moment(day, time(), zone_name), moment(day + timedelta(days=1), time(), zone_name)


def next_working_day(day: date, working_days: Collection[int]) -> date:
    """The first day after `day` whose weekday (Monday is 0) is a working day; every day is one if none is given."""
    for offset in range(1, 8):
        candidate = day + timedelta(days=offset)
        if not working_days or candidate.weekday() in working_days:
            return candidate
    return day + timedelta(days=1)


def birthday_in(year: int, month: int, day: int, *, leap_day_on_march_1: bool = False) -> date:
    """The day a birthday is kept in that year; 29 February moves to the 28th (or 1 March) in common years."""
    try:
        return date(year, month, day)
    except ValueError:
        if (month, day) != (2, 29):
            raise
        return date(year, 3, 1) if leap_day_on_march_1 else date(year, 2, 28)
