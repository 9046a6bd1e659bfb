"""Computing the risk: of everybody each night, of a few customers as soon as something happened with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Company
from customers.models import Customer
from retention import rhythm
from retention.counting import prepare
from retention.models import RiskBasis
from retention_crm.lib import clock
from retention_crm.lib.prepared import Prepared

LARGEST_GAP_DAYS = 365.0
BATCH = 500
# About a second's work: so long may somebody wait who logs something while the rebuild runs.
STORED_AT_ONCE = 5000
# A statement of its own, before the one that looks: what is logged meanwhile is seen by it or stays marked.
_FRESH = "UPDATE customers_customer SET risk_stale_since = NULL WHERE id = ANY(%s) AND risk_stale_since IS NOT NULL"
# Somebody waits for this one each time: planning it takes longer than running it.
_SCORE_ONE = Prepared(
    rhythm.SCORE_ONE,
    "id bigint, at timestamptz, today date, zone text, year_ago date, service_day date, champion_day date,"
    " service_from timestamptz, opinion_from timestamptz, resolved_from timestamptz",
)


@dataclass(frozen=True)
class RebuildResult:
    """How many customers were scored, how many rows that changed, and the company's median gap in days."""

    customers: int
    changed: int
    median_gap_days: float


def rebuild(*, at: datetime) -> RebuildResult:
    """Scores every customer anew from the whole history as it was known at `at`, and learns the median gap.

    Requests that come in meanwhile stay marked stale. If it fails, run it again: nothing is recorded as rebuilt.
    """
    zone = Company.current().time_zone
    known = moments(zone, at)
    Customer.objects.filter(risk_stale_since__isnull=False).update(risk_stale_since=None)
    median_gap = learnt_gap(known)
    changed = _score_everybody(known, median_gap)
    RiskBasis.objects.update_or_create(
        pk=1, defaults={"median_gap_days": median_gap, "rebuilt_at": at, "rebuilt_on": clock.today(zone, at)}
    )
    prepare(at=at)
    return RebuildResult(customers=Customer.objects.count(), changed=changed, median_gap_days=median_gap)


def rescore(customer_ids: Sequence[int], *, at: datetime, company: Company | None = None) -> int:
    """Scores these customers as of `at` with the stored median gap; returns how many rows that changed.

    `company` are the settings, where they are at hand already.
    """
    if not customer_ids:
        return 0
    known = moments((company or Company.current()).time_zone, at)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_FRESH, [list(customer_ids)])
        if len(customer_ids) == 1:
            return _SCORE_ONE.run({**known, "id": customer_ids[0]})
        cursor.execute(rhythm.SCORE, {**known, "ids": list(customer_ids)})
        return int(cursor.rowcount)


def rescore_stale(*, at: datetime, limit: int = BATCH) -> int:
    """Scores up to `limit` customers marked stale, the longest waiting first; returns how many were taken.

    Safe to run many times at once: each run takes customers no other one holds.
    """
    stale = Customer.objects.filter(risk_stale_since__isnull=False)
    if not stale.exists():
        return 0
    with transaction.atomic():
        waiting = stale.order_by("risk_stale_since", "pk").select_for_update(skip_locked=True, no_key=True)
        ids = list(waiting.values_list("pk", flat=True)[:limit])
        rescore(ids, at=at)
    return len(ids)


def learnt_gap(known: dict[str, Any], statement: str = rhythm.MEDIAN_GAP) -> float:
    """The median days between contact days; the default while no customer came back."""
    with connection.cursor() as cursor:
        cursor.execute(statement, known)
        median = cursor.fetchone()[0]
    if median is None:
        return rhythm.DEFAULT_MEDIAN_GAP_DAYS
    return float(min(max(median, 1.0), LARGEST_GAP_DAYS))


def moments(zone_name: str, at: datetime, horizon: int = rhythm.HORIZON_DAYS) -> dict[str, Any]:
    """The days and moments the statement compares with, all by the company's clock; `…_from` begin a local day."""
    today = clock.today(zone_name, at)

    def start(days: int) -> datetime:
        return clock.day_bounds(today - timedelta(days=days - 1), zone_name)[0]

    return {
        "at": at,
        "today": today,
        "horizon": horizon,
        "zone": clock.zone(zone_name).key,
        "year_ago": today - timedelta(days=rhythm.YEAR_DAYS),
        "service_day": today - timedelta(days=rhythm.SERVICE_DAYS),
        "champion_day": today - timedelta(days=rhythm.CHAMPION_DAYS),
        "service_from": start(rhythm.SERVICE_DAYS),
        "opinion_from": start(rhythm.OPINION_DAYS),
        "resolved_from": start(rhythm.RESOLVED_DAYS),
    }


def _score_everybody(known: dict[str, Any], median_gap: float) -> int:
    changed = last = 0
    with connection.cursor() as cursor:
        cursor.execute(rhythm.STAGE, {**known, "ids": None, "median_gap": median_gap})
        while True:
            cursor.execute(rhythm.NEXT_STAGED, [last, STORED_AT_ONCE])
            (following,) = cursor.fetchone()
            if following is None:
                break
            cursor.execute(rhythm.STORE_STAGED, {"after": last, "last": following, "at": known["at"]})
            changed, last = changed + int(cursor.rowcount), following
        cursor.execute(rhythm.FORGET_STAGED)
    return changed
