"""Planning of thank-you notes."""

from datetime import timedelta

from outreach.models import RECOVERY, REFERRAL, MessageKind
from outreach.planning.statements import HOURS, REACHABLE, execute, state_of
from outreach.planning.window import Window, days_of, hours_of
from retention_crm.lib import clock

THANKS_WITHIN = timedelta(days=3)
THANKS_KIND_FOR = timedelta(days=5)
# Not at once: first it has to show that all is well.
RECOVERED_AFTER = timedelta(days=1)
# Who brought somebody that long ago is not thanked only because it is noted now.
NEW_FOR_DAYS = 30
# A recommendation that was logged so shortly before is the same, and was thanked for.
LOGGED_WITHIN = timedelta(days=90)


def plan_thanks(window: Window) -> int:
    """Thank-you notes for new customers, purchases, referrals and patience with a complaint that was put right.

    At the next hour of greetings by the customer's clock; after a complaint a day later.

    Only for what happened in the last three days, so that entering or importing an old history thanks nobody.
    """
    company = window.company
    earliest = window.at - THANKS_WITHIN
    parameters = {
        "new_customers": company.thank_new_customers,
        "purchases": company.thank_purchases,
        "referrals": company.thank_referrals,
        "recoveries": company.thank_recoveries,
        "new_for": NEW_FOR_DAYS,
        "logged_within": LOGGED_WITHIN,
        "recovered_after": RECOVERED_AFTER,
        # A contact may be entered hours after the customer or the purchase, so the whole time is looked at each time.
        "entered_since": min(window.entered_since, earliest),
        "entered_until": window.entered_until,
        "earliest": earliest,
        "earliest_day": clock.today(company.time_zone, earliest),
        "day": clock.today(company.time_zone, window.at),
        "at": window.at,
        "kind_for": THANKS_KIND_FOR,
        "hours": hours_of(days_of(earliest, window.horizon, company.greeting_time), company.greeting_time),
    }
    return execute(_THANKS, parameters)


def _logged(kind: str, wanted: str) -> str:
    """SQL: what was logged of one kind; each kind has an index of its own."""
    return f"""
    SELECT 'thank-you:' || id, customer_id, contact_id, id, happened_at
    FROM interactions_interaction
    WHERE %({wanted})s AND kind = '{kind}' AND created_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND happened_at BETWEEN %(earliest)s AND %(at)s
    """  # noqa: S608 - the parts are constants of this module


_THANKS = f"""
WITH events AS (
    SELECT 'thank-you:customer:' || id AS occasion, id AS customer_id, NULL::bigint AS contact_id,
           NULL::bigint AS interaction_id, greatest(least(created_at, %(at)s), %(earliest)s) AS happened_at
    FROM customers_customer
    WHERE %(new_customers)s AND created_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND customer_since BETWEEN %(earliest_day)s AND %(day)s
    UNION ALL
    {_logged("purchase", "purchases")}
    UNION ALL
    {_logged("referral", "referrals")}
    UNION ALL
    -- Who brought somebody new, unless they were thanked for a recommendation that was logged shortly before.
    SELECT '{REFERRAL}' || id, referred_by_id, NULL, NULL, greatest(least(referral_noted_at, %(at)s), %(earliest)s)
    FROM customers_customer brought
    WHERE %(referrals)s AND referral_noted_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND customer_since >= %(earliest_day)s - %(new_for)s AND referred_by_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM interactions_interaction i
        WHERE i.customer_id = brought.referred_by_id AND i.kind = 'referral'
          AND i.happened_at > brought.referral_noted_at - %(logged_within)s
    )
    UNION ALL
    SELECT '{RECOVERY}' || p.id, p.customer_id, NULL, NULL, p.resolved_at + %(recovered_after)s
    FROM interactions_complaint p
    WHERE %(recoveries)s AND p.resolved_at BETWEEN %(earliest)s - %(recovered_after)s AND %(at)s AND NOT EXISTS (
        SELECT FROM interactions_complaint other
        WHERE other.customer_id = p.customer_id AND other.resolved_at IS NULL
    )
), new AS MATERIALIZED (
    SELECT * FROM events
    WHERE NOT EXISTS (SELECT FROM outreach_message m WHERE m.occasion = events.occasion)
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, interaction_id,
                              due_at, expires_at, dated_at)
SELECT new.occasion, 'thank_you', {state_of(MessageKind.THANK_YOU)}, k.id, c.id, new.interaction_id,
       next.due_at, next.due_at + %(kind_for)s, next.due_at
FROM new
JOIN customers_customer k ON k.id = new.customer_id
JOIN customers_contact c ON c.customer_id = k.id
     AND CASE WHEN new.contact_id IS NULL THEN c.is_primary ELSE c.id = new.contact_id END
CROSS JOIN LATERAL (
    SELECT min(to_timestamp(hour)) AS due_at FROM unnest({HOURS}) hour
    WHERE to_timestamp(hour) >= new.happened_at
) next
WHERE next.due_at IS NOT NULL AND c.allows_thanks AND {REACHABLE}
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module
