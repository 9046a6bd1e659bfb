"""Time as it counts for somebody who waits for an answer: only the hours in which people here work."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from retention_crm.lib import clock
from retention_crm.lib.workdays import holiday_name

# No deadline is so far ahead, and no wait so long, that more days have to be looked at.
_MOST_DAYS = 3 * 366


@dataclass(frozen=True)
class WorkingHours:
    """From `begins` to `ends` by the clocks of a zone, on these days of the week (Monday is 0; none: on every day).

    To end at midnight is to end with the day: from midnight to midnight the whole of the day counts.
    The public holidays of the country (two letters, empty: none) are days off.
    """

    begins: time
    ends: time
    days: tuple[int, ...]
    zone: str
    country: str = ""

    def after(self, at: datetime, worked: timedelta) -> datetime:
        """The moment (UTC) by which that much working time has passed since `at`."""
        day = clock.today(self.zone, at)
        for _number in range(_MOST_DAYS):
            if bounds := _bounds(self, day):
                begins, ends = max(at, bounds[0]), bounds[1]
                if begins + worked <= ends:
                    return begins + worked
                worked -= max(ends - begins, timedelta())
            day += timedelta(days=1)
        return at + worked

    def between(self, first: datetime, last: datetime) -> timedelta:
        """The working time from one moment to the other; nothing if the second is not later."""
        passed, day = timedelta(), clock.today(self.zone, first)
        for _number in range(_MOST_DAYS):
            bounds = _bounds(self, day)
            if bounds and bounds[0] >= last:
                break
            if bounds:
                passed += max(min(last, bounds[1]) - max(first, bounds[0]), timedelta())
            day += timedelta(days=1)
        return passed


@lru_cache(maxsize=4096)
def _bounds(hours: WorkingHours, day: date) -> tuple[datetime, datetime] | None:
    """When work begins and ends on that day, in UTC; None on a day off."""
    if (hours.days and day.weekday() not in hours.days) or holiday_name(hours.country, day):
        return None
    closing = day + timedelta(days=1) if hours.ends == time() else day
    return clock.moment(day, hours.begins, hours.zone), clock.moment(closing, hours.ends, hours.zone)
