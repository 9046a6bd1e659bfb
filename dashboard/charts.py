"""Where the points and lines of charts lie: whole pixels, so that they read the same in every language."""

from collections.abc import Sequence
from dataclasses import dataclass

from retention.proving import Bar

# The plane the charts are drawn on; the template writes the axes around it.
WIDTH, HEIGHT = 480, 300


@dataclass(frozen=True)
class Point:
    """A mark with its whisker, from the lower to the upper end of an interval."""

    x: int
    y: int
    top: int
    bottom: int
    bar: Bar


def calibration(bars: Sequence[Bar]) -> list[Point]:
    """What was said to the right, what became of it upwards; on the diagonal both are the same."""
    return [_point(bar) for bar in bars]


def _point(bar: Bar) -> Point:
    lowest, highest = bar.lost.bounds
    return Point(across(bar.said), up(bar.lost.found / bar.lost.among), up(highest), up(lowest), bar)


def across(share: float) -> int:
    return round(WIDTH * share)


def up(share: float) -> int:
    return round(HEIGHT * (1 - share))
