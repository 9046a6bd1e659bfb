"""Claiming due messages for one worker, and settling what became of them.

A claim is a lease on the database's clock with a fencing token that grows with every claim: whoever wakes up after the
lease was taken over holds an old token, and nothing it writes takes effect.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from outreach.models import Message, State
from retention_crm.lib.prepared import Prepared

LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Settlement:
    """What became of one message: its new state and why (see `models.saying`); `due_at` where it is planned again.

    `is_untried` says that the hand-over that began does not count as an attempt.
    """

    pk: int
    token: int
    state: State
    reason: str = ""
    detail: str = ""
    due_at: datetime | None = None
    is_untried: bool = False
    said: dict[str, Any] | None = None


# Two statements in one transaction. The first waits until no other worker is claiming, the second sees what that one
# took: at READ COMMITTED each statement has a snapshot of its own. Locking rows alone would not do, since two workers
# would take two rows of one customer, each of which is free. The head of the queue is looked at as a whole: what is
# earlier for the same customer or address is in it, too. The last row returned is how long that head was.
_CLAIM = """
SELECT pg_advisory_xact_lock(hashtext('outreach.claiming'));
WITH busy AS MATERIALIZED (
    SELECT o.customer_id, lower(c.email) AS address
    FROM outreach_message o LEFT JOIN customers_contact c ON c.id = o.contact_id
    WHERE o.state IN ('leased', 'submitting')
), head AS MATERIALIZED (
    SELECT id, due_at, customer_id, contact_id FROM outreach_message
    WHERE state = 'planned' AND due_at <= %(at)s
    ORDER BY due_at, id LIMIT %(head)s
), ranked AS (
    SELECT d.id, d.due_at, d.customer_id, lower(c.email) AS address,
           row_number() OVER (PARTITION BY coalesce(d.customer_id, -d.id) ORDER BY d.due_at, d.id) AS of_customer,
           row_number() OVER (
               PARTITION BY coalesce(nullif(lower(c.email), ''), d.id::text) ORDER BY d.due_at, d.id
           ) AS of_address
    FROM head d LEFT JOIN customers_contact c ON c.id = d.contact_id
), free AS (
    SELECT r.id FROM ranked r
    WHERE r.of_customer = 1 AND r.of_address = 1
      AND coalesce(r.customer_id, 0) NOT IN (SELECT customer_id FROM busy WHERE customer_id IS NOT NULL)
      AND coalesce(r.address, '') NOT IN (SELECT address FROM busy WHERE address <> '')
    ORDER BY r.due_at, r.id LIMIT %(limit)s
), taken AS (
    UPDATE outreach_message m
    SET state = 'leased', lease_token = m.lease_token + 1, lease_until = clock_timestamp() + %(lease)s
    FROM (
        SELECT p.id FROM outreach_message p JOIN free ON free.id = p.id
        WHERE p.state = 'planned' FOR UPDATE OF p SKIP LOCKED
    ) due
    WHERE m.id = due.id
    RETURNING m.id, m.lease_token
)
SELECT id, lease_token FROM taken
UNION ALL SELECT NULL, count(*) FROM head
"""
# So many of those due are looked at for each that is wanted, and where they are all for the same few, more of them.
_HEAD, _LONGER = 4, 8


def claim(*, at: datetime, limit: int) -> dict[int, int]:
    """Takes up to `limit` due messages; returns {id: fencing token}. Rows another worker holds are passed over.

    Of one customer, and of one mail address, a single message is under way at a time: only when it is known what became
    of it can the gate say whether there is room for the next.
    """
    wanted = limit * _HEAD
    while True:
        parameters: dict[str, Any] = {"at": at, "limit": limit, "head": wanted, "lease": LEASE}
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, parameters)
            *taken, (_none, length) = cursor.fetchall()
        if taken or length < wanted:
            return dict(taken)
        wanted *= _LONGER


def settle(settlements: Iterable[Settlement], *, at: datetime) -> int:
    """Writes outcomes for messages still held with that token; returns how many that were.

    An outcome that arrives after the sweep wrote `unknown` still counts: it is better known than the sweep knew.
    A note, notice or survey that is put off before it was ever handed over is dated anew, so that it does not arrive
    as old mail; a greeting keeps the date of its day.
    """
    rows = list(settlements)
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outreach_message m
            SET state = s.state, reason = s.reason, detail = s.detail, said = s.said, lease_until = NULL,
                due_at = coalesce(s.due_at, m.due_at), attempts = m.attempts - s.untried::int,
                dated_at = CASE WHEN m.attempts = 0 AND m.kind IN ('thank_you', 'recommend', 'survey', 'you_said',
                                                                     'notice', 'introduction')
                                THEN coalesce(s.due_at, m.dated_at) ELSE m.dated_at END,
                finished_at = CASE WHEN s.state = 'planned' THEN NULL ELSE %(at)s END
            FROM unnest(%(pks)s::bigint[], %(tokens)s::bigint[], %(states)s::text[], %(reasons)s::text[],
                        %(details)s::text[], %(dues)s::timestamptz[], %(untried)s::bool[], %(said)s::text[]::jsonb[])
                 AS s(id, token, state, reason, detail, due_at, untried, said)
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
                "untried": [row.is_untried for row in rows],
                "said": [json.dumps(row.said) if row.said else None for row in rows],
            },
        )
        return int(cursor.rowcount)


_SETTLE_AND_BEGIN = Prepared(
    """
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
      AND NOT EXISTS (SELECT 1 FROM outreach_sendingpause WHERE ended_at IS NULL AND id <> %(despite)s)
    """,
    "previous bigint, previous_token bigint, previous_state text, reason text, detail text, due_at timestamptz, "
    "at timestamptz, lease interval, sent_to text, subject text, body text, pk bigint, token bigint, despite bigint",
)


def begin_submitting(message: Message, token: int, *, after: Settlement | None, at: datetime, despite: int = 0) -> bool:
    """Commits that the hand-over of this message begins; false if it is no longer ours or no longer wanted.

    Nor does it while sending is paused, but for a message that is sent to try whether the pause `despite` can end.

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
        "despite": despite,
    }
    return _SETTLE_AND_BEGIN.run(parameters) == 1
