"""Lists of days gone by, for a company whose history is known and that has kept none: the demo.

They are made by the statement of the risk from what was known at two o'clock of that day, as the back-test does it, and
not from what came later; only the percentages shown that day are not known.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction

from retention import rhythm
from retention.models import ATTENTION
from retention.rebuilding import REBUILD_FROM
from retention.scoring import learnt_gap, moments
from retention.snapshotting import COUNT, TAKE_DAY, TAKE_LIST
from retention_crm.lib import clock

WORK_MEMORY = "128MB"
# Only the columns the statement reads, in the order it counts them in: each day is a third of the work then.
_COPY = f"""
CREATE TEMPORARY TABLE recalled ON COMMIT DROP AS
SELECT customer_id, day, happened_at, is_touchpoint, kind, outcome, amount,
       greatest(happened_at, created_at) AS known_from
FROM {rhythm.INTERACTIONS} ORDER BY customer_id, day;
CREATE INDEX ON recalled (customer_id, day);
ANALYZE recalled;
SET LOCAL work_mem = '{WORK_MEMORY}'
"""  # noqa: S608 - only constants
_KNOWN = "(SELECT * FROM recalled WHERE known_from <= %(at)s) AS known"
_OWNED = """(
    SELECT id, lost_on, coalesce((
        SELECT former_id FROM customers_ownerchange change
        WHERE change.customer_id = customers_customer.id AND changed_at > %(at)s ORDER BY changed_at, id LIMIT 1
    ), owner_id) AS owner_id
    FROM customers_customer
) customer"""
_LIST = rhythm.over(
    TAKE_LIST,
    {
        "retention_customerrisk risk": f"({rhythm.over(rhythm.LISTED, {rhythm.INTERACTIONS: _KNOWN})}) risk",
        "customers_customer customer": _OWNED,
    },
)


def recall(days: Iterable[date], zone: str) -> int:
    """Makes the lists of these days, from the first on, but of those that have one; returns how many."""
    made = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COPY)
        for day in sorted(days):
            made += _recall(cursor, day, zone)
        cursor.execute("DROP TABLE recalled; RESET work_mem")
    return made


def _recall(cursor: Any, day: date, zone: str) -> bool:
    at = clock.moment(day, REBUILD_FROM, zone)
    known = moments(zone, at)
    known |= {
        "median_gap": learnt_gap(known, rhythm.over(rhythm.MEDIAN_GAP, {rhythm.INTERACTIONS: _KNOWN})),
        "attention": tuple(band.value for band in ATTENTION),
        "intercept": None,
        "slope": None,
    }
    cursor.execute(TAKE_DAY, known)
    if not cursor.rowcount:
        return False
    cursor.execute(_LIST, known)
    cursor.execute(COUNT, known)
    return True
