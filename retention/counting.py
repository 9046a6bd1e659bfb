"""The figures of the portfolio: counted for each owner and segment, so that any part of the company is a sum.

A small company is counted when somebody looks. Of a large one the counts are prepared: each night, and during the day
as long as the worker runs, at most once a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Company
from customers.models import Customer
from retention.models import RiskBasis
from retention_crm.lib import clock
from surveys.models import DETRACTOR_MAX

# Up to here counting takes about ten milliseconds.
COUNTED_LIVE = 10_000
PREPARED_EVERY = timedelta(minutes=1)
OPINION_DAYS = 90

_COUNT = f"""
SELECT customer.owner_id, customer.segment_id,
       count(*) FILTER (WHERE band = 'at_risk') AS at_risk,
       count(*) FILTER (WHERE band = 'watch') AS watch,
       coalesce(sum(value_last_year) FILTER (WHERE band = 'at_risk'), 0) AS value,
       count(*) FILTER (WHERE NOT do_not_contact) AS cared_for,
       count(*) FILTER (WHERE NOT do_not_contact AND next_due_on < %(today)s) AS overdue,
       count(complaint.customer_id) AS complaints,
       count(unhappy.customer_id) AS unhappy
FROM customers_customer customer
LEFT JOIN retention_customerrisk risk ON risk.customer_id = customer.id
LEFT JOIN (SELECT DISTINCT customer_id FROM interactions_complaint WHERE resolved_at IS NULL) complaint
       ON complaint.customer_id = customer.id
LEFT JOIN (SELECT DISTINCT customer_id FROM surveys_response
           WHERE score <= {DETRACTOR_MAX} AND answered_at >= %(opinion_from)s) unhappy
       ON unhappy.customer_id = customer.id
WHERE lost_on IS NULL
GROUP BY customer.owner_id, customer.segment_id
"""  # noqa: S608 - only constants of this module

_COUNTS = ("at_risk", "watch", "value", "cared_for", "overdue", "complaints", "unhappy")
_SUM = f"""
SELECT {", ".join(f"coalesce(sum({name}), 0)" for name in _COUNTS)} FROM (%s) AS counted
WHERE (%%(owner)s::bigint IS NULL OR owner_id = %%(owner)s)
  AND (%%(segment)s::bigint IS NULL OR segment_id = %%(segment)s)
  AND (%%(team)s::bigint IS NULL OR owner_id IN (SELECT id FROM accounts_user WHERE team_id = %%(team)s))
"""  # noqa: S608 - only constants of this module
_PREPARED = "SELECT * FROM retention_portfoliocount"
_PREPARE = f"""
DELETE FROM retention_portfoliocount;
INSERT INTO retention_portfoliocount (owner_id, segment_id, {", ".join(_COUNTS)}) {_COUNT}
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
    """`value` is what those at risk bought in the last year; complaints and unhappy count customers, not events.

    `counted_at` is None for figures counted just now.
    """

    at_risk: int
    watch: int
    value: Decimal
    cared_for: int
    overdue: int
    complaints: int
    unhappy: int
    counted_at: datetime | None = None

    @property
    def in_time(self) -> int | None:
        """Percent of the customers with a cadence who were contacted within it; rounded down, so 100 means all."""
        return 100 * (self.cared_for - self.overdue) // self.cared_for if self.cared_for else None


def first_opinion_moment(company: Company, at: datetime) -> datetime:
    """When the last 90 days of the company's calendar began."""
    first = clock.today(company.time_zone, at) - timedelta(days=OPINION_DAYS - 1)
    return clock.day_bounds(first, company.time_zone)[0]


def figures(part: Part, company: Company, *, at: datetime) -> Figures:
    """The figures of a part of the company in two queries; of a large company as they were prepared."""
    basis = RiskBasis.objects.filter(pk=1, customers__gt=COUNTED_LIVE, counted_at__isnull=False).first()
    known = {**_days(company, at), "owner": part.owner, "team": part.team, "segment": part.segment}
    with connection.cursor() as cursor:
        cursor.execute(_SUM % (_PREPARED if basis else _COUNT), known)
        at_risk, watch, value, *rest = cursor.fetchone()
    cared_for, overdue, complaints, unhappy = map(int, rest)
    return Figures(
        int(at_risk), int(watch), value, cared_for, overdue, complaints, unhappy, basis.counted_at if basis else None
    )


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
    return {"today": clock.today(company.time_zone, at), "opinion_from": first_opinion_moment(company, at)}
