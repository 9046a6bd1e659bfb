"""A past for the ledger: the messages a company of that age would have sent."""

from datetime import datetime

from django.db import connection

_PAST = """
    INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, interaction_id, invitation_id,
                                  due_at, expires_at, dated_at, planned_at, finished_at, attempts, sent_to, subject)
    SELECT 'invitation:' || v.id, 'survey', 'sent', v.customer_id, v.contact_id, v.trigger_id, v.id,
           v.send_at, v.expires_at, v.send_at, v.send_at, v.send_at, 1, c.email, 'How are we doing?'
    FROM surveys_invitation v JOIN customers_contact c ON c.id = v.contact_id
    WHERE v.send_at < %(until)s
    UNION ALL
    SELECT 'thank-you:' || i.id, 'thank_you', 'sent', i.customer_id, i.contact_id, i.id, NULL,
           i.happened_at, i.happened_at + interval '5 days', i.happened_at, i.happened_at, i.happened_at, 1, c.email,
           'Thank you'
    FROM interactions_interaction i JOIN customers_contact c ON c.id = i.contact_id
    WHERE i.kind = 'purchase' AND i.happened_at < %(until)s
"""


def invent_past(until: datetime) -> int:
    """Writes thank-you notes and invitations of before that moment as sent; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_PAST, {"until": until})
        written = int(cursor.rowcount)
        cursor.execute("VACUUM ANALYZE")
    return written
