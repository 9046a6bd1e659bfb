"""Planning of survey invitations and of the one reminder that follows them."""

from datetime import timedelta

from outreach.models import MessageKind
from outreach.planning.statements import HOURS, REACHABLE, execute, state_of
from outreach.planning.window import Window, days_of, hours_of
from surveys.planning import invite

SURVEY_KIND_FOR = timedelta(days=5)
REMINDER_KIND_FOR = timedelta(days=3)
# So long the link has to work when somebody is reminded of it.
TIME_TO_ANSWER = timedelta(days=2)
# Who has left is written to only to be asked why.
_REACHABLE = REACHABLE.replace("k.lost_on IS NULL", "(k.lost_on IS NULL OR o.kind = 'loss')")


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
LEFT JOIN surveys_occasion o ON o.id = new.occasion_id
WHERE {_REACHABLE} AND NOT new.answered_in_confidence
  AND NOT EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = new.id)
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module


def plan_reminders(window: Window) -> int:
    """One reminder for each invitation that was sent some days ago and is not answered, with its own link.

    So many days as the occasion says, or the company for who was asked by hand. At the next hour of greetings by the
    contact's clock. Who was asked before the setting was made is not reminded.
    """
    company = window.company
    parameters = {
        "by_hand": company.survey_reminder_days,
        "since": window.since,
        "until": window.horizon,
        "hours": hours_of(days_of(window.since, window.horizon, company.greeting_time), company.greeting_time),
        "kind_for": REMINDER_KIND_FOR,
        "time_to_answer": TIME_TO_ANSWER,
    }
    return execute(_REMINDERS, parameters)


_REMINDERS = f"""
WITH asked AS MATERIALIZED (
    SELECT m.invitation_id, m.finished_at + choice.after AS earliest
    FROM (
        SELECT make_interval(days => days) AS after, days
        FROM (SELECT reminder_days FROM surveys_occasion UNION SELECT %(by_hand)s) AS chosen(days) WHERE days > 0
    ) AS choice
    JOIN outreach_message m ON m.kind = 'survey' AND m.state = 'sent'
         AND m.finished_at BETWEEN %(since)s - choice.after AND %(until)s - choice.after
    JOIN surveys_invitation i ON i.id = m.invitation_id
    LEFT JOIN surveys_occasion o ON o.id = i.occasion_id
    WHERE coalesce(o.reminder_days, %(by_hand)s) = choice.days
      AND NOT EXISTS (SELECT FROM outreach_message r WHERE r.occasion = 'reminder:' || m.invitation_id || ':1')
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, interaction_id, invitation_id,
                              due_at, expires_at, dated_at)
SELECT 'reminder:' || v.id || ':1', 'reminder', {state_of(MessageKind.REMINDER)}, k.id, c.id, v.trigger_id, v.id,
       next.due_at, next.due_at + %(kind_for)s, next.due_at
FROM asked
JOIN surveys_invitation v ON v.id = asked.invitation_id
JOIN customers_customer k ON k.id = v.customer_id
JOIN customers_contact c ON c.id = v.contact_id
LEFT JOIN surveys_occasion o ON o.id = v.occasion_id
CROSS JOIN LATERAL (
    SELECT min(to_timestamp(hour)) AS due_at FROM unnest({HOURS}) hour WHERE to_timestamp(hour) >= asked.earliest
) next
WHERE next.due_at IS NOT NULL AND v.revoked_at IS NULL AND v.expires_at >= next.due_at + %(time_to_answer)s
  AND c.allows_surveys AND {_REACHABLE} AND NOT v.answered_in_confidence
  AND NOT EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = v.id)
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module
