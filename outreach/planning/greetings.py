"""Planning of greetings: what comes round every year."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from accounts.models import Anniversaries, Company
from outreach.models import MessageKind
from outreach.planning.statements import HOURS, REACHABLE, execute, state_of
from outreach.planning.window import Window, days_of, hours_of
from retention_crm.lib import clock

# Someone entered in the afternoon whose birthday is today is still greeted today.
LATE_ENTRY = timedelta(hours=12)
# By the contact's clock; an hour off if that clock is changed between the hour of greetings and this one.
GREETING_LATEST = time(20, 0)


@dataclass(frozen=True)
class Yearly:
    """A day that is kept every year: `source` finds it by its month and day, and the contact (c) it is greeted with.

    All parts are SQL. Aliases: kept the days in question, k the customer, c the contact, e the dated event.
    """

    kind: MessageKind
    source: str
    occasion: str
    condition: str = "true"
    event: str = "NULL::bigint"


_BIRTHDAYS = Yearly(
    MessageKind.BIRTHDAY,
    source="""
        JOIN customers_contact c ON c.birthday_month = kept.month AND c.birthday_day = kept.day
        JOIN customers_customer k ON k.id = c.customer_id
    """,
    occasion="'birthday:' || c.id",
)
_EVENTS = Yearly(
    MessageKind.EVENT,
    source="""
        JOIN customers_datedevent e ON e.month = kept.month AND e.day = kept.day
        JOIN customers_contact c ON c.id = e.contact_id
        JOIN customers_customer k ON k.id = c.customer_id
    """,
    occasion="'event:' || e.id",
    condition="(e.year IS NULL OR e.year <= kept.year)",
    event="e.id",
)
_YEARS = "(kept.year - extract(year FROM k.customer_since)::int)"
_ANNIVERSARIES = Yearly(
    MessageKind.ANNIVERSARY,
    source="""
        JOIN customers_customer k ON extract(month FROM k.customer_since) = kept.month
             AND extract(day FROM k.customer_since) = kept.day
        JOIN customers_contact c ON c.customer_id = k.id AND c.is_primary
    """,
    occasion="'anniversary:' || k.id",
    condition=f"{_YEARS} > 0 AND (%(every_year)s OR {_YEARS} = 1 OR {_YEARS} %% 5 = 0)",
)


def plan_birthdays(window: Window) -> int:
    """Greetings at the company's hour of greetings on each contact's own local day, from the start of today on.

    A birthday corrected before the greeting left moves it, and a consent given again brings it back; what was handed
    over, held or expired stays as it is.
    """
    return _plan(_BIRTHDAYS, window)


def plan_events(window: Window) -> int:
    """Greetings on the days entered for a contact, in the same way as birthdays; with a year, from that year on."""
    return _plan(_EVENTS, window)


def plan_anniversaries(window: Window) -> int:
    """Greetings to the main contact on the day they became a customer, in the years the company chose."""
    if window.company.anniversaries == Anniversaries.NEVER:
        return 0
    return _plan(_ANNIVERSARIES, window, every_year=window.company.anniversaries == Anniversaries.EVERY)


def _plan(yearly: Yearly, window: Window, **more: Any) -> int:
    company = window.company
    since = window.since - LATE_ENTRY
    days = days_of(since, window.horizon, company.greeting_time)
    numbers, years, months, month_days = _kept_on(days, company)
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
    return execute(_statement(yearly), parameters | more)


def _kept_on(days: tuple[date, ...], company: Company) -> list[list[int]]:
    """Which days of a calendar are kept on those days: the numbers of these, years, months and days of the month."""
    leap_days = {clock.birthday_in(day.year, 2, 29, leap_day_on_march_1=company.leap_day_on_march_1) for day in days}
    kept = {(number, day.year, day.month, day.day) for number, day in enumerate(days, start=1)}
    kept |= {(number, day.year, 2, 29) for number, day in enumerate(days, start=1) if day in leap_days}
    return list(map(list, zip(*kept, strict=True)))


# What is in the ledger and is to be written anew, given what it would be now. Alias: m the message.
_CHANGES = """
    m.attempts = 0 AND (
        (m.state IN ('planned', 'proposed') AND (m.dated_at <> {due_at} OR m.contact_id IS DISTINCT FROM {contact_id}))
        OR (m.state = 'cancelled' AND m.reason IN ('no_longer_true', 'no_consent', 'consent_withdrawn'))
    )
"""


def _statement(yearly: Yearly) -> str:
    return f"""
    WITH celebrated AS MATERIALIZED (
        SELECT {yearly.occasion} || ':' || kept.year AS occasion, k.id AS customer_id, c.id AS contact_id,
               {yearly.event} AS dated_event_id, to_timestamp(({HOURS})[kept.number]) AS due_at,
               {state_of(yearly.kind)} AS state
        FROM unnest(%(numbers)s, %(years)s, %(months)s, %(days)s) AS kept(number, year, month, day)
        {yearly.source}
        WHERE c.allows_greetings AND {REACHABLE} AND {yearly.condition}
    )
    INSERT INTO outreach_message AS m (occasion, kind, state, customer_id, contact_id, dated_event_id,
                                       due_at, expires_at, dated_at)
    SELECT occasion, '{yearly.kind.value}', state, customer_id, contact_id, dated_event_id,
           due_at, due_at + greatest(%(latest)s - %(hour)s, '1 hour'), due_at
    FROM celebrated new
    WHERE due_at BETWEEN %(since)s AND %(until)s AND NOT EXISTS (
        SELECT FROM outreach_message m
        WHERE m.occasion = new.occasion
          AND NOT ({_CHANGES.format(due_at="new.due_at", contact_id="new.contact_id")})
    )
    ON CONFLICT (occasion) DO UPDATE
        SET due_at = excluded.due_at, expires_at = excluded.expires_at, dated_at = excluded.dated_at,
            contact_id = excluded.contact_id,
            state = CASE WHEN m.state = 'cancelled' THEN excluded.state ELSE m.state END,
            reason = '', detail = '', finished_at = NULL
        WHERE {_CHANGES.format(due_at="excluded.dated_at", contact_id="excluded.contact_id")}
    """  # noqa: S608 - the parts are constants of this module
