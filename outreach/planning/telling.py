"""Planning of mails to staff."""

import json
from datetime import timedelta
from typing import Any

from accounts.models import User, Visibility
from accounts.standing_in import StandIns
from outreach.catching_up import HAS_NEWS, LOOK_BACK
from outreach.ignoring import ignored_digests, to_tell
from outreach.models import MessageKind
from outreach.notifying import WAYS, notify_of
from outreach.overdue import HAS_DIGEST, HAS_ESCALATION, escalates_instead, last_told, standing_in
from outreach.planning.statements import execute
from outreach.planning.window import Window
from retention_crm.lib import clock

DIGEST_KIND_FOR = timedelta(hours=10)


def plan_digests(window: Window) -> int:
    """One digest per person and working morning, if any follow-up is due or any customer over the cadence.

    Or if there is only news on the bell: that one has another occasion, for nobody leaves it unanswered. Who is away
    gets none; who stands in for them gets one if anything waits for either.
    """
    all_see_all = window.company.visibility == Visibility.COMPANY
    mornings = _mornings(window)
    if not mornings:
        return 0
    told = standing_in(window.away)
    kind = MessageKind.OVERDUE_DIGEST
    due = _tell_staff(
        kind, "overdue", mornings, f"({HAS_DIGEST}) AND {_NO_DIGEST}", all_see_all=all_see_all, other="news", **told
    )
    news = f"u.id <> ALL(%(told_otherwise)s) AND {HAS_NEWS} AND {_NO_DIGEST}"
    return due + _tell_staff(kind, "news", mornings, news, ways=WAYS, look_back=LOOK_BACK, other="overdue", **told)


# There is one digest a morning, of one of the two occasions. OFFSET has it looked up by the index for each person: as a
# join it is read through for each, where few people are expected and many found.
_NO_DIGEST = """
    NOT EXISTS (SELECT FROM outreach_message d WHERE d.occasion = %(other)s || ':' || u.id || ':' || m.day OFFSET 0)
"""


def plan_escalations(window: Window) -> int:
    """One mail per manager and working morning, if a customer newly passed one and a half times the cadence.

    Or if somebody newly left two morning digests unanswered. Who is away gets none but who stands in for them. It
    stands on the bell, too; who wants to hear of it in the morning digest, or not at all, gets no mail of its own.
    """
    mornings = _mornings(window)
    if not mornings:
        return 0
    found = window.away
    days = {morning["zone"]: morning["day"] for morning in mornings}
    managers = User.objects.get_queryset().managers().filter(time_zone__in=days)
    told = {manager.pk: last_told(manager, on=days[manager.time_zone]) for manager in managers}
    instead = [reader for reader in _instead_of_managers(found) if reader.time_zone in days]
    ignored = ignored_digests(at=window.at) if told or instead else []
    of_people = [
        manager.pk
        for manager in managers
        if to_tell(manager, ignored, on=days[manager.time_zone], after=told[manager.pk])
    ]
    parameters = {
        "told_on": json.dumps(told, default=str),
        "told_of_people": of_people,
        "told_otherwise": found.told_otherwise,
        "told_instead": [
            reader.pk
            for reader in instead
            if any(
                escalates_instead(absence, reader, ignored, on=days[reader.time_zone])
                for absence in found.managers_away_for(reader)
            )
        ],
    }
    if not window.only_plans:
        mornings_of = {"mornings": json.dumps(mornings, default=str)}
        notify_of(_ON_BELL, {**mornings_of, **parameters}, at=window.at, away=found)
    by_mail = f"({HAS_ESCALATION}) AND {_WANTS_MAIL}"
    return _tell_staff(MessageKind.ESCALATION, "escalation", mornings, by_mail, **parameters)


_WANTS_MAIL = """
    NOT EXISTS (
        SELECT FROM outreach_notificationchoice c
        WHERE c.person_id = u.id AND c.kind = 'escalation' AND c.way <> 'at_once'
    ) AND NOT EXISTS (SELECT FROM outreach_retiredalert WHERE kind = 'escalation')
"""


def plan_weekly(window: Window) -> int:
    """One mail per manager on the first working morning of a week; who has nothing to read in it gets none.

    Who is away gets none but who stands in for them.
    """
    mornings = _mornings(window)
    if not mornings:
        return 0
    found = window.away
    instead = [reader.pk for reader in _instead_of_managers(found)]
    told = {"told_otherwise": found.told_otherwise, "told_instead": instead}
    return _tell_staff(MessageKind.WEEKLY, "weekly", mornings, _IS_MANAGERS_MONDAY, **told)


# The first of the person's working days in the week as they count it, or its first day if none are given.
_IS_MANAGERS_MONDAY = """
    (u.id = ANY(%(told_instead)s) OR u.role IN ('manager', 'administrator') AND u.id <> ALL(%(told_otherwise)s))
    AND (m.weekday - coalesce(u.week_start, 0) + 7) %% 7
        = coalesce((SELECT min((day - coalesce(u.week_start, 0) + 7) %% 7) FROM unnest(u.working_days) AS day), 0)
"""


def _instead_of_managers(found: StandIns) -> list[User]:
    """Those who stand in for a manager and would not hear of that team otherwise."""
    readers = User.objects.get_queryset().filter(pk__in={pk for pks in found.readers.values() for pk in pks})
    return [reader for reader in readers.order_by("pk") if found.managers_away_for(reader)] if found.readers else []


def _mornings(window: Window) -> list[dict[str, Any]]:
    """The mornings that fall into the window, one for each zone somebody works in, at the company's hour of digests."""
    since = max(window.since, window.at - DIGEST_KIND_FOR)
    mornings = []
    for zone in window.zones:
        day = clock.today(zone, window.at)
        due = clock.moment(day, window.company.digest_time, zone)
        if since < due <= window.at:
            ends = clock.day_bounds(day, zone)[1]
            mornings.append({"zone": zone, "day": day, "weekday": day.weekday(), "due_at": due, "ends_at": ends})
    return mornings


_AT_WORK = """
    FROM jsonb_to_recordset(%(mornings)s)
         AS m(zone text, day date, weekday int, due_at timestamptz, ends_at timestamptz)
    JOIN accounts_user u ON u.time_zone = m.zone AND u.is_active
         AND (u.working_days = '{}' OR m.weekday = ANY(u.working_days))
"""
# Named like the mail, so that it is known whether there is one.
_ON_BELL = f"""
    SELECT 'escalation' AS kind, 'escalation:' || u.id || ':' || m.day AS occasion, u.id AS person_id,
           NULL::bigint AS customer_id, NULL::bigint AS contact_id, NULL::bigint AS by_id, 0 AS number, '' AS words
    {_AT_WORK} WHERE {HAS_ESCALATION}
"""


def _tell_staff(
    kind: MessageKind, occasion: str, mornings: list[dict[str, Any]], condition: str, **parameters: Any
) -> int:
    """One message for each person at work on one of the mornings who meets the condition."""
    if not mornings:
        return 0
    return execute(
        f"""
        INSERT INTO outreach_message (occasion, kind, recipient_id, due_at, expires_at, dated_at)
        SELECT %(occasion)s || ':' || u.id || ':' || m.day, %(kind)s, u.id, m.due_at, m.due_at + %(kind_for)s, m.due_at
        {_AT_WORK} WHERE {condition}
        ON CONFLICT (occasion) DO NOTHING
        """,
        {
            "occasion": occasion,
            "kind": kind,
            "kind_for": DIGEST_KIND_FOR,
            "mornings": json.dumps(mornings, default=str),
            **parameters,
        },
    )
