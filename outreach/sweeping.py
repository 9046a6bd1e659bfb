"""Sweeping: what a worker left behind when it died, and what nobody sent in time."""

from datetime import datetime

from django.db import connection

from outreach.models import STAFF_KINDS


def sweep(*, at: datetime) -> dict[str, int]:
    """Settles abandoned and late messages; returns how many of each.

    An expired lease goes back to planned. An expired hand-over of customer mail becomes `unknown`, since nobody can say
    whether it arrived; a staff alert is planned again, since two are better than none. Leases run on the database's
    clock; `at` only says what is too late by now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH abandoned AS (
                SELECT id FROM outreach_message
                WHERE state IN ('leased', 'submitting') AND lease_until < clock_timestamp()
                FOR UPDATE SKIP LOCKED
            )
            UPDATE outreach_message m
            SET state = CASE WHEN m.state = 'leased' OR m.kind = ANY(%(staff)s) THEN 'planned' ELSE 'unknown' END,
                reason = CASE WHEN m.state = 'leased' THEN m.reason ELSE 'worker_died' END,
                lease_until = NULL, lease_token = m.lease_token + (m.state = 'leased')::int,
                finished_at = CASE WHEN m.state = 'leased' OR m.kind = ANY(%(staff)s) THEN NULL ELSE %(at)s END
            FROM abandoned WHERE m.id = abandoned.id
            RETURNING m.state
            """,
            {"staff": [kind.value for kind in STAFF_KINDS], "at": at},
        )
        states = [state for (state,) in cursor.fetchall()]
        cursor.execute(
            """
            UPDATE outreach_message SET state = 'expired', reason = 'too_late', finished_at = %(at)s
            WHERE id IN (
                SELECT id FROM outreach_message WHERE state IN ('planned', 'proposed') AND expires_at <= %(at)s
                FOR UPDATE SKIP LOCKED
            )
            """,
            {"at": at},
        )
        return {"again": states.count("planned"), "unknown": states.count("unknown"), "expired": cursor.rowcount}
