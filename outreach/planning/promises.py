"""Planning of what tells a customer that a promise was kept, and asks whether it is done."""

from datetime import timedelta

from outreach.models import MessageKind
from outreach.planning.statements import REACHABLE, execute, state_of
from outreach.planning.window import Window

ASKED_WITHIN = timedelta(days=3)
# Time to find that it was not done after all.
STOPPABLE_FOR = timedelta(minutes=15)
ASKING_KIND_FOR = timedelta(days=7)


def plan_promises(window: Window) -> int:
    """One mail for each promise that was kept, to whom it was given, where the company asks for that.

    To the main contact where nobody is named. One that was opened again and done anew before anybody was told brings
    its mail back; who said that it is not done is asked again once it is.
    """
    if not window.company.confirm_promises:
        return 0
    parameters = {
        "earliest": window.at - ASKED_WITHIN,
        "at": window.at,
        "stoppable_for": STOPPABLE_FOR,
        "kind_for": ASKING_KIND_FOR,
    }
    return execute(_PROMISES, parameters)


# What was called off because it was not done after all. Alias: m the message.
_CALLED_OFF = "m.state = 'cancelled' AND m.reason = 'no_longer_true' AND m.attempts = 0"

_PROMISES = f"""
WITH kept AS MATERIALIZED (
    SELECT f.id, f.customer_id, i.contact_id, f.disputed, f.done_at + %(stoppable_for)s AS due_at,
           'promise:' || f.id || ':' || f.disputed AS occasion
    FROM interactions_followup f
    LEFT JOIN interactions_interaction i ON i.id = f.source_id
    WHERE f.is_promise AND NOT f.is_released AND f.confirmed_at IS NULL AND f.done_at BETWEEN %(earliest)s AND %(at)s
      AND NOT EXISTS (
          SELECT FROM outreach_message m
          WHERE m.occasion = 'promise:' || f.id || ':' || f.disputed AND NOT ({_CALLED_OFF})
      )
), planned AS (
    INSERT INTO outreach_message AS m (occasion, kind, state, customer_id, contact_id, due_at, expires_at, dated_at)
    SELECT kept.occasion, 'promise_kept', {state_of(MessageKind.PROMISE_KEPT)}, k.id, c.id,
           kept.due_at, kept.due_at + %(kind_for)s, kept.due_at
    FROM kept
    JOIN customers_customer k ON k.id = kept.customer_id
    JOIN customers_contact c ON c.customer_id = k.id
         AND CASE WHEN kept.contact_id IS NULL THEN c.is_primary ELSE c.id = kept.contact_id END
    WHERE {REACHABLE}
    ON CONFLICT (occasion) DO UPDATE
        SET state = excluded.state, contact_id = excluded.contact_id, due_at = excluded.due_at,
            expires_at = excluded.expires_at, dated_at = excluded.dated_at, reason = '', detail = '',
            finished_at = NULL, own_subject = '', own_text = '', released_rules = '{{}}', decided_by_id = NULL,
            decided_at = NULL
        WHERE {_CALLED_OFF}
    RETURNING m.id, m.occasion
)
INSERT INTO outreach_promisemail (message_id, follow_up_id, round, said, word)
SELECT planned.id, kept.id, kept.disputed, '', '' FROM planned JOIN kept ON kept.occasion = planned.occasion
ON CONFLICT (message_id) DO UPDATE SET round = excluded.round
"""  # noqa: S608 - the parts are constants of this module
