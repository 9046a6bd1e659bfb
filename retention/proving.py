"""How good a list of before was, by what became of those on it: from the lists that were kept, and nothing else.

Lost is who was in no contact since the day of the list, or had left. The night after a list is kept it judges the one
of 90 days before, so that nobody who looks has to wait for it. Days since the last contact, with as many customers,
stand beside it: that is the list everybody could make for themselves.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from django.db import connection, transaction
from django.utils.dateparse import parse_date

from accounts.models import Role, User
from retention.models import RISK_PARTS, ListQuality, ListRules, RiskDay
from retention.rhythm import HORIZON_DAYS

# With fewer lost a share says more of chance than of the list.
ENOUGH_LOST = 20
# Who was seen within so many days could still be called before the silence was a habit.
EARLY_DAYS = 60
# So many customers a week somebody can care for beside the daily work, unless the company says otherwise.
EACH_A_WEEK = 5
# Where a night was missed, a list that is a little older than 90 days is judged.
LATEST_DAYS = HORIZON_DAYS + 30
_NORMAL_95 = 1.959963984540054

# Rows of two who are one since a merge are one; see snapshotting.
_OUTCOME = """
WITH before AS (
    SELECT DISTINCT ON (customer_id) customer_id, risk, place, value, silence, flagged_days > 0 AS is_flagged
    FROM retention_risksnapshot WHERE day = %(since)s ORDER BY customer_id, place, id
), after AS (
    SELECT DISTINCT ON (customer_id) customer_id, silence, flagged_days > 0 AS is_flagged
    FROM retention_risksnapshot WHERE day = %(until)s ORDER BY customer_id, place, id
), outcome AS MATERIALIZED (
    SELECT before.*, after.customer_id IS NULL AS is_away, after.silence AS silence_after,
           after.customer_id IS NULL OR after.silence > %(days)s AS is_lost,
           coalesce(after.is_flagged, FALSE) AS is_flagged_after
    FROM before LEFT JOIN after USING (customer_id)
)"""
# Of the longest silent, the last ones of as many are as silent as others: of those as many are lost as in the mean.
_COUNT = f"""
{_OUTCOME}, size AS (
    SELECT count(*) FILTER (WHERE is_flagged) AS flagged, least(count(*), %(capacity)s) AS first,
           count(*) FILTER (WHERE is_flagged AND silence <= {EARLY_DAYS}) AS early
    FROM outcome
), standing AS (
    SELECT silence, tied, lost, lost_value, sum(tied) OVER (ORDER BY silence DESC) AS reached,
           sum(tied) FILTER (WHERE silence <= {EARLY_DAYS}) OVER (ORDER BY silence DESC) AS reached_early
    FROM (SELECT silence, count(*)::float8 AS tied, count(*) FILTER (WHERE is_lost)::float8 AS lost,
                 coalesce(sum(value) FILTER (WHERE is_lost), 0)::float8 AS lost_value
          FROM outcome GROUP BY silence) AS equal
), top AS (
    SELECT is_lost, value FROM outcome ORDER BY place, customer_id LIMIT (SELECT first FROM size)
)
SELECT count(*), count(*) FILTER (WHERE is_flagged), count(*) FILTER (WHERE is_flagged AND is_lost),
       count(*) FILTER (WHERE is_lost),
       (SELECT coalesce(sum(lost / tied * greatest(0, least(tied, flagged - reached + tied))), 0) FROM standing, size),
       (SELECT early FROM size), count(*) FILTER (WHERE is_flagged AND is_lost AND silence <= {EARLY_DAYS}),
       (SELECT coalesce(sum(lost / tied * greatest(0, least(tied, early - reached_early + tied))), 0)
        FROM standing, size WHERE silence <= {EARLY_DAYS}),
       (SELECT first FROM size),
       (SELECT count(*) FROM top WHERE is_lost), (SELECT coalesce(sum(value), 0) FROM top WHERE is_lost),
       (SELECT coalesce(sum(lost / tied * greatest(0, least(tied, first - reached + tied))), 0) FROM standing, size),
       (SELECT coalesce(sum(lost_value / tied * greatest(0, least(tied, first - reached + tied))), 0)
        FROM standing, size),
       count(*) FILTER (WHERE is_flagged AND NOT is_lost AND NOT is_flagged_after),
       count(*) FILTER (WHERE is_flagged AND NOT is_lost AND is_flagged_after)
FROM outcome
"""  # noqa: S608 - only constants
# Lost on the day their silence was as long as the time between the lists, or on the first list without them. Whoever
# was silent for longer when the first list was made was lost before. What was said of them is on the last list before
# that day.
_LEADS = f"""
{_OUTCOME}, gone AS (
    SELECT outcome.customer_id, least(
        %(since)s::date - outcome.silence + %(days)s + 1,
        CASE WHEN is_away THEN (
            SELECT min(day) FROM retention_riskday list
            WHERE list.day > %(since)s AND list.day <= %(until)s AND NOT EXISTS (
                SELECT FROM retention_risksnapshot entry
                WHERE entry.day = list.day AND entry.customer_id = outcome.customer_id)
        ) END) AS day
    FROM outcome WHERE is_lost AND outcome.silence <= %(days)s
), said AS (
    SELECT gone.customer_id, gone.day,
           (SELECT max(list.day) FROM retention_riskday list WHERE list.day < gone.day) AS said_on
    FROM gone
), lead AS (
    SELECT said.customer_id,
           max(CASE WHEN entry.flagged_days > 0 THEN said.day - said_on + entry.flagged_days - 1 END) AS days
    FROM said JOIN retention_risksnapshot entry ON entry.day = said_on AND entry.customer_id = said.customer_id
    GROUP BY said.customer_id
)
"""  # noqa: S608 - only constants
_LEAD = f"""
{_LEADS} SELECT count(days), count(*) - count(days), percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FROM lead
"""  # noqa: S608 - only constants
_WARNED = f"{_LEADS} SELECT customer_id FROM lead WHERE (days IS NOT NULL) = %(is_warned)s"  # noqa: S608 - constants
_TABLE = f"""
{_OUTCOME}, said AS (
    SELECT is_lost, 1 / (1 + exp(-(%(intercept)s + %(slope)s * ln(share / (1 - share))))) AS chance
    FROM (SELECT is_lost, greatest(0.00005, least(0.99995, risk / {RISK_PARTS}::float8)) AS share FROM outcome) AS raw
)
SELECT least(floor(chance * 10), 9)::int AS tenth, count(*), avg(chance), count(*) FILTER (WHERE is_lost)
FROM said GROUP BY tenth ORDER BY tenth
"""  # noqa: S608 - only constants


@dataclass(frozen=True)
class Share:
    """So many of so many, with the interval a share of that size may have come from (Wilson, 95 of 100)."""

    found: int
    among: int

    @property
    def percent(self) -> int:
        return round(100 * self.found / self.among) if self.among else 0

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest share; 0 to 1 where there is nobody."""
        return wilson(self.found, self.among)

    @property
    def lowest(self) -> int:
        return math.floor(100 * self.bounds[0] + 0.5)

    @property
    def highest(self) -> int:
        return math.floor(100 * self.bounds[1] + 0.5)


def wilson(found: float, among: int) -> tuple[float, float]:
    """The bounds of a share by Wilson's score, which stay within 0 and 1 also for few."""
    if not among:
        return 0.0, 1.0
    share, z2 = found / among, _NORMAL_95**2
    middle = (share + z2 / (2 * among)) / (1 + z2 / among)
    half = _NORMAL_95 / (1 + z2 / among) * math.sqrt(share * (1 - share) / among + z2 / (4 * among**2))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Bar:
    """Those said to be lost with about so many percent, and what share of them was."""

    customers: int
    said: float
    lost: Share

    @property
    def said_percent(self) -> int:
        return round(100 * self.said)


@dataclass(frozen=True)
class Proof:
    """What is known of a list of before, in the terms people ask in."""

    quality: ListQuality

    @classmethod
    def latest(cls) -> Self | None:
        """The newest; None until a list is 90 days old."""
        quality = ListQuality.objects.order_by("-until").first()
        return cls(quality) if quality else None

    @classmethod
    def of(cls, written: str) -> Self | None:
        """The one made on that day (2026-03-31); None if there is none, or no such day."""
        try:
            day = parse_date(written)
        except ValueError:
            return None
        quality = ListQuality.objects.filter(until=day).first() if day else None
        return cls(quality) if quality else None

    @property
    def is_enough(self) -> bool:
        """Whether enough were lost that shares mean something."""
        return self.quality.lost >= ENOUGH_LOST

    @property
    def flagged(self) -> Share:
        return Share(self.quality.flagged_lost, self.quality.flagged)

    @property
    def others(self) -> Share:
        return Share(self.quality.others_lost, self.quality.others)

    @property
    def by_silence(self) -> Share:
        """As many of the longest silent."""
        return Share(round(self.quality.silence_lost), self.quality.flagged)

    @property
    def early(self) -> Share:
        """Of those at risk, who had been seen lately."""
        return Share(self.quality.early_flagged_lost, self.quality.early_flagged)

    @property
    def early_by_silence(self) -> Share:
        return Share(round(self.quality.early_silence_lost), self.quality.early_flagged)

    @property
    def first(self) -> Share:
        """Those the team had time for in a week, from the top of the list."""
        return Share(self.quality.first_lost, self.quality.capacity)

    @property
    def first_by_silence(self) -> Share:
        return Share(round(self.quality.first_silence_lost), self.quality.capacity)

    @property
    def apart(self) -> int:
        """Points of a percentage between what was said and what became of it, in the mean over all customers."""
        total = sum(bar.customers for bar in self.bars)
        gaps = sum(abs(bar.customers * bar.said - bar.lost.found) for bar in self.bars)
        return round(100 * gaps / total) if total else 0

    @property
    def bars(self) -> list[Bar]:
        return [Bar(customers, said, Share(lost, customers)) for _tenth, customers, said, lost in self.quality.table]


def lost_in_between(quality: ListQuality, *, is_warned: bool) -> list[int]:
    """The ids of those lost between the two lists who had been at risk before, or of those who had not."""
    known: dict[str, Any] = {"since": quality.since, "until": quality.until, "days": quality.days}
    with connection.cursor() as cursor:
        cursor.execute(_WARNED, known | {"is_warned": is_warned})
        return [pk for (pk,) in cursor.fetchall()]


def capacity() -> int:
    """How many customers the team can care for in a week: what the company says, or five for each of the staff."""
    said = ListRules.current().weekly_capacity
    return said or max(1, EACH_A_WEEK * User.objects.get_queryset().active().filter(role=Role.STAFF).count())


def judge_if_due() -> bool:
    """Judges by the newest list the one of 90 days before, unless that is done; returns whether it did."""
    newest = RiskDay.objects.order_by("-day").first()
    if newest is None or ListQuality.objects.filter(until=newest.day).exists():
        return False
    return judge(newest.day)


def judge(until: date) -> bool:
    """Judges the list of 90 days before that of `until`; False if there is none, or somebody else does."""
    span = (until - timedelta(days=LATEST_DAYS), until - timedelta(days=HORIZON_DAYS))
    former = RiskDay.objects.filter(day__range=span).order_by("-day").first()
    if former is None:
        return False
    quality = _judged(former, until)
    # Of several at once the first one stays; the others have found the same.
    with transaction.atomic():
        ListQuality.objects.bulk_create([quality], ignore_conflicts=True)
    return True


def _judged(former: RiskDay, until: date) -> ListQuality:
    known: dict[str, Any] = {
        "since": former.day,
        "until": until,
        "days": (until - former.day).days,
        "capacity": capacity(),
        "intercept": former.intercept or 0.0,
        "slope": former.slope or 1.0,
    }
    names = (
        "ranked", "flagged", "flagged_lost", "lost", "silence_lost", "early_flagged", "early_flagged_lost",
        "early_silence_lost", "capacity", "first_lost", "first_lost_value",
        "first_silence_lost", "first_silence_lost_value", "saved", "again",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, known)
        counts = dict(zip(names, cursor.fetchone(), strict=True))
        cursor.execute(_LEAD, known)
        warned, unwarned, lead_days = cursor.fetchone()
        cursor.execute(_TABLE, known)
        table = [list(row) for row in cursor.fetchall()]
    return ListQuality(
        until=until,
        since=former.day,
        **counts,
        warned=warned,
        unwarned=unwarned,
        lead_days=lead_days,
        is_shown_scale=former.slope is not None,
        table=table,
    )
