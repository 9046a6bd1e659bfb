"""Planning: which occasions there are, each one row of the ledger, whoever asks and however often.

Every planner is one set-wise INSERT … ON CONFLICT DO NOTHING over a window that begins at its watermark, so a missed
tick catches up and two ticks at once are harmless. An occasion is named by what it is about, never by when it was
planned. What may change until the mail leaves (consent, an answer, a complaint) is the gate's business; planners leave
out only those who can not be written to at all.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Company, User
from outreach.models import Message, MessageKind, Watermark
from outreach.overdue import digest_customers, digest_follow_ups, escalated_customers, last_told
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
GREETING_LATEST = time(20, 0)
THANKS_KIND_FOR = timedelta(days=5)
SURVEY_KIND_FOR = timedelta(days=5)
DIGEST_KIND_FOR = timedelta(hours=10)

# Customers and contacts who can be written to at all. Aliases: k the customer, c the contact.
_REACHABLE = """
    k.lost_on IS NULL AND NOT k.do_not_contact
    AND NOT c.deceased AND NOT c.do_not_contact AND c.email <> ''
"""
_ZONE = "coalesce(nullif(c.time_zone, ''), k.time_zone)"


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
    """Plans everything that is due to be planned at that moment; returns how many new messages each kind got."""
    company = Company.current()
    return {kind: _run(kind, planner, company=company, at=at) for kind, planner in PLANNERS.items()}


def plan_as_of(*, at: datetime) -> dict[str, int]:
    """Plans what a first run at that moment would have planned for its day, and leaves the watermarks alone.

    Events count by when they happened, whenever they were entered: for looking at one day of an imported history.
    """
    company = Company.current()
    start_of_day = clock.day_bounds(clock.today(company.time_zone, at), company.time_zone)[0]
    ever = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    window = Window(start_of_day, at, company, *ever)
    planned = {}
    for kind, planner in PLANNERS.items():
        with transaction.atomic():
            _one_at_a_time(kind)
            planned[kind] = planner(window)
    return planned


def _run(kind: str, planner: Planner, *, company: Company, at: datetime) -> int:
    with transaction.atomic():
        _one_at_a_time(kind)
        mark = Watermark.objects.filter(planner=kind).first()
        reached = mark.through if mark else at - timedelta(days=1)
        since = max(reached, at - LONGEST_GAP)
        planned = planner(Window(since, at, company, entered_since=since - OVERLAP, entered_until=at + OVERLAP))
        if mark is None or at > reached:
            Watermark.objects.update_or_create(planner=kind, defaults={"through": at})
    return planned


def _one_at_a_time(kind: str) -> None:
    """Two planners of one kind at once would both find a cool-down free; the second waits and then sees the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('outreach.planning'), hashtext(%s))", [kind])


def _execute(sql: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


# Some six hundred zones and a few days, the same ones at every tick of a day.
_moment = lru_cache(maxsize=20_000)(clock.moment)


def _local_days(first: datetime, last: datetime, at: time) -> list[tuple[str, date, datetime]]:
    """(zone, day, instant) of each time a clock of each zone shows `at` between the two moments, both included."""
    # No clock is more than a day away from that of UTC.
    earliest = clock.today("UTC", first) - timedelta(days=1)
    days = [earliest + timedelta(days=number) for number in range((last - first).days + 4)]
    return [
        (name, day, instant)
        for name in clock.zone_names()
        for day in days
        if first <= (instant := _moment(day, at, name)) <= last
    ]


def plan_birthdays(window: Window) -> int:
    """Greetings at the company's hour of greetings on each contact's own local day, from the start of today on.

    A birthday corrected before the greeting left moves it, and a consent given again brings it back; what was handed
    over, held or expired stays as it is.
    """
    return _execute(_BIRTHDAYS, {"days": json.dumps(_birthday_days(window))})


def _birthday_days(window: Window) -> list[dict[str, Any]]:
    """Each birthday kept on each local day of each zone in the window, and when its greeting is due and too late."""
    company = window.company
    days = []
    for name, day, due in _local_days(window.since - LATE_ENTRY, window.horizon, company.greeting_time):
        latest = max(_moment(day, GREETING_LATEST, name), due + timedelta(hours=1))
        times = {"zone": name, "year": day.year, "due_at": due.isoformat(), "expires_at": latest.isoformat()}
        kept = {(day.month, day.day)}
        if clock.birthday_in(day.year, 2, 29, leap_day_on_march_1=company.leap_day_on_march_1) == day:
            kept.add((2, 29))
        days += [{**times, "month": month, "number": number} for month, number in kept]
    return days


_BIRTHDAYS = f"""
WITH days AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(days)s)
         AS d(zone text, month int, number int, year int, due_at timestamptz, expires_at timestamptz)
), celebrated AS MATERIALIZED (
    -- First the few people, then their zones: the other way round each would meet every zone of the world.
    SELECT k.id AS customer_id, c.id AS contact_id, c.birthday_month AS month, c.birthday_day AS number,
           {_ZONE} AS zone
    FROM (SELECT DISTINCT month, number FROM days) kept
    JOIN customers_contact c ON c.birthday_month = kept.month AND c.birthday_day = kept.number
    JOIN customers_customer k ON k.id = c.customer_id
    WHERE c.allows_greetings AND {_REACHABLE}
)
INSERT INTO outreach_message AS m (occasion, kind, customer_id, contact_id, due_at, expires_at, dated_at)
SELECT 'birthday:' || contact_id || ':' || d.year, 'birthday', customer_id, contact_id,
       d.due_at, d.expires_at, d.due_at
FROM celebrated JOIN days d USING (zone, month, number)
ON CONFLICT (occasion) DO UPDATE
    SET due_at = excluded.due_at, expires_at = excluded.expires_at, dated_at = excluded.dated_at,
        state = 'planned', reason = '', detail = '', finished_at = NULL
    WHERE m.attempts = 0 AND (
        (m.state = 'planned' AND m.dated_at <> excluded.dated_at)
        OR (m.state = 'cancelled' AND m.reason IN ('no_longer_true', 'no_consent', 'consent_withdrawn'))
    )
"""  # noqa: S608 - the parts are constants of this module


def plan_thanks(window: Window) -> int:
    """Thank-you notes for new customers and for purchases, at the next hour of greetings by the customer's clock.

    Only for what happened in the last three days, so that entering or importing an old history thanks nobody.
    """
    company = window.company
    planned = 0
    hours = defaultdict(list)
    for zone, _day, due in _local_days(window.at - THANKS_WITHIN, window.at + LOOK_AHEAD, company.greeting_time):
        hours[zone].append(due.isoformat())
    parameters = {
        # A contact may be entered hours after the customer or the purchase, so the whole time is looked at each time.
        "entered_since": min(window.entered_since, window.at - THANKS_WITHIN),
        "entered_until": window.entered_until,
        "earliest": window.at - THANKS_WITHIN,
        "earliest_day": clock.today(company.time_zone, window.at - THANKS_WITHIN),
        "day": clock.today(company.time_zone, window.at),
        "at": window.at,
        "kind_for": THANKS_KIND_FOR,
        "hours": json.dumps(hours),
    }
    if company.thank_new_customers:
        planned += _execute(_thanks_sql("'thank-you:customer:' || k.id", "NULL::bigint", _NEW_CUSTOMERS), parameters)
    if company.thank_purchases:
        planned += _execute(_thanks_sql("'thank-you:' || i.id", "i.id", _PURCHASES), parameters)
    return planned


_NEW_CUSTOMERS = """
    customers_customer k
    JOIN customers_contact c ON c.customer_id = k.id AND c.is_primary
    CROSS JOIN LATERAL (
        SELECT min(due::timestamptz) AS due_at FROM jsonb_array_elements_text(%(hours)s::jsonb -> {zone}) due
        WHERE due::timestamptz >= least(k.created_at, %(at)s)
    ) next
    WHERE k.created_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND k.customer_since BETWEEN %(earliest_day)s AND %(day)s
"""
_PURCHASES = """
    interactions_interaction i
    JOIN customers_customer k ON k.id = i.customer_id
    JOIN customers_contact c ON c.customer_id = k.id
         AND CASE WHEN i.contact_id IS NULL THEN c.is_primary ELSE c.id = i.contact_id END
    CROSS JOIN LATERAL (
        SELECT min(due::timestamptz) AS due_at FROM jsonb_array_elements_text(%(hours)s::jsonb -> {zone}) due
        WHERE due::timestamptz >= i.happened_at
    ) next
    WHERE i.kind = 'purchase' AND i.created_at BETWEEN %(entered_since)s AND %(entered_until)s
      AND i.happened_at BETWEEN %(earliest)s AND %(at)s
"""


def _thanks_sql(occasion: str, interaction: str, events: str) -> str:
    return f"""
        INSERT INTO outreach_message (occasion, kind, customer_id, contact_id, interaction_id,
                                      due_at, expires_at, dated_at)
        SELECT {occasion}, 'thank_you', k.id, c.id, {interaction},
               next.due_at, next.due_at + %(kind_for)s, next.due_at
        FROM {events.format(zone=_ZONE)}
          AND next.due_at IS NOT NULL AND c.allows_thanks AND {_REACHABLE}
        ON CONFLICT (occasion) DO NOTHING
    """  # noqa: S608 - the parts are constants of this module


def plan_surveys(window: Window) -> int:
    """One message for each invitation that has none; the invitations themselves are made by the surveys' own rules."""
    since = window.entered_since
    invite(since=since, until=window.entered_until, at=window.at, company=window.company)
    return _execute(
        f"""
        INSERT INTO outreach_message (occasion, kind, customer_id, contact_id, interaction_id, invitation_id,
                                      due_at, expires_at, dated_at)
        SELECT 'invitation:' || v.id, 'survey', k.id, c.id, v.trigger_id, v.id,
               v.send_at, least(v.expires_at, v.send_at + %(kind_for)s), v.send_at
        FROM surveys_invitation v
        JOIN customers_customer k ON k.id = v.customer_id
        JOIN customers_contact c ON c.id = v.contact_id
        WHERE v.created_at >= %(since)s AND v.revoked_at IS NULL AND v.expires_at > %(at)s AND {_REACHABLE}
          AND NOT EXISTS (SELECT FROM surveys_response r WHERE r.invitation_id = v.id)
        ON CONFLICT (occasion) DO NOTHING
        """,  # noqa: S608 - the parts are constants of this module
        {"since": since, "at": window.at, "kind_for": SURVEY_KIND_FOR},
    )


def _mornings(users: list[User], window: Window) -> list[tuple[User, datetime]]:
    """Each working morning of each person that falls into the window, at the company's hour of the digest."""
    since = max(window.since, window.at - DIGEST_KIND_FOR)
    found = []
    for user in users:
        day = user.today(window.at)
        due = clock.moment(day, window.company.digest_time, user.time_zone)
        if since < due <= window.at and day.weekday() in user.working_days:
            found.append((user, due))
    return found


def _staff_message(kind: MessageKind, occasion: str, user: User, due: datetime) -> Message:
    return Message(
        occasion=f"{occasion}:{user.pk}:{user.today(due).isoformat()}",
        kind=kind,
        recipient=user,
        due_at=due,
        expires_at=due + DIGEST_KIND_FOR,
        dated_at=due,
    )


def _insert_new(messages: list[Message]) -> int:
    """Inserts those whose occasion is not in the ledger; ignoring conflicts would not say how many they were."""
    occasions = [message.occasion for message in messages]
    known = set(Message.objects.filter(occasion__in=occasions).values_list("occasion", flat=True))
    new = [message for message in messages if message.occasion not in known]
    Message.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def plan_digests(window: Window) -> int:
    """One digest per person and working morning, if any follow-up is due or any customer over the cadence."""
    messages = []
    for user, due in _mornings(list(User.objects.filter(is_active=True)), window):
        day = user.today(due)
        end_of_day = clock.day_bounds(day, user.time_zone)[1]
        if digest_follow_ups(user, end_of_day).exists() or digest_customers(user, day).exists():
            messages.append(_staff_message(MessageKind.OVERDUE_DIGEST, "overdue", user, due))
    return _insert_new(messages)


def plan_escalations(window: Window) -> int:
    """One mail per manager and working morning, if a customer newly passed one and a half times the cadence."""
    messages = []
    managers = list(User.objects.filter(Q(role="manager") | Q(role="administrator"), is_active=True))
    for manager, due in _mornings(managers, window):
        day = manager.today(due)
        if escalated_customers(manager, on=day, after=last_told(manager, on=day)).exists():
            messages.append(_staff_message(MessageKind.ESCALATION, "escalation", manager, due))
    return _insert_new(messages)


PLANNERS: dict[str, Planner] = {
    MessageKind.BIRTHDAY.value: plan_birthdays,
    MessageKind.THANK_YOU.value: plan_thanks,
    MessageKind.SURVEY.value: plan_surveys,
    MessageKind.OVERDUE_DIGEST.value: plan_digests,
    MessageKind.ESCALATION.value: plan_escalations,
}
