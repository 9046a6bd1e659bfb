"""What a run looks at, and the moments at which the clocks of the world show an hour."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from accounts.models import Company
from accounts.standing_in import StandIns
from retention_crm.lib import clock

# Greetings are planned this far ahead, so that everyone can see what will go out tomorrow.
LOOK_AHEAD = timedelta(hours=36)
# An interaction becomes visible when its transaction ends, which may be after a younger one was planned.
OVERLAP = timedelta(hours=1)
# No clock is further from that of UTC.
FURTHEST_CLOCK = timedelta(hours=14)


@dataclass(frozen=True)
class Window:
    """What a run of a planner looks at: what fell due since `since`, seen from the moment `at`.

    `zones` are those somebody works in, and `away` who stands in for whom at that moment, which several ask for.
    `entered_since` and `entered_until` bound when an event was entered, whenever it happened. One that `only_plans`
    writes messages and what they are about, and nothing else: no bell rings, and no task is ticked off.
    """

    since: datetime
    at: datetime
    company: Company
    zones: tuple[str, ...]
    away: StandIns
    entered_since: datetime
    entered_until: datetime
    only_plans: bool = False

    @property
    def horizon(self) -> datetime:
        return self.at + LOOK_AHEAD


Planner = Callable[[Window], int]


def days_of(first: datetime, last: datetime, at: time) -> tuple[date, ...]:
    """The days on which some clock of the world may show `at` between the two moments."""
    first, last = first.astimezone(UTC) - FURTHEST_CLOCK, last.astimezone(UTC) + FURTHEST_CLOCK
    days = (first.date() + timedelta(days=number) for number in range((last - first).days + 2))
    return tuple(day for day in days if first <= datetime.combine(day, at, tzinfo=UTC) <= last)


@lru_cache(maxsize=16)
def hours_of(days: tuple[date, ...], at: time) -> str:
    """JSON: for each zone an array of the instants, in seconds since 1970, at which its clock shows `at` on those days.

    The same at every tick of a day; an array is a string as PostgreSQL writes it, which is parsed only where needed.
    """
    hours = {}
    for zone in clock.zone_names():
        instants = (str(int(clock.moment(day, at, zone).timestamp())) for day in days)
        hours[zone] = f"{{{','.join(instants)}}}"
    return json.dumps(hours)
