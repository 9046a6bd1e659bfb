"""Planning of thanks to promoters, who are asked whether they know somebody."""

from datetime import timedelta

from outreach.models import MessageKind
from outreach.planning.statements import HOURS, REACHABLE, execute, state_of
from outreach.planning.window import Window, days_of, hours_of
from surveys.models import EDIT_WINDOW, PASSIVE_MAX

ASKED_WITHIN = timedelta(days=3)
RECOMMEND_KIND_FOR = timedelta(days=5)
# Nobody is asked for that more often.
ASKED_EVERY = timedelta(days=365)


def plan_recommendations(window: Window) -> int:
    """One mail to each who would recommend us, where the survey says so, and no second one within a year.

    At the next hour of greetings by the contact's clock after the day is over within which an answer can be changed.
    """
    company = window.company
    earliest = window.at - ASKED_WITHIN
    parameters = {
        "earliest": earliest - EDIT_WINDOW,
        "at": window.at,
        "final_after": EDIT_WINDOW,
        "promoter": PASSIVE_MAX + 1,
        "every": ASKED_EVERY,
        "kind_for": RECOMMEND_KIND_FOR,
        "hours": hours_of(days_of(earliest, window.horizon, company.greeting_time), company.greeting_time),
    }
    return execute(_RECOMMENDATIONS, parameters)


_RECOMMENDATIONS = f"""
WITH promoters AS MATERIALIZED (
    SELECT DISTINCT ON (r.contact_id) r.id, r.customer_id, r.contact_id, r.answered_at + %(final_after)s AS final_at
    FROM surveys_response r
    JOIN surveys_invitation v ON v.id = r.invitation_id
    JOIN surveys_survey s ON s.id = v.survey_id
    WHERE s.asks_promoters AND r.score >= %(promoter)s
      AND r.answered_at BETWEEN %(earliest)s AND %(at)s - %(final_after)s
      AND NOT EXISTS (
          SELECT FROM outreach_message m
          WHERE m.contact_id = r.contact_id AND m.kind = 'recommend' AND m.dated_at > %(at)s - %(every)s
      )
    ORDER BY r.contact_id, r.answered_at, r.id
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, due_at, expires_at, dated_at)
SELECT 'recommend:' || promoters.id, 'recommend', {state_of(MessageKind.RECOMMEND)}, k.id, c.id,
       next.due_at, next.due_at + %(kind_for)s, next.due_at
FROM promoters
JOIN customers_customer k ON k.id = promoters.customer_id
JOIN customers_contact c ON c.id = promoters.contact_id
CROSS JOIN LATERAL (
    SELECT min(to_timestamp(hour)) AS due_at FROM unnest({HOURS}) hour WHERE to_timestamp(hour) >= promoters.final_at
) next
WHERE next.due_at IS NOT NULL AND c.allows_thanks AND {REACHABLE}
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module
