"""Planning of single alerts to staff: what can not wait for the morning digest, unless its reader wants it to.

They are few, so the people they go to are found one by one; what there is to tell is asked for as a set. All of it
stands on the bell, too.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from accounts.models import User
from accounts.standing_in import StandIns
from customers.models import Customer
from interactions.models import Complaint, FollowUp
from outreach import alerting
from outreach.alerting import Alert, urgent_occasion
from outreach.models import (
    DEFAULT_WAYS,
    NotificationChoice,
    NotificationKind,
    RetiredAlert,
    Way,
)
from outreach.notifying import News, notify
from outreach.planning.statements import execute
from outreach.planning.window import OVERLAP, Window
from retention_crm.lib import clock
from surveys.models import EDIT_WINDOW, NPS_TOP, Response

# By the clock of who is told, on their working days.
TOLD_FROM, TOLD_UNTIL = time(7, 0), time(20, 0)
URGENT_KIND_FOR = timedelta(days=3)


def plan_urgent(window: Window) -> int:
    """Alerts about bad answers, pressing complaints, broken promises and what other apps tell of; each is told once.

    At once in the hours somebody works, else on the next working morning. Who is away is not told but who stands in.
    Returns how many mails are new: who wants to hear of it in the morning, or not at all, gets none.
    """
    alerts = list(_alerts(window))
    if alerts:
        retired = RetiredAlert.kinds()
        alerts = [alert for alert in alerts if alert.kind not in retired]
    if not alerts:
        return 0
    managers = _managers() if any(alert.also_managers for alert in alerts) else {}
    told = {(reader, alert.occasion): alert for alert in alerts for reader in _readers(alert, managers, window.away)}
    if not window.only_plans:
        news = (_news(reader, alert) for (reader, _occasion), alert in told.items())
        notify(news, at=window.at, away=window.away)
    told = _by_mail(told)
    people = {reader for reader, _occasion in told}
    readers, ways = User.objects.in_bulk(people), NotificationChoice.objects.ways(people)
    wanted = [
        {"occasion": f"{occasion}:{pk}", "reader": pk, "due_at": when_told(readers[pk], window.at)}
        for (pk, occasion), alert in told.items()
        if pk in readers and ways.get((pk, alert.kind), DEFAULT_WAYS[alert.kind]) == Way.AT_ONCE
    ]
    return execute(_BY_MAIL, {"wanted": json.dumps(wanted, default=str), "kind_for": URGENT_KIND_FOR})


_BY_MAIL = """
    INSERT INTO outreach_message (occasion, kind, recipient_id, due_at, expires_at, dated_at)
    SELECT w.occasion, 'urgent', w.reader, w.due_at, w.due_at + %(kind_for)s, w.due_at
    FROM jsonb_to_recordset(%(wanted)s) AS w(occasion text, reader bigint, due_at timestamptz)
    WHERE NOT EXISTS (SELECT FROM outreach_message m WHERE m.occasion = w.occasion)
    ON CONFLICT (occasion) DO NOTHING
"""


def _by_mail(told: dict[tuple[int, str], Alert]) -> dict[tuple[int, str], Alert]:
    """Without what is about invented customers."""
    about = {alert.customer for alert in told.values()}
    invented = set(Customer.objects.filter(pk__in=about, is_sample=True).values_list("pk", flat=True))
    return {key: alert for key, alert in told.items() if alert.customer not in invented}


def _news(reader: int, alert: Alert) -> News:
    return News(
        kind=alert.kind,
        occasion=alert.occasion,
        person_id=reader,
        customer_id=alert.customer,
        contact_id=alert.contact,
        number=alert.number,
        words=alert.words,
    )


def _alerts(window: Window) -> Iterator[Alert]:
    since, until = window.since - OVERLAP, window.at
    # An answer may become a bad one for as long as it can be edited.
    answers = Response.objects.unhappy().filter(answered_at__gte=since - EDIT_WINDOW, answered_at__lte=until)
    for answer in answers.order_by("pk").select_related("customer"):
        occasion, (point, of) = urgent_occasion("answer", answer.pk), answer.low
        owner, customer, contact = answer.customer.owner_id, answer.customer_id, answer.contact_id
        words = "" if of == NPS_TOP else f"{point}/{of}"
        yield Alert(NotificationKind.ANSWER, occasion, owner, customer, contact, number=point or 0, words=words)
    pressing = Complaint.objects.pressing_since(since, until)
    for pk, escalated_at, owner, customer, what, team in pressing.order_by("pk").values_list(
        "pk", "escalated_at", "owner", "customer", "what", "customer__owner__team"
    ):
        # A severe one that comes back, or is joined by a second, is told again.
        again = [int(escalated_at.timestamp())] if escalated_at else []
        occasion = urgent_occasion("complaint", pk, *again)
        yield Alert(
            NotificationKind.COMPLAINT,
            occasion,
            owner,
            customer,
            number=len(again),
            words=what,
            team=team,
            also_managers=True,
        )
    broken = FollowUp.objects.promises().open().filter(due_at__gte=since, due_at__lte=until)
    for pk, due_at, assignee, customer, title in broken.order_by("pk").values_list(
        "pk", "due_at", "assignee", "customer", "title"
    ):
        # Put off and broken again is another one.
        occasion = urgent_occasion("promise", pk, int(due_at.timestamp()))
        yield Alert(NotificationKind.PROMISE, occasion, assignee, customer, words=title)
    for subject in alerting.added():
        yield from subject.alerts(since, until)


def _managers() -> dict[int | None, list[int]]:
    """Their ids by team; those of no team look after all."""
    managers: dict[int | None, list[int]] = defaultdict(list)
    for pk, team in User.objects.get_queryset().managers().values_list("pk", "team"):
        managers[team].append(pk)
    return managers


def _readers(alert: Alert, managers: dict[int | None, list[int]], found: StandIns) -> set[int]:
    people = [alert.person]
    if alert.also_managers:
        people += managers.get(alert.team) or managers.get(None, [])
    return {reader for person in people for reader in found.told_for(person)}


def when_told(reader: User, at: datetime) -> datetime:
    """At once if the reader works at that hour, else when the next working day of theirs begins."""
    local = at.astimezone(clock.zone(reader.time_zone))
    today = local.date()
    works_today = not reader.working_days or today.weekday() in reader.working_days
    if works_today and TOLD_FROM <= local.time() < TOLD_UNTIL:
        return at
    day = today if works_today and local.time() < TOLD_FROM else clock.next_working_day(today, reader.working_days)
    return clock.moment(day, TOLD_FROM, reader.time_zone)
