"""What single alerts to staff and the weekly mail to managers say."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F, Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from customers.models import Customer
from interactions.models import Complaint, FollowUp
from outreach import alerting
from outreach.layout import Entry, Section
from outreach.models import CUSTOMER_KINDS, Message, State
from retention_crm.lib import clock, dates
from surveys.models import NPS_TOP, Response

WEEK = timedelta(days=7)
MOST_LISTED = 10


def urgent_section(message: Message, reader: User, *, at: datetime) -> Section | None:
    """What the alert is about; nothing if it is settled or not so any more, or the reader may not see it."""
    _kind, what, *written = message.occasion.split(":")
    numbers = [int(number) for number in written]
    subject = alerting.named(what)
    if subject is not None:
        return subject.section(reader, numbers, at)
    return _TELL[what](numbers, reader)


def _answer(numbers: list[int], reader: User) -> Section | None:
    rows = Response.objects.visible_to(reader).unhappy().select_related("customer__owner", "contact")
    answer = rows.filter(pk=numbers[0]).first()
    if answer is None:
        return None
    point, of = answer.low
    said = (
        _("Scored us %(score)s of 10. %(excerpt)s") if of == NPS_TOP else _("Answered %(score)s of %(of)s. %(excerpt)s")
    )
    why = said % {"score": point, "of": of, "excerpt": answer.excerpt}
    title = _("Unhappy answer: %(customer)s") % {"customer": answer.customer}
    return alert_section(title, answer.customer, str(answer.contact), why, known={reader.pk})


def _complaint(numbers: list[int], reader: User) -> Section | None:
    """Nothing, too, if it was found to be less severe."""
    rows = Complaint.objects.visible_to(reader).pressing().select_related("customer__owner", "owner")
    complaint = rows.filter(pk=numbers[0]).first()
    if complaint is None:
        return None
    if not complaint.escalated_at:
        title = _("Severe complaint: %(customer)s") % {"customer": complaint.customer}
    elif complaint.reopened_at:
        title = _("Complaint taken up again: %(customer)s") % {"customer": complaint.customer}
    else:
        title = _("Another complaint: %(customer)s") % {"customer": complaint.customer}
    why = _("In the hands of %(owner)s.") % {"owner": complaint.owner}
    return alert_section(title, complaint.customer, complaint.what, why, known={reader.pk, complaint.owner_id})


def _promise(numbers: list[int], reader: User) -> Section | None:
    """Nothing, too, if it was put off meanwhile: it is not broken, and if it will be, that is another alert."""
    pk, due, *_reader = numbers
    rows = FollowUp.objects.visible_to(reader).promises().open().select_related("customer__owner", "assignee")
    promise = rows.filter(pk=pk).first()
    if promise is None or int(promise.due_at.timestamp()) != due:
        return None
    title = _("Promise not kept: %(customer)s") % {"customer": promise.customer}
    day = dates.write(promise.due_at.astimezone(clock.zone(reader.time_zone)), "weekday, time")
    why = _("%(person)s promised it by %(due)s.") % {"person": promise.assignee, "due": day}
    return alert_section(title, promise.customer, promise.title, why, known={reader.pk, promise.assignee_id})


_TELL: dict[str, Callable[[list[int], User], Section | None]] = {
    "answer": _answer,
    "complaint": _complaint,
    "promise": _promise,
}


def alert_section(title: str, customer: Customer, what: str, why: str, *, known: Collection[int]) -> Section:
    """An alert about a customer; who looks after them is said, unless that is the reader or named already (`known`)."""
    if customer.owner_id not in known:
        why = _("%(why)s Looked after by %(owner)s.") % {"why": why.strip(), "owner": customer.owner}
    return Section(title, [Entry(_link("customer", customer.pk), f"{customer}: {what}", why.strip())])


def weekly_sections(manager: User, *, on: date, at: datetime, reader: User | None = None) -> list[Section]:
    """How the manager's team (without one, the company) did in the week until then, and what is open.

    For the reader who stands in for the manager, if one is given: the links are to pages they may open.
    """
    overview = "portfolio" if (reader or manager).is_manager else "customers"
    real = Q(customer__is_sample=False)
    owned, assigned = real & _team(manager, "customer__owner"), real & _team(manager, "assignee")
    complaints = Complaint.objects.open().filter(owned)
    answers = Response.objects.unhappy().filter(owned, answered_at__gte=at - WEEK, answered_at__lt=at)
    promises = FollowUp.objects.promises().filter(assigned, due_at__gte=at - WEEK, due_at__lt=at)
    kept = promises.filter(done_at__lte=F("due_at")).count()
    broken = promises.exclude(done_at__lte=F("due_at")).count()
    quiet = Customer.objects.overdue(on).filter(_team(manager, "owner"), is_sample=False).count()
    held = Message.objects.filter(
        owned, state=State.HELD, kind__in=CUSTOMER_KINDS, due_at__gte=at - WEEK, due_at__lt=at
    ).count()
    figures = [
        (quiet, ngettext("%d customer gone quiet", "%d customers gone quiet", quiet), overview),
        (kept, ngettext("%d promise kept", "%d promises kept", kept), "today"),
        (broken, ngettext("%d promise not kept in time", "%d promises not kept in time", broken), "today"),
        (held, ngettext("%d message held back", "%d messages held back", held), "messages"),
    ]
    entries = [Entry(_link(page), words % number, "") for number, words, page in figures if number]
    sections = [Section(_("The last seven days"), entries)] if entries else []
    by_severity = complaints.order_by("-severity", "opened_at", "pk")
    sections += _listed(_("Open complaints"), by_severity, _open_complaint, overview)
    sections += _listed(_("Unhappy answers"), answers.order_by("score", "-answered_at", "pk"), _bad_answer, overview)
    return sections


def _team(manager: User, path: str) -> Q:
    return Q() if manager.team_id is None else Q(**{f"{path}__team": manager.team_id})


def _listed[M: Model](title: str, rows: QuerySet[M], entry: Callable[[M], Entry], page: str) -> list[Section]:
    found = list(rows.select_related("customer")[: MOST_LISTED + 1])
    if not found:
        return []
    count = rows.count() if len(found) > MOST_LISTED else len(found)
    rest = count - MOST_LISTED
    more = (ngettext("and %d more", "and %d more", rest) % rest, _link(page)) if rest > 0 else ("", "")
    return [Section(f"{title} ({count})", [entry(row) for row in found[:MOST_LISTED]], *more)]


def _open_complaint(complaint: Complaint) -> Entry:
    since = dates.write(complaint.opened_at, "day of year")
    why = _("%(severity)s, since %(day)s.") % {"severity": complaint.get_severity_display(), "day": since}
    return Entry(_link("customer", complaint.customer_id), f"{complaint.customer}: {complaint.what}", why)


def _bad_answer(answer: Response) -> Entry:
    point, of = answer.low
    said = (
        _("Scored us %(score)s of 10. %(excerpt)s") if of == NPS_TOP else _("Answered %(score)s of %(of)s. %(excerpt)s")
    )
    why = said % {"score": point, "of": of, "excerpt": answer.excerpt}
    return Entry(_link("customer", answer.customer_id), str(answer.customer), why.strip())


def _link(page: str, *arguments: int) -> str:
    return f"{settings.SITE_URL}{reverse(page, args=arguments)}"
