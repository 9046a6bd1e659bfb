"""What plans were worth: how many of those tried kept the customer, beside customers like them who had no plan.

Two yardsticks stand beside each other and are never mixed. “Kept” is what people said when they closed a plan. “Stayed”
is the same for everybody, with a plan or without: at risk on the list of the day, and 90 days later on the list again,
in touch since and at risk no more, by the lists as they were kept. Comparable is who was at risk on the same list, for
about as long, is in the same segment and of the same class of value, and had no plan in that time.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Company, User
from customers.models import Customer
from retention.bounding import Bounded
from retention.models import Cause, PlanOutcome, PlanRules, PlanState, Play, RetentionPlan, RetentionPlanQuerySet
from retention.proving import Share, wilson
from retention.rhythm import HORIZON_DAYS

# A list so many days old still says how it stood when a plan was begun; where nights were missed, one that is a little
# later than 90 days says what came of it.
_NEAR_DAYS = 7
LATEST_DAYS = HORIZON_DAYS + 30
KEPT = (PlanOutcome.KEPT, PlanOutcome.WON_BACK)

# `started` has key, customer_id and day. Rows of two who are one since a merge are one: the place further up counts.
FOLLOWED = f"""
span AS (
    SELECT started.*, first.day AS since, later.day AS until
    FROM started
    CROSS JOIN LATERAL (SELECT max(list.day) AS day FROM retention_riskday list
                        WHERE list.day BETWEEN started.day - {_NEAR_DAYS} AND started.day) AS first
    CROSS JOIN LATERAL (SELECT min(list.day) AS day FROM retention_riskday list
                        WHERE list.day BETWEEN first.day + {HORIZON_DAYS} AND first.day + {LATEST_DAYS}) AS later
), followed AS (
    SELECT span.*, coalesce(after.silence <= until - since AND after.flagged_days = 0, FALSE) AS stayed
    FROM span LEFT JOIN LATERAL (
        SELECT silence, flagged_days FROM retention_risksnapshot entry
        WHERE entry.day = span.until AND entry.customer_id = span.customer_id ORDER BY place, id LIMIT 1
    ) AS after ON TRUE
    WHERE until IS NOT NULL
)"""  # noqa: S608 - only constants
# Who turned red lately comes back more often than who has been for months.
_RED_FOR = "CASE WHEN {days} <= 14 THEN 0 WHEN {days} <= 60 THEN 1 ELSE 2 END"
_CLASS = "CASE WHEN {value} <= 0 THEN 0 WHEN {value} < %(high_value)s THEN 1 ELSE 2 END"
_PLANS = f"""
started AS (
    SELECT plan.id AS key, plan.customer_id, (started_at AT TIME ZONE %(zone)s)::date AS day
    FROM retention_retentionplan plan
    WHERE started_at IS NOT NULL AND outcome <> 'merged'
      AND (%(first)s::date IS NULL OR (started_at AT TIME ZONE %(zone)s)::date >= %(first)s)
      AND (%(last)s::date IS NULL OR (started_at AT TIME ZONE %(zone)s)::date <= %(last)s)
), {FOLLOWED}, compared AS (
    SELECT followed.*, customer.segment_id, {_CLASS.format(value="before.value")} AS class,
           {_RED_FOR.format(days="before.flagged_days")} AS red_for
    FROM followed
    JOIN customers_customer customer ON customer.id = followed.customer_id
    JOIN LATERAL (
        SELECT value, flagged_days FROM retention_risksnapshot entry
        WHERE entry.day = followed.since AND entry.customer_id = followed.customer_id ORDER BY place, id LIMIT 1
    ) AS before ON before.flagged_days > 0
), cell AS (
    SELECT DISTINCT since, until, segment_id, class, red_for FROM compared
), other AS (
    SELECT DISTINCT ON (since, until, before.customer_id) cell.*, before.customer_id
    FROM cell
    JOIN retention_risksnapshot before ON before.day = cell.since AND before.flagged_days > 0
    JOIN customers_customer customer ON customer.id = before.customer_id AND customer.segment_id = cell.segment_id
    WHERE {_CLASS.format(value="before.value")} = cell.class
      AND {_RED_FOR.format(days="before.flagged_days")} = cell.red_for AND NOT EXISTS (
        SELECT FROM retention_retentionplan plan
        WHERE plan.customer_id = before.customer_id AND started_at IS NOT NULL
          AND (started_at AT TIME ZONE %(zone)s)::date <= cell.until
          AND (closed_at IS NULL OR (closed_at AT TIME ZONE %(zone)s)::date >= cell.since)
    )
    ORDER BY since, until, before.customer_id
), other_after AS (
    SELECT other.*, coalesce(after.silence <= until - since AND after.flagged_days = 0, FALSE) AS stayed
    FROM other LEFT JOIN LATERAL (
        SELECT silence, flagged_days FROM retention_risksnapshot entry
        WHERE entry.day = other.until AND entry.customer_id = other.customer_id ORDER BY place, id LIMIT 1
    ) AS after ON TRUE
)"""  # noqa: S608 - only constants
_BESIDE_OTHERS = f"""
WITH {_PLANS}
SELECT key, stayed, coalesce(among, 0), coalesce(others_stayed, 0),
       dense_rank() OVER (ORDER BY since, segment_id, class, red_for)
FROM compared LEFT JOIN (
    SELECT since, until, segment_id, class, red_for, count(*) AS among, count(*) FILTER (WHERE stayed) AS others_stayed
    FROM other_after GROUP BY since, until, segment_id, class, red_for
) AS others USING (since, until, segment_id, class, red_for)
"""  # noqa: S608 - only constants
_OTHERS = f"""
WITH {_PLANS}
SELECT DISTINCT other_after.customer_id FROM other_after
JOIN compared USING (since, until, segment_id, class, red_for)
WHERE compared.key = ANY(%(plans)s) AND (NOT %(stayed)s OR other_after.stayed)
"""  # noqa: S608 - only constants


@dataclass(frozen=True)
class Beside:
    """One plan, and what became of those like it; plans of the same `cell` are held against the same customers."""

    stayed: bool
    others: int
    others_stayed: int
    cell: int


@dataclass(frozen=True)
class Expected(Bounded):
    """Of so many customers without a plan so many stayed; `share` weighs them like the plans, with its interval.

    Each plan is held against those like it, so that many small cases do not hide behind one large group.
    """

    stayed: int
    among: int
    share: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Odds:
    """What is known of one play or cause, or of all plans together."""

    key: str
    name: str
    kept: Share
    open: int
    besides: list[Beside] = field(default_factory=list)

    @property
    def stayed(self) -> Share:
        """Of those that there is somebody to compare with."""
        matched = [beside for beside in self.besides if beside.others]
        return Share(sum(beside.stayed for beside in matched), len(matched))

    @property
    def unmatched(self) -> int:
        """Plans of whom no customer without one was like them."""
        return sum(not beside.others for beside in self.besides)

    @property
    def expected(self) -> Expected | None:
        """What became of those without a plan; None where there is nobody to compare with."""
        matched = [beside for beside in self.besides if beside.others]
        if not matched:
            return None
        plans, cells = Counter(beside.cell for beside in matched), {beside.cell: beside for beside in matched}
        weights = {cell: number / len(matched) for cell, number in plans.items()}
        share = sum(weights[cell] * beside.others_stayed / beside.others for cell, beside in cells.items())
        # As many as would say as much if all of them weighed the same.
        worth = 1 / sum(weights[cell] ** 2 / beside.others for cell, beside in cells.items())
        among = max(1, math.floor(worth + 1e-9))
        lowest, highest = wilson(share * among, among)
        stayed, others = (
            sum(getattr(beside, name) for beside in cells.values()) for name in ("others_stayed", "others")
        )
        return Expected(stayed, others, share, lowest, highest)

    @property
    def verdict(self) -> str:
        """`better` or `worse` where chance hardly makes such a difference; `open` where it may, `few` without both."""
        expected = self.expected
        if expected is None:
            return "few"
        lowest, highest = self.stayed.bounds
        if lowest > expected.highest:
            return "better"
        return "worse" if highest < expected.lowest else "open"


@dataclass(frozen=True)
class SaveOdds:
    """The odds of the plans begun on some days: of all, by play, and by suspected cause."""

    total: Odds
    plays: list[Odds]
    causes: list[Odds]


def save_odds(user: User, company: Company, first: date | None, last: date | None) -> SaveOdds:
    """Of plans begun between those days, both included; None is no limit."""
    rows = list(
        begun(RetentionPlan.objects.visible_to(user), company, first, last).values_list(
            "pk", "play", "suspected", "state", "outcome"
        )
    )
    besides = _beside_others(company, first, last)
    names = dict(Play.objects.values_list("pk", "name"))
    plays, causes = defaultdict(list), defaultdict(list)
    for row in rows:
        if row[1] is not None:
            plays[row[1]].append(row)
        for cause in row[2]:
            causes[cause].append(row)
    return SaveOdds(
        _odds("", "", rows, besides),
        _sorted(_odds(str(play), names[play], of, besides) for play, of in plays.items()),
        _sorted(_odds(cause, str(Cause(cause).label), of, besides) for cause, of in causes.items()),
    )


def begun(
    plans: RetentionPlanQuerySet, company: Company, first: date | None, last: date | None
) -> RetentionPlanQuerySet:
    """Those begun between the days of the company, but for what a merge ended."""
    return plans.started_between(first, last, company.time_zone).exclude(outcome=PlanOutcome.MERGED)


def others_like(plans: Iterable[int], company: Company, *, stayed: bool = False) -> QuerySet[Customer]:
    """The customers without a plan whom these plans (ids) are held against; those alone who stayed, if asked for."""
    known = _known(company, None, None) | {"plans": list(plans), "stayed": stayed}
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, known)
        return Customer.objects.filter(pk__in=[pk for (pk,) in cursor.fetchall()])


def _beside_others(company: Company, first: date | None, last: date | None) -> dict[int, Beside]:
    """By the id of the plan; those without a list near enough, or not at risk on it, are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE_OTHERS, _known(company, first, last))
        return {key: Beside(*rest) for key, *rest in cursor.fetchall()}


def _known(company: Company, first: date | None, last: date | None) -> dict[str, Any]:
    return {
        "zone": company.time_zone,
        "first": first,
        "last": last,
        "high_value": PlanRules.current().high_value,
    }


def _odds(key: str, name: str, rows: list[Any], besides: dict[int, Beside]) -> Odds:
    closed = [outcome for _pk, _play, _suspected, state, outcome in rows if state == PlanState.CLOSED]
    kept = sum(outcome in KEPT for outcome in closed)
    known = [besides[pk] for pk, *_rest in rows if pk in besides]
    return Odds(key, name, Share(kept, len(closed)), len(rows) - len(closed), known)


def _sorted(found: Iterable[Odds]) -> list[Odds]:
    """Most tried first."""
    return sorted(found, key=lambda odds: (-odds.kept.among, -odds.open, odds.name))
