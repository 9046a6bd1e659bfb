"""Planning of notices: bad news by mail, to those for whom a mail is right."""

from datetime import timedelta

from outreach.models import MessageKind
from outreach.planning.statements import REACHABLE, execute, state_of
from outreach.planning.window import Window

# Time to choose another way for some of them.
STOPPABLE_FOR = timedelta(hours=1)
NOTICE_KIND_FOR = timedelta(days=3)


def plan_notices(window: Window) -> int:
    """One mail to the main contact of each customer who is to be told by mail and has not been told otherwise.

    After the day by which they were to be told it is for the owner to call. First those whose mail has gone out are
    ticked off, which ends the owner's task; what came back before that was told to nobody.
    """
    if not window.only_plans:
        execute(_TICK_OFF, {})
    parameters = {"at": window.at, "stoppable_for": STOPPABLE_FOR, "kind_for": NOTICE_KIND_FOR}
    return execute(_NOTICES, parameters)


_TICK_OFF = """
UPDATE interactions_followup f
SET done_at = m.finished_at
FROM interactions_noticefor n
JOIN outreach_message m ON m.notice_for_id = n.id AND m.kind = 'notice' AND m.state = 'sent'
WHERE n.follow_up_id = f.id AND f.origin = 'notice' AND f.done_at IS NULL AND NOT EXISTS (
    SELECT FROM outreach_providerevent e WHERE e.message_id = m.id AND e.what IN ('bounced', 'refused')
)
"""

# What was called off because they were to be told otherwise. Alias: m the message.
_CALLED_OFF = "m.state = 'cancelled' AND m.reason IN ('told_otherwise', 'no_longer_true') AND m.attempts = 0"

_NOTICES = f"""
WITH chosen AS MATERIALIZED (
    SELECT n.id, n.notice_id, n.customer_id, o.tell_by, n.how_since + %(stoppable_for)s AS due_at
    FROM interactions_followup f
    JOIN interactions_noticefor n ON n.follow_up_id = f.id
    JOIN interactions_notice o ON o.id = n.notice_id
    WHERE f.origin = 'notice' AND f.done_at IS NULL AND n.how = 'mail' AND n.how_since <= %(at)s
      AND o.withdrawn_at IS NULL
      AND NOT EXISTS (SELECT FROM outreach_message m WHERE m.notice_for_id = n.id AND NOT ({_CALLED_OFF}))
), new AS (
    SELECT chosen.*, c.id AS contact_id,
           greatest(due_at + %(kind_for)s, (tell_by + 1)::timestamp AT TIME ZONE k.time_zone) AS expires_at,
           {state_of(MessageKind.NOTICE)} AS state
    FROM chosen
    JOIN customers_customer k ON k.id = chosen.customer_id
    JOIN customers_contact c ON c.customer_id = k.id AND c.is_primary
    WHERE {REACHABLE}
)
INSERT INTO outreach_message AS m (occasion, kind, state, customer_id, contact_id, notice_for_id,
                                   due_at, expires_at, dated_at)
SELECT 'notice:' || notice_id || ':' || contact_id, 'notice', state, customer_id, contact_id, id,
       due_at, expires_at, due_at
FROM new
WHERE expires_at > %(at)s
ON CONFLICT (occasion) DO UPDATE
    SET state = excluded.state, due_at = excluded.due_at, expires_at = excluded.expires_at,
        dated_at = excluded.dated_at, reason = '', detail = '', finished_at = NULL, released_rules = '{{}}'
    WHERE {_CALLED_OFF}
"""  # noqa: S608 - the parts are constants of this module
