"""Days as ordinals and moments as text, which a million rows can afford and PostgreSQL understands."""

import functools
from datetime import date


@functools.cache
def iso(day: int) -> str:
    """The day with that ordinal, as YYYY-MM-DD."""
    return date.fromordinal(day).isoformat()


def moment(day: int, minutes: int, zone: str) -> str:
    """So many minutes after midnight by a clock in that zone; only for times no change to summer time skips."""
    return f"{iso(day)} {minutes // 60:02}:{minutes % 60:02} {zone}"
