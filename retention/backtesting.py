"""How well the list would have found who was lost, measured on days gone by, beside days since the last contact.

The measures are counted over groups of equal scores: within a group the order is chance, so what a group brings is
taken at its expectation.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

from django.db import connection
from django.db.backends.utils import CursorWrapper

from retention.calibrating import Scale, calibrated
from retention.ranking import History, ranked

LEAST_CUSTOMERS = 20
TABLE_ROWS = 10
# What the lists are sorted by.
_RISK, _SILENCE = "log_odds", "silence"

_COUNT = "SELECT count(*), count(*) FILTER (WHERE is_lost) FROM backtest_rank"
# reached and found: how many customers, and how many of them lost, down to and with this group.
_MEASURE = """
WITH place AS (
    SELECT {score} AS score, count(*)::float8 AS tied, count(*) FILTER (WHERE is_lost)::float8 AS lost
    FROM backtest_rank GROUP BY {score}
), standing AS (
    SELECT tied, lost, sum(tied) OVER down AS reached, sum(lost) OVER down AS found,
           sum(tied) OVER () AS all_tied, sum(lost) OVER () AS all_lost
    FROM place WINDOW down AS (ORDER BY score DESC)
), top AS (
    SELECT standing.*, greatest(1, round(all_tied * 0.1::float8)) AS k10,
           greatest(1, round(all_tied * 0.2::float8)) AS k20
    FROM standing
)
SELECT sum(lost * (all_tied - all_lost - reached + found + (tied - lost) / 2)
           / (all_lost * (all_tied - all_lost))),
       sum(lost / all_lost * found / reached),
       sum(lost / tied * greatest(0, least(tied, k10 - reached + tied)) / k10 / (all_lost / all_tied)),
       sum(lost / tied * greatest(0, least(tied, k20 - reached + tied)) / k20 / (all_lost / all_tied))
FROM top
"""
_CHANCE = "1 / (1 + exp(-greatest(-700, least(700, %(intercept)s + %(slope)s * log_odds))))"
_BRIER = f"SELECT avg(({_CHANCE} - is_lost::int) ^ 2) FROM backtest_rank"  # noqa: S608 - only constants of this module
_TABLE = f"""
SELECT least(floor({_CHANCE} * {TABLE_ROWS}), {TABLE_ROWS - 1})::int AS tenth, count(*), avg({_CHANCE}),
       avg(is_lost::int)::float8
FROM backtest_rank GROUP BY tenth ORDER BY tenth
"""  # noqa: S608 - only constants of this module
_LABELS = "%(cutoff)s, %(horizon)s, "
_SCORES = f"""
COPY (
    SELECT {{labels}}customer_id, risk, {_CHANCE} FROM backtest_rank ORDER BY customer_id
) TO STDOUT WITH (FORMAT csv)
"""  # noqa: S608 - only constants of this module


@dataclass(frozen=True)
class Measures:
    """How good an order is: the area under the ROC curve, average precision, and how many times more of those lost are
    in its first tenth and fifth than in as many by chance."""

    auc: float
    average_precision: float
    lift_10: float
    lift_20: float


@dataclass(frozen=True)
class Tenth:
    """Those said to be lost with ten, twenty … percent: how many, what was said on average, what share was lost."""

    tenth: int
    customers: int
    said: float
    lost: float


@dataclass(frozen=True)
class BackTest:
    """One cut-off; without measures where there are too few customers, or all or none of them were lost."""

    cutoff: date
    horizon: int
    customers: int
    lost: int
    scale: Scale
    by_risk: Measures | None
    by_silence: Measures | None
    brier: float | None
    table: list[Tenth]


def back_test(
    history: History, cutoff: date, horizon: int, *, scores: TextIO | None = None, named: bool = False
) -> BackTest:
    """Measures the order and the percentages of that day by what became of the customers in the horizon after it.

    `scores` gets a line for each customer: what it is called, the risk as it orders the list, and the percentage as it
    is shown; before them, if `named`, the cut-off and the horizon. To be called in `ranking.alone`.
    """
    median_gap = history.median_gap(cutoff)
    scale = calibrated(history, cutoff, horizon, median_gap).scale
    numbers: dict[str, Any] = {"intercept": scale.intercept, "slope": scale.slope, "cutoff": cutoff, "horizon": horizon}
    with ranked(history, cutoff, horizon, median_gap), connection.cursor() as cursor:
        cursor.execute(_COUNT)
        customers, lost = cursor.fetchone()
        cursor.execute(_TABLE, numbers)
        table = [Tenth(*row) for row in cursor.fetchall()]
        if scores is not None:
            statement = _SCORES.format(labels=_LABELS if named else "")
            cursor.copy_expert(cursor.mogrify(statement, numbers).decode(), scores)
        if customers < LEAST_CUSTOMERS or lost in (0, customers):
            return BackTest(cutoff, horizon, customers, lost, scale, None, None, None, table)
        cursor.execute(_BRIER, numbers)
        (brier,) = cursor.fetchone()
        return BackTest(
            cutoff, horizon, customers, lost, scale, measured(cursor, _RISK), measured(cursor, _SILENCE), brier, table
        )


def measured(cursor: CursorWrapper, score: str) -> Measures:
    """The measures of the order by that column of backtest_rank, the highest first."""
    cursor.execute(_MEASURE.format(score=score))
    return Measures(*cursor.fetchone())
