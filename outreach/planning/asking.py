"""Planning of survey invitations."""

from datetime import timedelta

from outreach.models import MessageKind
from outreach.planning.statements import REACHABLE, execute, state_of
from outreach.planning.window import Window
from surveys.planning import invite

SURVEY_KIND_FOR = timedelta(days=5)


def plan_surveys(window: Window) -> int:
    """One message for each invitation that has none; the invitations themselves are made by the surveys' own rules."""
    since = window.entered_since
    invite(since=since, until=window.entered_until, at=window.at, company=window.company)
    return execute(_INVITATIONS, {"since": since, "at": window.at, "kind_for": SURVEY_KIND_FOR})


_INVITATIONS = f"""
WITH new AS MATERIALIZED (
    SELECT * FROM surveys_invitation v
    WHERE v.created_at >= %(since)s AND v.revoked_at IS NULL AND v.expires_at > %(at)s
      AND NOT EXISTS (SELECT FROM outreach_message m WHERE m.occasion = 'invitation:' || v.id)
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, interaction_id, invitation_id,
                              due_at, expires_at, dated_at)
SELECT 'invitation:' || new.id, 'survey', {state_of(MessageKind.SURVEY)}, k.id, c.id, new.trigger_id, new.id,
       new.send_at, least(new.expires_at, new.send_at + %(kind_for)s), new.send_at
FROM new
JOIN customers_customer k ON k.id = new.customer_id
JOIN customers_contact c ON c.id = new.contact_id
WHERE {REACHABLE} AND NOT EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = new.id)
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module
