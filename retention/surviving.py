"""For how long customers stay: the share that is left after each time, by when they came, and how many will go."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from retention.bounding import Bounded
from retention.counting import Part
from retention.models import Ending, RiskScale
from retention.rhythm import YEAR_DAYS
from retention.staying import IN_PART

DAYS_A_YEAR = 365.25
NORMAL_95 = 1.959963984540054
LONGEST_TABLE = 12
# With fewer customers left a curve says more of chance than of them.
FEWEST_AT_RISK = 10

_REAL = f"ending IN ('', '{Ending.WON_BACK}')"
_LIVES = f"""
SELECT least(coalesce(left_on, %(on)s), %(on)s) - customer_since AS days, count(*) FILTER (WHERE left_on <= %(on)s),
       count(*)
FROM (
    SELECT customer_since, (SELECT min(greatest(lost_on, customer_since)) FROM retention_loss loss
                            WHERE loss.customer_id = customer.id AND {_REAL}) AS left_on
    FROM customers_customer customer WHERE customer_since <= %(on)s AND {IN_PART}
) AS life
GROUP BY days ORDER BY days
"""  # noqa: S608 - only constants
_SIZES = f"""
SELECT date_trunc(%(by)s, customer_since)::date AS came, count(*)
FROM customers_customer customer WHERE customer_since <= %(on)s AND {IN_PART}
GROUP BY came ORDER BY came
"""  # noqa: S608 - only constants
# Few leave, so the ones who were away on a day are counted, and not all the others.
_AWAY = f"""
SELECT date_trunc(%(by)s, customer_since)::date AS came, step, count(DISTINCT customer.id)
FROM retention_loss loss JOIN customers_customer customer ON customer.id = loss.customer_id
CROSS JOIN generate_series(1, %(steps)s) AS step
WHERE customer_since <= %(on)s AND {_REAL} AND {IN_PART}
  AND loss.lost_on <= customer_since + step * %(step)s::interval
  AND (ended_on IS NULL OR ended_on > customer_since + step * %(step)s::interval)
GROUP BY came, step
"""  # noqa: S608 - only constants
_EXPECTED = f"""
SELECT count(*), coalesce(sum(chance), 0), coalesce(sum(chance * (1 - chance)), 0) FROM (
    SELECT 1 / (1 + exp(-(%(intercept)s + %(slope)s * ln(share / (1 - share))))) AS chance FROM (
        SELECT greatest(1e-12, least(1 - 1e-12, risk.risk)) AS share
        FROM retention_customerrisk risk JOIN customers_customer customer ON customer.id = risk.customer_id
        WHERE risk.risk IS NOT NULL AND customer.lost_on IS NULL AND last_day > %(on)s::date - {YEAR_DAYS} AND {IN_PART}
    ) AS raw
) AS said
"""  # noqa: S608 - only constants


class Step(Enum):
    """By what customers are put together, and how far apart they are looked at."""

    YEAR = "year"
    QUARTER = "quarter"

    @property
    def label(self) -> Any:
        return _("Years") if self is Step.YEAR else _("Quarters")

    @property
    def months(self) -> int:
        return 12 if self is Step.YEAR else 3

    def after(self, began: date, steps: int) -> date:
        """The first day of so many years or quarters later."""
        months = began.year * 12 + began.month - 1 + steps * self.months
        return date(months // 12, months % 12 + 1, 1)


@dataclass(frozen=True)
class Stand(Bounded):
    """Up to `days` the share is that of the step before; on that day it falls to `share`, between the two bounds.

    `customers` were there until then.
    """

    days: int
    customers: int
    left: int
    share: float
    lowest: float
    highest: float


def kaplan_meier(lives: Iterable[tuple[int, int, int]]) -> list[Stand]:
    """The share still there after each time, from (days, how many left then, how many were last known then).

    Who is still there counts up to today and no further. The bounds are Greenwood's, of ln(−ln S), so that they stay
    between 0 and 1.
    """
    rows = sorted(lives)
    there, share, spread = sum(number for _days, _left, number in rows), 1.0, 0.0
    stands = []
    for days, left, number in rows:
        if left:
            share *= 1 - left / there
            spread = spread + left / (there * (there - left)) if there > left else math.inf
            stands.append(Stand(days, there, left, share, *_bounds(share, spread)))
        there -= number
    return stands


def _bounds(share: float, spread: float) -> tuple[float, float]:
    if not 0 < share < 1 or math.isinf(spread):
        return share, share
    deviation = math.sqrt(spread) / abs(math.log(share))
    power = math.exp(NORMAL_95 * deviation)
    return share**power, share ** (1 / power)


@dataclass(frozen=True)
class Survival:
    """The curve of a part of the company; `longest` is the longest anybody has been a customer, in days."""

    stands: list[Stand]
    customers: int
    longest: int
    known_until: dict[int, int]

    def after(self, days: int) -> Stand:
        """What is known of that time."""
        there = self.known_until.get(days, 0)
        stand = next((stand for stand in reversed(self.stands) if stand.days <= days), None)
        if stand is None:
            return Stand(days, there, 0, 1.0, 1.0, 1.0)
        return Stand(days, there, stand.left, stand.share, stand.lowest, stand.highest)

    @property
    def years(self) -> list[tuple[int, Stand]]:
        """After each whole year that enough customers have been there for."""
        whole = range(1, LONGEST_TABLE + 1)
        stands = [(year, self.after(round(year * DAYS_A_YEAR))) for year in whole]
        return [(year, stand) for year, stand in stands if stand.customers >= FEWEST_AT_RISK]


def survival(part: Part, on: date) -> Survival:
    """For how long the customers of a part of the company stay, as known on that day, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVES, {**part.known, "on": on})
        lives = [(int(days), int(left), int(number)) for days, left, number in cursor.fetchall()]
    marks = [round(year * DAYS_A_YEAR) for year in range(1, LONGEST_TABLE + 1)]
    known = {mark: sum(number for days, _left, number in lives if days >= mark) for mark in marks}
    return Survival(
        kaplan_meier(lives), sum(number for *_rest, number in lives), max((row[0] for row in lives), default=0), known
    )


@dataclass(frozen=True)
class Held:
    """So many of a cohort; `percent` is rounded down, so 100 means all, and `shade` says how dark: 0 to 10."""

    number: int
    percent: int

    @property
    def shade(self) -> int:
        return self.percent // 10


@dataclass(frozen=True)
class Cohort:
    """Those who came in a year or quarter, and how many of them were customers after each step; None is to come."""

    began: date
    size: int
    there: list[int | None]

    @property
    def held(self) -> list[Held | None]:
        """The same as shares."""
        return [None if number is None else Held(number, 100 * number // self.size) for number in self.there]


def cohorts(part: Part, on: date, step: Step) -> list[Cohort]:
    """The last twelve cohorts, the latest first, in two queries; each with as many steps as any has a value for.

    A cohort has a value once the last who came with it has been there for so long.
    """
    known = {**part.known, "on": on, "by": step.value, "steps": LONGEST_TABLE, "step": f"{step.months} months"}
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, known)
        sizes: dict[date, int] = dict(cursor.fetchall())
        cursor.execute(_AWAY, known)
        away = {(came, number): int(gone) for came, number, gone in cursor.fetchall()}
    chosen = sorted(sizes.items(), reverse=True)[:LONGEST_TABLE]
    steps = [number for number in range(1, LONGEST_TABLE + 1) if chosen and step.after(chosen[-1][0], number + 1) <= on]

    def there(began: date, size: int, number: int) -> int | None:
        return size - away.get((began, number), 0) if step.after(began, number + 1) <= on else None

    return [Cohort(began, size, [there(began, size, number) for number in steps]) for began, size in chosen]


@dataclass(frozen=True)
class Expected:
    """How many of these customers will go silent in 90 days: the sum of their chances, and what it may be by chance."""

    customers: int
    mean: float
    deviation: float

    @property
    def lowest(self) -> int:
        return max(0, math.floor(self.mean - NORMAL_95 * self.deviation + 0.5))

    @property
    def highest(self) -> int:
        return min(self.customers, math.floor(self.mean + NORMAL_95 * self.deviation + 0.5))


def expected(part: Part, on: date) -> Expected | None:
    """Of those in touch within a year; None while the chances have not been back-tested. Two queries.

    The number of those lost is a sum of coins, each with its own chance (Poisson-binomial), near enough to normal.
    """
    scale = RiskScale.objects.in_use()
    if scale is None:
        return None
    known = {**part.known, "on": on, "intercept": scale.intercept, "slope": scale.slope}
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED, known)
        customers, mean, variance = cursor.fetchone()
    return Expected(int(customers), float(mean), math.sqrt(variance))
