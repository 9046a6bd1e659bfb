"""Where everybody would have stood in the list on a day gone by, and who was lost afterwards.

The place is what the statement of the risk says with what was known then; lost is who was not seen in the horizon
after it.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from django.db import connection, transaction

from accounts.models import Company
from retention import rhythm
from retention.scoring import learnt_gap, moments
from retention_crm.lib import clock

_OWN_SPAN = f"""
SELECT min(day), count(DISTINCT customer_id)
FROM {rhythm.INTERACTIONS} JOIN {rhythm.SEGMENTS} AS rule USING (customer_id)
WHERE {rhythm.COUNTED} AND {rhythm.KNOWN}
"""  # noqa: S608 - only constants of this module and of rhythm
_RANK = f"""
CREATE TEMPORARY TABLE backtest_rank ON COMMIT DROP AS
WITH seen AS (
    SELECT DISTINCT customer_id FROM {rhythm.INTERACTIONS} JOIN {rhythm.SEGMENTS} AS rule USING (customer_id)
    WHERE {rhythm.COUNTED} AND NOT {rhythm.KNOWN} AND day <= %(today)s + %(horizon)s
)
SELECT ranked.*, seen.customer_id IS NULL AS is_lost
FROM ({rhythm.RANKED}) AS ranked LEFT JOIN seen USING (customer_id)
"""  # noqa: S608 - only constants of this module and of rhythm
_FORGET = "DROP TABLE backtest_rank"
# Always the same customers, whoever is asked for them.
_CHOSEN = "mod(hashtext({customer}::text), {share}) = 0"
_PART = """
CREATE TEMPORARY TABLE backtest_part ON COMMIT DROP AS
SELECT customer_id, day, happened_at, is_touchpoint, kind, outcome, amount FROM {interactions} WHERE {chosen}
"""
_FORGET_PART = "DROP TABLE backtest_part"


@dataclass(frozen=True)
class History:
    """The contact days of a company from `first` to `last`, both complete, by the clock of that zone.

    `sources` are other tables than the company's own.
    """

    first: date
    last: date
    zone: str
    customers: int
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def own(cls, *, at: datetime) -> Self | None:
        """This company's own up to yesterday; None if nobody has been in touch yet."""
        zone = Company.current().time_zone
        yesterday = clock.today(zone, at) - timedelta(days=1)
        with connection.cursor() as cursor:
            cursor.execute(_OWN_SPAN, _end(yesterday, zone))
            first, customers = cursor.fetchone()
        return cls(first, yesterday, zone, customers) if customers else None

    def median_gap(self, cutoff: date) -> float:
        """The median gap as it would have been learnt by the end of that day."""
        return learnt_gap(_end(cutoff, self.zone), rhythm.over(rhythm.MEDIAN_GAP, self.sources))


@contextmanager
def alone() -> Generator[None]:
    """A transaction whose tables are gone at its end, however it ends, and that changes nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def one_in(share: int, history: History) -> Generator[History]:
    """The same history of some of its customers only."""
    if share <= 1:
        yield history
        return
    customers = history.sources.get(rhythm.CUSTOMERS, rhythm.CUSTOMERS)
    interactions = history.sources.get(rhythm.INTERACTIONS, rhythm.INTERACTIONS)
    part = {
        rhythm.CUSTOMERS: f"(SELECT * FROM {customers} WHERE {_CHOSEN.format(customer='id', share=share)}) AS part",  # noqa: S608
        rhythm.INTERACTIONS: "backtest_part",
    }
    with connection.cursor() as cursor:
        chosen = _CHOSEN.format(customer="customer_id", share=share)
        cursor.execute(_PART.format(interactions=interactions, chosen=chosen))
        yield replace(history, sources={**history.sources, **part})
        cursor.execute(_FORGET_PART)


@contextmanager
def ranked(history: History, cutoff: date, horizon: int, median_gap: float) -> Generator[None]:
    """Within, backtest_rank has everybody in touch in the year up to the end of that day: silence, log-odds, lost."""
    known = {**_end(cutoff, history.zone, horizon), "ids": None, "median_gap": median_gap}
    with connection.cursor() as cursor:
        cursor.execute(rhythm.over(_RANK, history.sources), known)
        yield
        cursor.execute(_FORGET)


def _end(day: date, zone: str, horizon: int = rhythm.HORIZON_DAYS) -> dict[str, Any]:
    """What the statement compares with, at the last moment of that day."""
    return moments(zone, clock.day_bounds(day, zone)[1].astimezone(UTC) - timedelta(microseconds=1), horizon)
