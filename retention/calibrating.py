"""What a chance of silence means at one company: two numbers, learnt from what became of its customers before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, exp, log1p

from django.db import connection

from retention.models import RiskScale
from retention.ranking import History, alone, one_in, ranked
from retention.rhythm import HORIZON_DAYS
from retention_crm.lib import clock

# Two numbers need no more customers than that.
ENOUGH_CUSTOMERS = 20_000
SLOPE_DEVIATION = 0.25
INTERCEPT_DEVIATION = 1.0
LEAST_SLOPE = 0.1
# Before a cut-off there is at least so much history, or a third of all there is.
LEAST_DAYS = 60
LEAST_HORIZON = 14
SEASON_DAYS = 365
_ROUNDS = 100
_ENOUGH = 1e-9

# Hundredths of log-odds: so the fit looks at thousands of rows, however many customers there are.
_TALLY = """
SELECT avg(log_odds), count(*), count(*) FILTER (WHERE is_lost) FROM backtest_rank GROUP BY round(log_odds * 100)
"""


@dataclass(frozen=True)
class Tally:
    """So many customers with that risk, and how many of them were lost."""

    log_odds: float
    customers: int
    lost: int


@dataclass(frozen=True)
class Scale:
    """From the log-odds of the formula to those that are shown; rising, so the order stays as it is."""

    intercept: float = 0.0
    slope: float = 1.0

    def shown(self, log_odds: float) -> float:
        return _chance(self.intercept + self.slope * log_odds)


@dataclass(frozen=True)
class Learnt:
    """A scale and what it was learnt from: so many customers looked at, so many of them lost, over so many days."""

    scale: Scale
    horizon: int
    customers: int
    lost: int


def earlier_cutoffs(first: date, last: date, horizon: int) -> tuple[int, list[date]]:
    """Cut-offs whose horizon is over by `last`, the latest first: two recent ones and the same season a year before.

    Where there is no room for the horizon, a shorter one comes back with them.
    """
    room = (last - first).days
    before = min(LEAST_DAYS, room // 3)
    span = horizon if room - horizon >= LEAST_DAYS else max(LEAST_HORIZON, room - before)
    ago = [span]
    half_more = span + max(30, span // 2)
    if room - half_more >= before:
        ago.append(half_more)
    if span <= SEASON_DAYS and room >= SEASON_DAYS + 90:
        ago.append(SEASON_DAYS)
    return span, [last - timedelta(days=days) for days in dict.fromkeys(ago)]


def calibrated(history: History, last: date, horizon: int, median_gap: float) -> Learnt:
    """What would have been learnt by the end of that day. To be called in `ranking.alone`."""
    span, cutoffs = earlier_cutoffs(history.first, last, horizon)
    tallies: list[Tally] = []
    with one_in(ceil(history.customers / ENOUGH_CUSTOMERS), history) as some:
        for cutoff in cutoffs:
            with ranked(some, cutoff, span, median_gap), connection.cursor() as cursor:
                cursor.execute(_TALLY)
                tallies += [Tally(*row) for row in cursor.fetchall()]
    customers, lost = sum(tally.customers for tally in tallies), sum(tally.lost for tally in tallies)
    return Learnt(fit(tallies), span, customers, lost)


def learn(*, at: datetime) -> RiskScale | None:
    """Back-tests this company's history up to yesterday and keeps the scale it teaches; None while there is none.

    Once a day is enough; a second time on one day replaces the first.
    """
    with alone():
        history = History.own(at=at)
        if history is None:
            return None
        learnt = calibrated(history, history.last, HORIZON_DAYS, history.median_gap(history.last))
    values = {
        "horizon_days": learnt.horizon,
        "intercept": learnt.scale.intercept,
        "slope": learnt.scale.slope,
        "customers": learnt.customers,
        "lost": learnt.lost,
    }
    scale, _created = RiskScale.objects.update_or_create(learnt_on=clock.today(history.zone, at), defaults=values)
    return scale


def fit(tallies: Iterable[Tally]) -> Scale:
    """The likeliest scale, if before looking it is thought to be 0 ± 1 and 1 ± ¼.

    By Newton's method; a step that leads too far is halved until it leads somewhere likelier.
    """
    rows = list(tallies)
    scale, loss = Scale(), _loss(rows, Scale())
    for _round in range(_ROUNDS):
        intercept, slope = _step(rows, scale)
        part = 1.0
        while part > _ENOUGH:
            tried = Scale(scale.intercept + part * intercept, scale.slope + part * slope)
            if (found := _loss(rows, tried)) <= loss:
                break
            part /= 2
        else:
            break
        scale, loss = tried, found
        if max(abs(part * intercept), abs(part * slope)) < _ENOUGH:
            break
    return Scale(scale.intercept, max(scale.slope, LEAST_SLOPE))


def _loss(rows: list[Tally], scale: Scale) -> float:
    """How unlikely the scale is after looking, as a negative logarithm."""
    loss = (scale.intercept / INTERCEPT_DEVIATION) ** 2 / 2 + ((scale.slope - 1) / SLOPE_DEVIATION) ** 2 / 2
    for row in rows:
        log_odds = scale.intercept + scale.slope * row.log_odds
        loss += row.customers * (max(log_odds, 0.0) + log1p(exp(-abs(log_odds)))) - row.lost * log_odds
    return loss


def _step(rows: list[Tally], scale: Scale) -> tuple[float, float]:
    h11, h22 = INTERCEPT_DEVIATION**-2, SLOPE_DEVIATION**-2
    h12 = 0.0
    g1, g2 = -scale.intercept * h11, (1 - scale.slope) * h22
    for row in rows:
        chance = scale.shown(row.log_odds)
        weight, left = row.customers * chance * (1 - chance), row.lost - row.customers * chance
        g1, g2 = g1 + left, g2 + left * row.log_odds
        h11, h12 = h11 + weight, h12 + weight * row.log_odds
        h22 += weight * row.log_odds**2
    determinant = h11 * h22 - h12 * h12
    return (h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant


def _chance(log_odds: float) -> float:
    """Without an overflow, however sure."""
    if log_odds < 0:
        return exp(log_odds) / (1 + exp(log_odds))
    return 1 / (1 + exp(-log_odds))
