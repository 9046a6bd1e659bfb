"""Planning of greetings: what comes round every year."""

from datetime import time, timedelta

from outreach.models import MessageKind
from outreach.planning.statements import HOURS, REACHABLE, execute, state_of
from outreach.planning.window import Window, days_of, hours_of
from retention_crm.lib import clock

# Someone entered in the afternoon whose birthday is today is still greeted today.
LATE_ENTRY = timedelta(hours=12)
# By the contact's clock; an hour off if that clock is changed between the hour of greetings and this one.
GREETING_LATEST = time(20, 0)


def plan_birthdays(window: Window) -> int:
    """Greetings at the company's hour of greetings on each contact's own local day, from the start of today on.

    A birthday corrected before the greeting left moves it, and a consent given again brings it back; what was handed
    over, held or expired stays as it is.
    """
    company = window.company
    since = window.since - LATE_ENTRY
    days = days_of(since, window.horizon, company.greeting_time)
    leap_days = {clock.birthday_in(day.year, 2, 29, leap_day_on_march_1=company.leap_day_on_march_1) for day in days}
    kept = {(number, day.year, day.month, day.day) for number, day in enumerate(days, start=1)}
    kept |= {(number, day.year, 2, 29) for number, day in enumerate(days, start=1) if day in leap_days}
    numbers, years, months, month_days = map(list, zip(*kept, strict=True))
    parameters = {
        "numbers": numbers,
        "years": years,
        "months": months,
        "days": month_days,
        "hours": hours_of(days, company.greeting_time),
        "hour": company.greeting_time,
        "latest": GREETING_LATEST,
        "since": since,
        "until": window.horizon,
    }
    return execute(_BIRTHDAYS, parameters)


# What is in the ledger and is to be written anew, given the time a greeting is due. Alias: m the message.
_CHANGES = """
    m.attempts = 0 AND (
        (m.state IN ('planned', 'proposed') AND m.dated_at <> {due_at})
        OR (m.state = 'cancelled' AND m.reason IN ('no_longer_true', 'no_consent', 'consent_withdrawn'))
    )
"""
_BIRTHDAYS = f"""
WITH celebrated AS MATERIALIZED (
    SELECT 'birthday:' || c.id || ':' || kept.year AS occasion, k.id AS customer_id, c.id AS contact_id,
           to_timestamp(({HOURS})[kept.number]) AS due_at, {state_of(MessageKind.BIRTHDAY)} AS state
    FROM unnest(%(numbers)s, %(years)s, %(months)s, %(days)s) AS kept(number, year, month, day)
    JOIN customers_contact c ON c.birthday_month = kept.month AND c.birthday_day = kept.day
    JOIN customers_customer k ON k.id = c.customer_id
    WHERE c.allows_greetings AND {REACHABLE}
)
INSERT INTO outreach_message AS m (occasion, kind, state, customer_id, contact_id, due_at, expires_at, dated_at)
SELECT occasion, 'birthday', state, customer_id, contact_id,
       due_at, due_at + greatest(%(latest)s - %(hour)s, '1 hour'), due_at
FROM celebrated new
WHERE due_at BETWEEN %(since)s AND %(until)s AND NOT EXISTS (
    SELECT FROM outreach_message m WHERE m.occasion = new.occasion AND NOT ({_CHANGES.format(due_at="new.due_at")})
)
ON CONFLICT (occasion) DO UPDATE
    SET due_at = excluded.due_at, expires_at = excluded.expires_at, dated_at = excluded.dated_at,
        state = CASE WHEN m.state = 'cancelled' THEN excluded.state ELSE m.state END,
        reason = '', detail = '', finished_at = NULL
    WHERE {_CHANGES.format(due_at="excluded.dated_at")}
"""  # noqa: S608 - the parts are constants of this module
