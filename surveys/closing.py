"""How long it takes until somebody has acted on an unhappy answer."""

from dataclasses import dataclass
from statistics import median

from interactions.models import FollowUpQuerySet

_HOUR = 60 * 60


@dataclass(frozen=True, slots=True)
class Closing:
    """How many were closed, how many of them in time, and the hours half of them took at most."""

    number: int
    in_time: int
    median_hours: int

    @property
    def in_time_percent(self) -> int:
        return round(100 * self.in_time / self.number) if self.number else 0


def closed_within(done: FollowUpQuerySet) -> Closing:
    """What came of follow-ups that are done; from the moment of the answer, days off included."""
    rows = done.order_by().values_list("created_at", "due_at", "done_at")
    times = [(created_at, due_at, done_at) for created_at, due_at, done_at in rows if done_at]
    seconds = [(done_at - created_at).total_seconds() for created_at, _due_at, done_at in times]
    in_time = sum(done_at <= due_at for _created_at, due_at, done_at in times)
    return Closing(len(times), in_time, round(median(seconds) / _HOUR) if seconds else 0)
