"""The figures of the portfolio: counted for each owner and segment, so that any part of the company is a sum.

A small company is counted when somebody looks. Of a large one the counts are prepared: each night, and during the day
as long as the worker runs, at most once a minute.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Company
from customers.models import Customer, Stage
from retention.models import RiskBasis
from retention_crm.lib import clock
from surveys.models import DETRACTOR_MAX

# Up to here counting takes about ten milliseconds.
COUNTED_LIVE = 4_000
PREPARED_EVERY = timedelta(minutes=1)
OPINION_DAYS = 90

# Since the newest list that was kept, and one of a week before, or a little more where nights were missed.
WEEK_DAYS, LONGEST_WEEK_DAYS = 7, 20
_COUNT = f"""
WITH newest AS (
    SELECT max(day) AS day FROM retention_riskday
), former AS (
    SELECT max(list.day) AS day FROM retention_riskday list, newest
    WHERE list.day BETWEEN newest.day - {LONGEST_WEEK_DAYS} AND newest.day - {WEEK_DAYS}
), red AS (
    SELECT DISTINCT customer_id FROM retention_risksnapshot
    WHERE flagged_days > 0 AND day = (SELECT newest.day FROM newest, former WHERE former.day IS NOT NULL)
), red_before AS (
    SELECT DISTINCT customer_id FROM retention_risksnapshot
    WHERE flagged_days > 0 AND day = (SELECT day FROM former)
), turned AS (
    SELECT customer_id, red_before.customer_id IS NULL AS is_in
    FROM red FULL JOIN red_before USING (customer_id) WHERE red.customer_id IS NULL OR red_before.customer_id IS NULL
), known AS (
    SELECT customer.id, owner_id, segment_id, lost_on IS NULL AS is_ours,
           CASE WHEN lost_on IS NULL THEN stage END AS stage,
           lost_on IS NULL AND NOT do_not_contact AS has_cadence, next_due_on < %(today)s AS is_late
    FROM customers_customer customer WHERE {{chosen}}
)
SELECT owner_id, segment_id,
       count(*) FILTER (WHERE is_ours) AS customers,
       count(*) FILTER (WHERE is_ours AND band = 'at_risk') AS at_risk,
       count(*) FILTER (WHERE is_ours AND band = 'watch') AS watch,
       coalesce(sum(value_last_year) FILTER (WHERE is_ours AND band = 'at_risk'), 0) AS value,
       count(*) FILTER (WHERE has_cadence) AS cared_for,
       count(*) FILTER (WHERE has_cadence AND is_late) AS overdue,
       coalesce(sum(greatest(value_last_year, 0)) FILTER (WHERE has_cadence), 0) AS cared_for_value,
       coalesce(sum(greatest(value_last_year, 0)) FILTER (WHERE has_cadence AND is_late), 0) AS overdue_value,
       count(complaint.since) FILTER (WHERE is_ours) AS complaints,
       count(unhappy.since) FILTER (WHERE is_ours) AS unhappy,
       count(promise.since) FILTER (WHERE is_ours) AS promises,
       count(*) FILTER (WHERE is_in) AS turned_red,
       count(*) FILTER (WHERE NOT is_in) AS red_no_more,
       {", ".join(f"count(*) FILTER (WHERE stage = '{stage}') AS {stage}" for stage in Stage.values)},
       min(complaint.since) FILTER (WHERE is_ours) AS oldest_complaint,
       min(unhappy.since) FILTER (WHERE is_ours) AS oldest_unhappy,
       min(promise.since) FILTER (WHERE is_ours) AS oldest_promise
FROM known
LEFT JOIN retention_customerrisk risk ON risk.customer_id = known.id
LEFT JOIN turned ON turned.customer_id = known.id
LEFT JOIN (SELECT customer_id, min(opened_at) AS since FROM interactions_complaint WHERE resolved_at IS NULL
           GROUP BY customer_id) complaint ON complaint.customer_id = known.id
LEFT JOIN (SELECT customer_id, min(answered_at) AS since FROM surveys_response
           WHERE score <= {DETRACTOR_MAX} AND answered_at >= %(opinion_from)s
           GROUP BY customer_id) unhappy ON unhappy.customer_id = known.id
LEFT JOIN (SELECT customer_id, min(due_at) AS since FROM interactions_followup
           WHERE is_promise AND done_at IS NULL AND due_at < %(at)s
           GROUP BY customer_id) promise ON promise.customer_id = known.id
GROUP BY owner_id, segment_id
"""  # noqa: S608 - only constants of this module
_EVERYBODY = _COUNT.format(chosen="TRUE")
# What is not prepared by tags is counted for the customers with that tag alone.
_TAGGED = _COUNT.format(chosen="id IN (SELECT customer_id FROM customers_customer_tags WHERE tag_id = %(tag)s)")

_COUNTS = (
    "customers", "at_risk", "watch", "value", "cared_for", "overdue", "cared_for_value", "overdue_value", "complaints",
    "unhappy", "promises", "turned_red", "red_no_more", *Stage.values,
)  # fmt: skip
_VALUES = ("value", "cared_for_value", "overdue_value")
_OLDEST = ("oldest_complaint", "oldest_unhappy", "oldest_promise")
_SUM = f"""
SELECT {{by}}, {", ".join(f"coalesce(sum({name}), 0)" for name in _COUNTS)},
       {", ".join(f"min({name})" for name in _OLDEST)}
FROM ({{source}}) AS counted
WHERE (%(owner)s::bigint IS NULL OR owner_id = %(owner)s)
  AND (%(segment)s::bigint IS NULL OR segment_id = %(segment)s)
  AND (%(team)s::bigint IS NULL OR owner_id IN (SELECT id FROM accounts_user WHERE team_id = %(team)s))
"""  # noqa: S608 - only constants of this module
_PREPARED = "SELECT * FROM retention_portfoliocount"
_PREPARE = f"""
DELETE FROM retention_portfoliocount;
INSERT INTO retention_portfoliocount (owner_id, segment_id, {", ".join((*_COUNTS, *_OLDEST))})
SELECT owner_id, segment_id, {", ".join((*_COUNTS, *_OLDEST))} FROM ({_EVERYBODY}) AS counted
"""  # noqa: S608 - only constants of this module


@dataclass(frozen=True)
class Part:
    """A part of the company; None for all of it."""

    owner: int | None = None
    team: int | None = None
    segment: int | None = None
    tag: int | None = None

    @property
    def known(self) -> dict[str, int | None]:
        """As statements name it."""
        return {"owner": self.owner, "team": self.team, "segment": self.segment, "tag": self.tag}


@dataclass(frozen=True)
class Figures:
    """`value` is what those at risk bought in the last year; complaints, unhappy and promises count customers.

    `stages` are all customers by their stage; `turned_red` came into the band at risk within a week, and `red_no_more`
    left it. `counted_at` is None for figures counted just now.
    """

    customers: int = 0
    at_risk: int = 0
    watch: int = 0
    value: Decimal = Decimal(0)
    cared_for: int = 0
    overdue: int = 0
    cared_for_value: Decimal = Decimal(0)
    overdue_value: Decimal = Decimal(0)
    complaints: int = 0
    unhappy: int = 0
    promises: int = 0
    turned_red: int = 0
    red_no_more: int = 0
    oldest_complaint: datetime | None = None
    oldest_unhappy: datetime | None = None
    oldest_promise: datetime | None = None
    stages: dict[str, int] = field(default_factory=dict)
    counted_at: datetime | None = None

    @property
    def in_time(self) -> int | None:
        """Percent of the customers with a cadence who were contacted within it; rounded down, so 100 means all."""
        return 100 * (self.cared_for - self.overdue) // self.cared_for if self.cared_for else None

    @property
    def value_in_time(self) -> int | None:
        """The same of what they bought in the last year."""
        held = self.cared_for_value - self.overdue_value
        return int(100 * held // self.cared_for_value) if self.cared_for_value else None


def first_opinion_moment(company: Company, at: datetime) -> datetime:
    """When the last 90 days of the company's calendar began."""
    first = clock.today(company.time_zone, at) - timedelta(days=OPINION_DAYS - 1)
    return clock.day_bounds(first, company.time_zone)[0]


def figures(part: Part, company: Company, *, at: datetime) -> Figures:
    """The figures of a part of the company in two queries; of a large company as they were prepared."""
    return _summed(part, company, at, "")[0][1]


def loads(part: Part, company: Company, *, at: datetime) -> list[tuple[int, Figures]]:
    """The figures of each owner, by their id, who most are at risk with first, in two queries."""
    found = [row for row in _summed(part, company, at, "owner_id") if row[1].customers]
    return sorted(found, key=lambda load: (-load[1].at_risk, -load[1].overdue, load[0]))


def _summed(part: Part, company: Company, at: datetime, by: str) -> list[tuple[int, Figures]]:
    """The sums for each value of that column, or for all with 0 in its place."""
    basis = RiskBasis.objects.filter(pk=1, customers__gt=COUNTED_LIVE, counted_at__isnull=False).first()
    is_prepared = basis is not None and not part.tag
    source = _PREPARED if is_prepared else _TAGGED if part.tag else _EVERYBODY
    with connection.cursor() as cursor:
        statement = _SUM.format(by=by or 0, source=source) + (f"GROUP BY {by}" if by else "")
        cursor.execute(statement, {**_days(company, at), **part.known})
        rows = cursor.fetchall()
    counted_at = basis.counted_at if basis and is_prepared else None
    return [(key, _as_figures(dict(zip((*_COUNTS, *_OLDEST), row, strict=True)), counted_at)) for key, *row in rows]


def _as_figures(row: dict[str, Any], counted_at: datetime | None) -> Figures:
    """A sum of whole numbers is one."""
    stages = {stage: int(row.pop(stage)) for stage in Stage.values}
    known: dict[str, Any] = {name: value if name in (*_VALUES, *_OLDEST) else int(value) for name, value in row.items()}
    return Figures(**known, stages={stage: number for stage, number in stages.items() if number}, counted_at=counted_at)


def prepare(*, at: datetime) -> None:
    """Counts the whole company anew; readers see the former figures until it is done."""
    days = _days(Company.current(), at)
    with transaction.atomic(), connection.cursor() as cursor:
        RiskBasis.objects.update_or_create(pk=1, defaults={"customers": Customer.objects.count(), "counted_at": at})
        cursor.execute(_PREPARE, days)


def prepare_if_due(*, at: datetime) -> bool:
    """Prepares the figures of a large company if they are older than a minute; of many callers at once one does."""
    old = Q(counted_at__isnull=True) | Q(counted_at__lte=at - PREPARED_EVERY)
    due = RiskBasis.objects.filter(old, pk=1, customers__gt=COUNTED_LIVE)
    if not due.update(counted_at=at):
        return False
    prepare(at=at)
    return True


def _days(company: Company, at: datetime) -> dict[str, Any]:
    today = clock.today(company.time_zone, at)
    return {"at": at, "today": today, "opinion_from": first_opinion_moment(company, at)}
