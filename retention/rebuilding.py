"""The nightly rebuild: once for each of the company's days, whoever asks and however often."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, time

from django.db import connection

from accounts.models import Company
from retention.calibrating import learn
from retention.models import RiskBasis
from retention.scoring import RebuildResult, rebuild
from retention_crm.lib import clock

# By the company's clock: the day before is complete, and nobody works yet.
REBUILD_FROM = time(2, 0)
# Any number that no other lock of this database has; the two together name this job.
_LOCK = (0x52435243, 1)


def rebuild_if_due(*, at: datetime) -> RebuildResult | None:
    """Rebuilds if today's rebuild has not been done and it is past two o'clock for the company; None if it was not due.

    The scale of the percentages is learnt anew with it.

    A missed night is made up for by the next call. Of two calls at once one works and the other returns at once.
    """
    zone = Company.current().time_zone
    today = clock.today(zone, at)
    if at < clock.moment(today, REBUILD_FROM, zone) or RiskBasis.objects.filter(rebuilt_on__gte=today).exists():
        return None
    with _alone() as alone:
        if not alone or RiskBasis.objects.filter(rebuilt_on__gte=today).exists():
            return None
        result = rebuild(at=at)
        learn(at=at)
        return result


@contextmanager
def _alone() -> Generator[bool]:
    """Whether no other connection is inside; kept until the end of the block, not of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)
