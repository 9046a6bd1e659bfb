"""Claiming due messages for one worker, and settling what became of them.

A claim is a lease on the database's clock with a fencing token that grows with every claim: whoever wakes up after the
lease was taken over holds an old token, and nothing it writes takes effect.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from outreach.models import Message, State

LEASE = timedelta(seconds=120)


@dataclass(frozen=True)
class Settlement:
    """What became of one message: its new state and why; `due_at` where it is planned again."""

    pk: int
    token: int
    state: State
    reason: str = ""
    detail: str = ""
    due_at: datetime | None = None


# Another message that is under way, or that is due earlier and therefore first. Aliases: o the other, d the due one.
_BEFORE = """(
    o.state IN ('leased', 'submitting') OR o.state = 'planned' AND (o.due_at, o.id) < (d.due_at, d.id)
)"""
# Two statements in one transaction. The first waits until no other worker is claiming, the second sees what that one
# took: at READ COMMITTED each statement has a snapshot of its own. Locking the rows alone would not do, since two
# workers would take two rows of one customer, each of which is free. What is asked about each row is a scalar, so that
# it is looked up for the few rows that are met on the way along the index, and never joined for all.
_CLAIM = f"""
SELECT pg_advisory_xact_lock(hashtext('outreach.claiming'));
UPDATE outreach_message m
SET state = 'leased', lease_token = m.lease_token + 1, lease_until = clock_timestamp() + %(lease)s
FROM (
    SELECT d.id FROM outreach_message d
    WHERE d.state = 'planned' AND d.due_at <= %(at)s
      AND (SELECT o.id FROM outreach_message o WHERE o.customer_id = d.customer_id AND {_BEFORE} LIMIT 1) IS NULL
      AND (
          SELECT o.id FROM customers_contact c
          JOIN customers_contact same ON lower(same.email) = lower(c.email) AND same.id <> c.id
          JOIN outreach_message o ON o.contact_id = same.id
          WHERE c.id = d.contact_id AND c.email <> '' AND {_BEFORE} LIMIT 1
      ) IS NULL
    ORDER BY d.due_at, d.id LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED
) due
WHERE m.id = due.id
RETURNING m.id, m.lease_token
"""  # noqa: S608 - the part is a constant of this module


def claim(*, at: datetime, limit: int) -> dict[int, int]:
    """Takes up to `limit` due messages; returns {id: fencing token}. Rows another worker holds are passed over."""
    parameters: dict[str, Any] = {"at": at, "limit": limit, "lease": LEASE}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        return dict(cursor.fetchall())


def settle(settlements: Iterable[Settlement], *, at: datetime) -> int:
    """Writes outcomes for messages still held with that token; returns how many that were.

    An outcome that arrives after the sweep wrote `unknown` still counts: it is better known than the sweep knew.
    What is put off before it was ever handed over is dated anew, so that it does not arrive as old mail; a greeting
    keeps the date of its birthday.
    """
    rows = list(settlements)
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outreach_message m
            SET state = s.state, reason = s.reason, detail = s.detail, lease_until = NULL,
                due_at = coalesce(s.due_at, m.due_at),
                dated_at = CASE WHEN m.attempts = 0 AND m.kind <> 'birthday' THEN coalesce(s.due_at, m.dated_at)
                                ELSE m.dated_at END,
                finished_at = CASE WHEN s.state = 'planned' THEN NULL ELSE %(at)s END
            FROM unnest(%(pks)s::bigint[], %(tokens)s::bigint[], %(states)s::text[], %(reasons)s::text[],
                        %(details)s::text[], %(dues)s::timestamptz[])
                 AS s(id, token, state, reason, detail, due_at)
            WHERE m.id = s.id AND m.lease_token = s.token AND m.state IN ('leased', 'submitting', 'unknown')
            """,
            {
                "at": at,
                "pks": [row.pk for row in rows],
                "tokens": [row.token for row in rows],
                "states": [row.state.value for row in rows],
                "reasons": [row.reason[:40] for row in rows],
                "details": [row.detail[:2000] for row in rows],
                "dues": [row.due_at for row in rows],
            },
        )
        return int(cursor.rowcount)


_SETTLE_AND_BEGIN = """
WITH before AS (
    UPDATE outreach_message
    SET state = %(previous_state)s, reason = %(reason)s, detail = %(detail)s, lease_until = NULL,
        due_at = coalesce(%(due_at)s, due_at),
        finished_at = CASE WHEN %(previous_state)s = 'planned' THEN NULL ELSE %(at)s END
    WHERE id = %(previous)s AND lease_token = %(previous_token)s AND state IN ('submitting', 'unknown')
)
UPDATE outreach_message
SET state = 'submitting', attempts = attempts + 1, lease_until = clock_timestamp() + %(lease)s,
    sent_to = %(sent_to)s, subject = %(subject)s, body = %(body)s
WHERE id = %(pk)s AND lease_token = %(token)s AND state = 'leased'
"""


def begin_submitting(message: Message, token: int, *, after: Settlement | None, at: datetime) -> bool:
    """Commits that the hand-over of this message begins; false if it is no longer ours or no longer wanted.

    The outcome of the message before (`after`) is written in the same statement, so each hand-over costs one commit. If
    the statement fails, the one before stays `submitting` and is `unknown` later, and this one has not begun.
    """
    previous = after or Settlement(pk=0, token=0, state=State.SENT)
    parameters: dict[str, Any] = {
        "previous": previous.pk,
        "previous_token": previous.token,
        "previous_state": previous.state.value,
        "reason": previous.reason[:40],
        "detail": previous.detail[:2000],
        "due_at": previous.due_at,
        "at": at,
        "lease": LEASE,
        "sent_to": message.sent_to,
        "subject": message.subject,
        "body": message.body,
        "pk": message.pk,
        "token": token,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_AND_BEGIN, parameters)
        return int(cursor.rowcount) == 1
