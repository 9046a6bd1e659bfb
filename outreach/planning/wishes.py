"""Planning of answers to wishes: you said, we did, or why not."""

from datetime import timedelta

from outreach.models import MessageKind
from outreach.planning.statements import REACHABLE, execute, state_of
from outreach.planning.window import Window

# A contact may be given an address days after the wish was closed.
ANSWERED_WITHIN = timedelta(days=7)
# Time to open the wish again.
STOPPABLE_FOR = timedelta(minutes=15)
ANSWER_KIND_FOR = timedelta(days=14)


def plan_answers(window: Window) -> int:
    """One mail for each wish that is done or declined and whose customer is to be told: to who said it.

    To the main contact where nobody is named. A wish that was opened again and closed anew before anybody was told
    brings its mail back; who was told once is not told again.
    """
    parameters = {
        "earliest": window.at - ANSWERED_WITHIN,
        "at": window.at,
        "stoppable_for": STOPPABLE_FOR,
        "kind_for": ANSWER_KIND_FOR,
    }
    return execute(_ANSWERS, parameters)


# What was called off because the wish was not closed after all. Alias: m the message.
_CALLED_OFF = "m.state = 'cancelled' AND m.reason IN ('opened_again', 'no_longer_true') AND m.attempts = 0"

_ANSWERS = f"""
WITH closed AS MATERIALIZED (
    SELECT w.id, w.customer_id, w.contact_id, w.decided_at + %(stoppable_for)s AS due_at
    FROM interactions_wish w
    WHERE w.state IN ('done', 'declined') AND w.wants_answer AND w.decided_at BETWEEN %(earliest)s AND %(at)s
      AND NOT EXISTS (
          SELECT FROM outreach_message m WHERE m.occasion = 'you-said:' || w.id AND NOT ({_CALLED_OFF})
      )
)
INSERT INTO outreach_message AS m (occasion, kind, state, customer_id, contact_id, wish_id,
                                   due_at, expires_at, dated_at)
SELECT 'you-said:' || closed.id, 'you_said', {state_of(MessageKind.YOU_SAID)}, k.id, c.id, closed.id,
       closed.due_at, closed.due_at + %(kind_for)s, closed.due_at
FROM closed
JOIN customers_customer k ON k.id = closed.customer_id
JOIN customers_contact c ON c.customer_id = k.id
     AND CASE WHEN closed.contact_id IS NULL THEN c.is_primary ELSE c.id = closed.contact_id END
WHERE {REACHABLE}
ON CONFLICT (occasion) DO UPDATE
    SET state = excluded.state, contact_id = excluded.contact_id, due_at = excluded.due_at,
        expires_at = excluded.expires_at, dated_at = excluded.dated_at, reason = '', detail = '', finished_at = NULL,
        own_subject = '', own_text = '', released_rules = '{{}}', decided_by_id = NULL, decided_at = NULL
    WHERE {_CALLED_OFF}
"""  # noqa: S608 - the parts are constants of this module
