"""Planning: which occasions there are, each one row of the ledger, whoever asks and however often.

Every planner is one set-wise INSERT … ON CONFLICT over a window that begins at its watermark, so a missed tick catches
up and two ticks at once are harmless. An occasion is named by what it is about, never by when it was planned. What is
in the ledger as it should be is left out first, so that a tick with nothing new writes nothing. What may change until
the mail leaves (consent, an answer, a complaint) is the gate's business; planners leave out only those who can not be
written to at all. What an Approval asks for is planned as proposed and waits for a person.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from accounts.models import Company, User, Visibility
from outreach.models import MessageKind, Watermark
from outreach.overdue import HAS_DIGEST, HAS_ESCALATION, last_told
from retention_crm.lib import clock
from surveys.planning import invite

# Greetings are planned this far ahead, so that everyone can see what will go out tomorrow.
LOOK_AHEAD = timedelta(hours=36)
# An interaction becomes visible when its transaction ends, which may be after a younger one was planned.
OVERLAP = timedelta(hours=1)
# A first run, or one after a long pause, does not go back further: what is older is too late to be kind anyway.
LONGEST_GAP = timedelta(days=7)
# Someone entered in the afternoon whose birthday is today is still greeted today.
LATE_ENTRY = timedelta(hours=12)
THANKS_WITHIN = timedelta(days=3)
# By the contact's clock; an hour off if that clock is changed between the hour of greetings and this one.
GREETING_LATEST = time(20, 0)
THANKS_KIND_FOR = timedelta(days=5)
SURVEY_KIND_FOR = timedelta(days=5)
DIGEST_KIND_FOR = timedelta(hours=10)
# No clock is further from that of UTC.
FURTHEST_CLOCK = timedelta(hours=14)

# Customers and contacts who can be written to at all. Aliases: k the customer, c the contact.
_REACHABLE = """
    k.lost_on IS NULL AND NOT k.do_not_contact
    AND NOT c.deceased AND NOT c.do_not_contact AND c.email <> ''
"""


def _state(kind: MessageKind) -> str:
    """SQL: the state a customer's (k) message of that kind begins in. Both questions are asked once a statement."""
    approvals = f"FROM outreach_approval a WHERE a.kind = '{kind.value}' AND a.segment_id"
    segments = f"ARRAY(SELECT a.segment_id {approvals} IS NOT NULL)"
    return f"""
        CASE WHEN EXISTS (SELECT {approvals} IS NULL) OR k.segment_id = ANY({segments})
        THEN 'proposed' ELSE 'planned' END
    """


# The instants of _hours by the clock of a contact, an array.
_HOURS = "(%(hours)s::jsonb ->> coalesce(nullif(c.time_zone, ''), k.time_zone))::bigint[]"


@dataclass(frozen=True)
class Window:
    """What a run of a planner looks at: what fell due since `since`, seen from the moment `at`.

    `entered_since` and `entered_until` bound when an event was entered, whenever it happened.
    """

    since: datetime
    at: datetime
    company: Company
    entered_since: datetime
    entered_until: datetime

    @property
    def horizon(self) -> datetime:
        return self.at + LOOK_AHEAD


Planner = Callable[[Window], int]


def plan(*, at: datetime) -> dict[str, int]:
    """Plans everything that is due to be planned at that moment; returns how many new messages each kind got.

    All kinds in one transaction. A planner that fails undoes only its own work and tries again from its watermark; its
    error is raised when the others are done.
    """
    company = Company.current()
    planned: dict[str, int] = {}
    failures: list[Exception] = []
    with transaction.atomic():
        _one_at_a_time()
        reached = dict(Watermark.objects.values_list("planner", "through"))
        for kind, planner in PLANNERS.items():
            since = max(reached.get(kind, at - timedelta(days=1)), at - LONGEST_GAP)
            try:
                with transaction.atomic():
                    window = Window(since, at, company, entered_since=since - OVERLAP, entered_until=at + OVERLAP)
                    planned[kind] = planner(window)
            except Exception as failure:
                failures.append(failure)
        marks = [Watermark(planner=kind, through=max(at, reached.get(kind, at))) for kind in planned]
        Watermark.objects.bulk_create(
            marks, update_conflicts=True, unique_fields=["planner"], update_fields=["through"]
        )
    if failures:
        raise ExceptionGroup("Planners failed", failures)
    return planned


def plan_as_of(*, at: datetime) -> dict[str, int]:
    """Plans what a first run at that moment would have planned for its day, and leaves the watermarks alone.

    Events count by when they happened, whenever they were entered: for looking at one day of an imported history.
    """
    company = Company.current()
    start_of_day = clock.day_bounds(clock.today(company.time_zone, at), company.time_zone)[0]
    ever = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    with transaction.atomic():
        _one_at_a_time()
        return {kind: planner(Window(start_of_day, at, company, *ever)) for kind, planner in PLANNERS.items()}


def _one_at_a_time() -> None:
    """Two planners at once would both find a cool-down free; the second waits and then sees the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('outreach.planning'))")


def _execute(sql: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def _days(first: datetime, last: datetime, at: time) -> tuple[date, ...]:
    """The days on which some clock of the world may show `at` between the two moments."""
    first, last = first.astimezone(UTC) - FURTHEST_CLOCK, last.astimezone(UTC) + FURTHEST_CLOCK
    days = (first.date() + timedelta(days=number) for number in range((last - first).days + 2))
    return tuple(day for day in days if first <= datetime.combine(day, at, tzinfo=UTC) <= last)


@lru_cache(maxsize=16)
def _hours(days: tuple[date, ...], at: time) -> str:
    """JSON: for each zone an array of the instants, in seconds since 1970, at which its clock shows `at` on those days.

    The same at every tick of a day; an array is a string as PostgreSQL writes it, which is parsed only where needed.
    """
    hours = {}
    for zone in clock.zone_names():
        instants = (str(int(clock.moment(day, at, zone).timestamp())) for day in days)
        hours[zone] = f"{{{','.join(instants)}}}"
    return json.dumps(hours)


def plan_birthdays(window: Window) -> int:
    """Greetings at the company's hour of greetings on each contact's own local day, from the start of today on.

    A birthday corrected before the greeting left moves it, and a consent given again brings it back; what was handed
    over, held or expired stays as it is.
    """
    company = window.company
    since = window.since - LATE_ENTRY
    days = _days(since, window.horizon, company.greeting_time)
    leap_days = {clock.birthday_in(day.year, 2, 29, leap_day_on_march_1=company.leap_day_on_march_1) for day in days}
    kept = {(number, day.year, day.month, day.day) for number, day in enumerate(days, start=1)}
    kept |= {(number, day.year, 2, 29) for number, day in enumerate(days, start=1) if day in leap_days}
    numbers, years, months, month_days = map(list, zip(*kept, strict=True))
    parameters = {
        "numbers": numbers,
        "years": years,
        "months": months,
        "days": month_days,
        "hours": _hours(days, company.greeting_time),
        "hour": company.greeting_time,
        "latest": GREETING_LATEST,
        "since": since,
        "until": window.horizon,
    }
    return _execute(_BIRTHDAYS, parameters)


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
           to_timestamp(({_HOURS})[kept.number]) AS due_at, {_state(MessageKind.BIRTHDAY)} AS state
    FROM unnest(%(numbers)s, %(years)s, %(months)s, %(days)s) AS kept(number, year, month, day)
    JOIN customers_contact c ON c.birthday_month = kept.month AND c.birthday_day = kept.day
    JOIN customers_customer k ON k.id = c.customer_id
    WHERE c.allows_greetings AND {_REACHABLE}
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


def plan_thanks(window: Window) -> int:
    """Thank-you notes for new customers and for purchases, at the next hour of greetings by the customer's clock.

    Only for what happened in the last three days, so that entering or importing an old history thanks nobody.
    """
    company = window.company
    earliest = window.at - THANKS_WITHIN
    parameters = {
        "new_customers": company.thank_new_customers,
        "purchases": company.thank_purchases,
        # A contact may be entered hours after the customer or the purchase, so the whole time is looked at each time.
        "entered_since": min(window.entered_since, earliest),
        "entered_until": window.entered_until,
        "earliest": earliest,
        "earliest_day": clock.today(company.time_zone, earliest),
        "day": clock.today(company.time_zone, window.at),
        "at": window.at,
        "kind_for": THANKS_KIND_FOR,
        "hours": _hours(_days(earliest, window.horizon, company.greeting_time), company.greeting_time),
    }
    return _execute(_THANKS, parameters)


_THANKS = f"""
WITH events AS (
    SELECT 'thank-you:customer:' || id AS occasion, id AS customer_id, NULL::bigint AS contact_id,
           NULL::bigint AS interaction_id, greatest(least(created_at, %(at)s), %(earliest)s) AS happened_at
    FROM customers_customer
    WHERE %(new_customers)s AND created_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND customer_since BETWEEN %(earliest_day)s AND %(day)s
    UNION ALL
    SELECT 'thank-you:' || id, customer_id, contact_id, id, happened_at
    FROM interactions_interaction
    WHERE %(purchases)s AND kind = 'purchase' AND created_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND happened_at BETWEEN %(earliest)s AND %(at)s
), new AS MATERIALIZED (
    SELECT * FROM events
    WHERE NOT EXISTS (SELECT FROM outreach_message m WHERE m.occasion = events.occasion)
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, interaction_id,
                              due_at, expires_at, dated_at)
SELECT new.occasion, 'thank_you', {_state(MessageKind.THANK_YOU)}, k.id, c.id, new.interaction_id,
       next.due_at, next.due_at + %(kind_for)s, next.due_at
FROM new
JOIN customers_customer k ON k.id = new.customer_id
JOIN customers_contact c ON c.customer_id = k.id
     AND CASE WHEN new.contact_id IS NULL THEN c.is_primary ELSE c.id = new.contact_id END
CROSS JOIN LATERAL (
    SELECT min(to_timestamp(hour)) AS due_at FROM unnest({_HOURS}) hour
    WHERE to_timestamp(hour) >= new.happened_at
) next
WHERE next.due_at IS NOT NULL AND c.allows_thanks AND {_REACHABLE}
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module


def plan_surveys(window: Window) -> int:
    """One message for each invitation that has none; the invitations themselves are made by the surveys' own rules."""
    since = window.entered_since
    invite(since=since, until=window.entered_until, at=window.at, company=window.company)
    return _execute(_INVITATIONS, {"since": since, "at": window.at, "kind_for": SURVEY_KIND_FOR})


_INVITATIONS = f"""
WITH new AS MATERIALIZED (
    SELECT * FROM surveys_invitation v
    WHERE v.created_at >= %(since)s AND v.revoked_at IS NULL AND v.expires_at > %(at)s
      AND NOT EXISTS (SELECT FROM outreach_message m WHERE m.occasion = 'invitation:' || v.id)
)
INSERT INTO outreach_message (occasion, kind, state, customer_id, contact_id, interaction_id, invitation_id,
                              due_at, expires_at, dated_at)
SELECT 'invitation:' || new.id, 'survey', {_state(MessageKind.SURVEY)}, k.id, c.id, new.trigger_id, new.id,
       new.send_at, least(new.expires_at, new.send_at + %(kind_for)s), new.send_at
FROM new
JOIN customers_customer k ON k.id = new.customer_id
JOIN customers_contact c ON c.id = new.contact_id
WHERE {_REACHABLE} AND NOT EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = new.id)
ON CONFLICT (occasion) DO NOTHING
"""  # noqa: S608 - the parts are constants of this module


def plan_digests(window: Window) -> int:
    """One digest per person and working morning, if any follow-up is due or any customer over the cadence."""
    all_see_all = window.company.visibility == Visibility.COMPANY
    return _tell_staff(MessageKind.OVERDUE_DIGEST, "overdue", _mornings(window), HAS_DIGEST, all_see_all=all_see_all)


def plan_escalations(window: Window) -> int:
    """One mail per manager and working morning, if a customer newly passed one and a half times the cadence."""
    mornings = _mornings(window)
    days = {morning["zone"]: morning["day"] for morning in mornings}
    managers = User.objects.get_queryset().managers().filter(time_zone__in=days)
    told = {manager.pk: last_told(manager, on=days[manager.time_zone]) for manager in managers}
    told_on = json.dumps(told, default=str)
    return _tell_staff(MessageKind.ESCALATION, "escalation", mornings, HAS_ESCALATION, told_on=told_on)


def _mornings(window: Window) -> list[dict[str, Any]]:
    """The mornings that fall into the window, one for each zone somebody works in, at the company's hour of digests."""
    since = max(window.since, window.at - DIGEST_KIND_FOR)
    mornings = []
    for zone in User.objects.get_queryset().active().order_by().values_list("time_zone", flat=True).distinct():
        day = clock.today(zone, window.at)
        due = clock.moment(day, window.company.digest_time, zone)
        if since < due <= window.at:
            ends = clock.day_bounds(day, zone)[1]
            mornings.append({"zone": zone, "day": day, "weekday": day.weekday(), "due_at": due, "ends_at": ends})
    return mornings


def _tell_staff(
    kind: MessageKind, occasion: str, mornings: list[dict[str, Any]], condition: str, **parameters: Any
) -> int:
    """One message for each person at work on one of the mornings who meets the condition."""
    if not mornings:
        return 0
    return _execute(
        f"""
        INSERT INTO outreach_message (occasion, kind, recipient_id, due_at, expires_at, dated_at)
        SELECT %(occasion)s || ':' || u.id || ':' || m.day, %(kind)s, u.id, m.due_at, m.due_at + %(kind_for)s, m.due_at
        FROM jsonb_to_recordset(%(mornings)s)
             AS m(zone text, day date, weekday int, due_at timestamptz, ends_at timestamptz)
        JOIN accounts_user u ON u.time_zone = m.zone AND u.is_active AND m.weekday = ANY(u.working_days)
        WHERE {condition}
        ON CONFLICT (occasion) DO NOTHING
        """,  # noqa: S608 - the parts are constants
        {
            "occasion": occasion,
            "kind": kind,
            "kind_for": DIGEST_KIND_FOR,
            "mornings": json.dumps(mornings, default=str),
            **parameters,
        },
    )


PLANNERS: dict[str, Planner] = {
    MessageKind.BIRTHDAY.value: plan_birthdays,
    MessageKind.THANK_YOU.value: plan_thanks,
    MessageKind.SURVEY.value: plan_surveys,
    MessageKind.OVERDUE_DIGEST.value: plan_digests,
    MessageKind.ESCALATION.value: plan_escalations,
}
