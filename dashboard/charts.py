"""Where the points and lines of charts lie: whole pixels, so that they read the same in every language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from retention.proving import Bar
from retention.surviving import DAYS_A_YEAR, FEWEST_AT_RISK, Survival

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


@dataclass(frozen=True)
class Mark:
    """A place on an axis and what stands there."""

    at: int
    words: str


@dataclass(frozen=True)
class Curve:
    """The share of customers still there, downwards in steps, with the band it may lie in by chance."""

    line: str
    band: str
    years: list[Mark]
    shares: list[Mark]


def survival_curve(survival: Survival) -> Curve | None:
    """Up to the time that enough customers are known for; None where nothing can be drawn."""
    stands = [stand for stand in survival.stands if stand.customers >= FEWEST_AT_RISK]
    if not stands or not survival.years:
        return None
    whole, last = survival.years[-1]
    # From whole tens of percent up to all, so that a few percent can be seen.
    floor = max(0, math.floor(10 * min(last.lowest, *(stand.lowest for stand in stands))) / 10)
    longest = max(stands[-1].days, round(whole * DAYS_A_YEAR))

    def place(days: int, share: float) -> tuple[int, int]:
        return round(WIDTH * days / longest), round(HEIGHT * (1 - (share - floor) / (1 - floor)))

    upper = _stairs([place(stand.days, stand.highest) for stand in stands])
    lower = _stairs([place(stand.days, stand.lowest) for stand in stands])
    middle = _stairs([place(stand.days, stand.share) for stand in stands])
    band = "M" + "L".join(f"{x} {y}" for x, y in [*upper, *reversed(lower)]) + "Z"
    shares = [Mark(place(0, share)[1], f"{round(100 * share)} %") for share in (1, (1 + floor) / 2, floor)]
    years = [Mark(place(round(year * DAYS_A_YEAR), 1)[0], str(year)) for year in range(whole + 1)]
    return Curve("M" + "L".join(f"{x} {y}" for x, y in middle), band, years, shares)


def _stairs(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """From the left top corner on, straight until each place and then down to it; no pixel twice."""
    stairs, height = [(0, 0)], 0
    for x, y in places:
        if (x, y) != stairs[-1]:
            stairs += [(x, height), (x, y)]
        height = y
    return [*dict.fromkeys([*stairs, (WIDTH, height)])]
