"""Planning of introductions: who looks after them now, by mail, from the new owner."""

from datetime import timedelta

from django.db import connection
from django.db.models import F, Q

from outreach.cancelling import UNSENT, cancel
from outreach.models import Message, MessageKind, Sentence
from outreach.planning.statements import HOURS, REACHABLE, execute, state_of
from outreach.planning.window import Window, days_of, hours_of

# Time to notice that the wrong colleague was chosen.
STOPPABLE_FOR = timedelta(hours=1)
INTRODUCTION_KIND_FOR = timedelta(days=10)


def plan_introductions(window: Window) -> int:
    """One mail to each contact of a customer who was given to somebody else, where that was asked for.

    At the next hour of greetings by the contact's clock. First customers count as told once all that was planned for
    them has left, and what speaks of an owner who is none any more is called off, also where it waits for approval.
    """
    if not _is_anything_pending():
        return 0
    if not window.only_plans:
        execute(_TOLD, {})
        known = Q(owner_change__announced_at__isnull=False) | ~Q(owner_change__owner=F("customer__owner"))
        stale = Message.objects.filter(known, owner_change__isnull=False, state__in=UNSENT).order_by().values("pk")
        cancel(
            Message.objects.filter(pk__in=stale),
            reason="no_longer_true",
            why=Sentence("owner_known"),
            at=window.at,
            states=UNSENT,
        )
    company = window.company
    earliest = window.at - INTRODUCTION_KIND_FOR
    parameters = {
        "at": window.at,
        "earliest": earliest,
        "stoppable_for": STOPPABLE_FOR,
        "kind_for": INTRODUCTION_KIND_FOR,
        "waits": company.introductions_wait,
        "hours": hours_of(days_of(earliest, window.horizon, company.greeting_time), company.greeting_time),
    }
    return execute(_INTRODUCTIONS, parameters)


def _is_anything_pending() -> bool:
    """Nearly always nothing is, and a tick asks only that."""
    with connection.cursor() as cursor:
        cursor.execute(_PENDING)
        (found,) = cursor.fetchone()
    return bool(found)


_PENDING = """
SELECT EXISTS (SELECT FROM customers_ownerchange WHERE announced_at IS NULL AND is_introduced)
    OR EXISTS (SELECT FROM outreach_message WHERE state IN ('planned', 'proposed') AND kind = 'introduction')
"""

# A mail that came back has told nobody.
_TOLD = """
UPDATE customers_ownerchange o
SET announced_at = told.at
FROM (
    SELECT new.customer_id, new.changed_at, max(m.finished_at) AS at
    FROM customers_ownerchange new
    JOIN outreach_message m ON m.owner_change_id = new.id AND m.kind = 'introduction'
    WHERE new.announced_at IS NULL AND new.is_introduced
    GROUP BY new.id
    HAVING bool_or(m.state = 'sent' AND NOT EXISTS (
               SELECT FROM outreach_providerevent e WHERE e.message_id = m.id AND e.what IN ('bounced', 'refused')
           ))
       AND NOT bool_or(m.state IN ('proposed', 'planned', 'leased', 'submitting'))
) told
WHERE o.customer_id = told.customer_id AND o.announced_at IS NULL AND o.changed_at <= told.changed_at
"""

_INTRODUCTIONS = f"""
WITH new AS MATERIALIZED (
    SELECT DISTINCT ON (o.customer_id) o.id, o.customer_id, o.owner_id, o.changed_at + %(stoppable_for)s AS from_at
    FROM customers_ownerchange o
    WHERE o.announced_at IS NULL AND o.is_introduced AND o.changed_at BETWEEN %(earliest)s AND %(at)s
    ORDER BY o.customer_id, o.changed_at DESC, o.id DESC
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, owner_change_id,
                              due_at, expires_at, dated_at)
SELECT 'introduction:' || new.id || ':' || c.id, 'introduction',
       CASE WHEN %(waits)s THEN 'proposed' ELSE {state_of(MessageKind.INTRODUCTION)} END,
       k.id, c.id, new.id, next.due_at, next.due_at + %(kind_for)s, next.due_at
FROM new
JOIN customers_customer k ON k.id = new.customer_id AND k.owner_id = new.owner_id
JOIN customers_contact c ON c.customer_id = k.id
CROSS JOIN LATERAL (
    SELECT min(to_timestamp(hour)) AS due_at FROM unnest({HOURS}) hour WHERE to_timestamp(hour) >= new.from_at
) next
WHERE next.due_at IS NOT NULL AND c.left_on IS NULL AND {REACHABLE}
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module
