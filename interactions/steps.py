"""A step that had to be taken in some working time: how often it was, and how long it took."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

# Of fewer a percentage or a percentile says more than is known.
ENOUGH = 10


@dataclass
class Step:
    """How many took it, how many of those that should have did so in time, and how long it took.

    `times` is working time.
    """

    taken: int = 0
    due: int = 0
    in_time: int = 0
    times: list[timedelta] = field(default_factory=list)

    def add(self, by: datetime | None, done: datetime | None, took: timedelta | None, at: datetime) -> None:
        if took is not None:
            self.taken += 1
            self.times.append(took)
        # What has no deadline, or has still time, is neither in time nor late.
        if by is not None and (done is not None or by < at):
            self.due += 1
            self.in_time += done is not None and done <= by

    @property
    def share(self) -> float | None:
        """The share taken in time, from 0 to 1; None for too few to say."""
        return self.in_time / self.due if self.due >= ENOUGH else None

    @property
    def median(self) -> timedelta | None:
        return self._rank(0.5)

    @property
    def slow(self) -> timedelta | None:
        """The 90th percentile (nearest rank): nine of ten took no longer. None for too few to say."""
        return self._rank(0.9) if len(self.times) >= ENOUGH else None

    def _rank(self, share: float) -> timedelta | None:
        return sorted(self.times)[ceil(share * len(self.times)) - 1] if self.times else None
