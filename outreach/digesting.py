"""What the mails to staff list: what is due today, who has gone quiet, and of whom a manager should hear."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Absence, User
from accounts.standing_in import stand_ins
from customers.models import Customer, CustomerQuerySet
from interactions.models import FollowUp
from outreach.catching_up import news_for_digest
from outreach.describing import Said, say
from outreach.ignoring import Ignored, ignored_digests, to_tell, to_tell_instead
from outreach.layout import Entry, Section
from outreach.models import Message, MessageKind, Notification
from outreach.overdue import (
    digest_customers,
    digest_follow_ups,
    escalated_customers,
    last_told,
    last_told_instead,
)
from outreach.reporting import urgent_section, weekly_sections
from retention_crm.lib import clock, dates

MOST_LISTED = 20
# Nobody is written to about invented customers.
_REAL = {"customer__is_sample": False}


@dataclass(frozen=True, slots=True)
class Digest:
    """The sections of a mail to staff, how many of what in words, and the reader's day."""

    summary: str
    day: date
    sections: list[Section]


def digest_for(message: Message, reader: User, at: datetime) -> Digest:
    """What is true for the reader at that moment; a digest with nothing in it has no sections.

    Asked anew for each mail, at most twelve queries and six for each colleague one stands in for, so that what
    was done since breakfast is not listed.
    """
    day = reader.today(at)
    if message.kind == MessageKind.URGENT:
        section = urgent_section(message, reader, at=at)
        return Digest(section.title if section else "", day, [section] if section else [])
    if message.kind == MessageKind.WEEKLY:
        return Digest(_("The week"), day, _week(reader, day, at))
    if message.kind == MessageKind.ESCALATION:
        return _escalation(reader, day, at)
    return _morning(reader, day, at)


def _morning(reader: User, day: date, at: datetime) -> Digest:
    end_of_day = clock.day_bounds(day, reader.time_zone)[1]
    due = digest_follow_ups(reader, end_of_day).filter(**_REAL)
    quiet = digest_customers(reader, day).filter(is_sample=False).select_related("segment")
    todo, todo_count = _first(list(due[: MOST_LISTED + 1]), due.count)
    silent, silent_count = _first(list(quiet[: MOST_LISTED + 1]), quiet.count)
    sections, summary = [], []
    if todo:
        title = _("Promised and planned (%(count)d)") % {"count": todo_count}
        entries = [_follow_up(follow_up, reader, day) for follow_up in todo]
        sections.append(Section(title, entries, *_rest(todo_count - len(todo), "today")))
        summary.append(ngettext("%d thing to do", "%d things to do", todo_count) % todo_count)
    if silent:
        title = _("Gone quiet (%(count)d)") % {"count": silent_count}
        sections.append(Section(title, _quiet_ones(silent, day), *_rest(silent_count - len(silent), "today")))
        summary.append(ngettext("%d customer gone quiet", "%d customers gone quiet", silent_count) % silent_count)
    news, news_count = _news(reader, at)
    if news_count:
        sections.append(news)
        summary.append(ngettext("%d piece of news", "%d pieces of news", news_count) % news_count)
    for absence in stand_ins(at=at).away_for(reader.pk):
        section = _instead_of(absence, reader, day, end_of_day)
        if section.entries:
            sections.append(section)
            summary.append(_("in place of %(name)s") % {"name": absence.user})
    return Digest(", ".join(summary), day, sections)


def _news(reader: User, at: datetime) -> tuple[Section, int]:
    """What the reader wants to hear of in the morning; each line leads by the bell, where it is seen then."""
    rows = news_for_digest(reader, at=at)
    listed, count = _first(list(rows[: MOST_LISTED + 1]), rows.count)
    entries = [_piece_of_news(notification, say(notification)) for notification in listed]
    return Section(
        _("News (%(count)d)") % {"count": count}, entries, *_rest(count - len(listed), "notifications")
    ), count


def _piece_of_news(notification: Notification, said: Said) -> Entry:
    link = f"{settings.SITE_URL}{reverse('notification', args=[notification.pk])}"
    return Entry(link, f"{said.what}: {said.about}", said.why)


def _instead_of(absence: Absence, reader: User, day: date, end_of_day: datetime) -> Section:
    """What waits for somebody who is away, for the one who stands in."""
    of = [absence.user_id]
    due = digest_follow_ups(reader, end_of_day, of=of).filter(**_REAL)
    quiet = digest_customers(reader, day, of=of).filter(is_sample=False).select_related("segment")
    todo, todo_count = _first(list(due[: MOST_LISTED + 1]), due.count)
    silent, silent_count = _first(list(quiet[: MOST_LISTED + 1]), quiet.count)
    entries = [*(_follow_up(follow_up, reader, day) for follow_up in todo), *_quiet_ones(silent, day)]
    until = dates.write(absence.last_day, "day of year")
    title = _("For %(name)s, who is away until %(day)s (%(count)d)")
    words = {"name": absence.user, "day": until, "count": todo_count + silent_count}
    return Section(title % words, entries, *_rest(todo_count + silent_count - len(entries), "today"))


def _quiet_ones(customers: list[Customer], day: date) -> list[Entry]:
    return [Entry(_customer_link(customer), customer.name, _quiet(customer, day)) for customer in customers]


def _week(reader: User, day: date, at: datetime) -> list[Section]:
    sections = weekly_sections(reader, on=day, at=at) if reader.is_manager else []
    for absence in stand_ins(at=at).managers_away_for(reader):
        theirs = weekly_sections(absence.user, on=day, at=at, reader=reader)
        sections += [replace(section, title=_for(absence, section.title)) for section in theirs]
    return sections


def _for(absence: Absence, title: str) -> str:
    """The title of what is somebody else's, who is away."""
    until = dates.write(absence.last_day, "day of year")
    words = {"name": absence.user, "day": until, "title": title}
    return _("For %(name)s, who is away until %(day)s: %(title)s") % words


def _escalation(reader: User, day: date, at: datetime) -> Digest:
    ignored = ignored_digests(at=at)
    sections: list[Section] = []
    summary: list[str] = []
    if reader.is_manager:
        after = last_told(reader, on=day)
        passed = escalated_customers(reader, on=day, after=after)
        sections, summary = _passed_over(passed, to_tell(reader, ignored, on=day, after=after), reader, day)
    for absence in stand_ins(at=at).managers_away_for(reader):
        after = last_told_instead(absence, reader, on=day)
        theirs = to_tell_instead(absence.user, reader, ignored, on=day, after=after)
        passed = escalated_customers(absence.user, on=day, after=after)
        more, _words = _passed_over(passed, theirs, reader, day)
        sections += [replace(section, title=_for(absence, section.title)) for section in more]
        summary += [_("in place of %(name)s") % {"name": absence.user}] if more else []
    return Digest(", ".join(summary), day, sections)


def _passed_over(
    passed: CustomerQuerySet, ignored: list[Ignored], reader: User, day: date
) -> tuple[list[Section], list[str]]:
    """The sections of an escalation and what is in them, in words."""
    passed = passed.select_related("segment", "owner")
    listed, count = _first(list(passed[: MOST_LISTED + 1]), passed.count)
    sections, summary = [], []
    if listed:
        entries = [
            Entry(
                _customer_link(customer),
                customer.name,
                _("%(quiet)s Looked after by %(owner)s.") % {"quiet": _quiet(customer, day), "owner": customer.owner},
            )
            for customer in listed
        ]
        title = _("Without contact for too long (%(count)d)") % {"count": count}
        sections.append(Section(title, entries, *_rest(count - len(listed), "customers")))
        summary.append(ngettext("%d customer", "%d customers", count) % count)
    if ignored:
        title = _("Digests without an answer (%(count)d)") % {"count": len(ignored)}
        sections.append(Section(title, _people(ignored, reader)))
        summary.append(ngettext("%d colleague", "%d colleagues", len(ignored)) % len(ignored))
    return sections, summary


def _people(ignored: list[Ignored], reader: User) -> list[Entry]:
    people = User.objects.in_bulk([pair.person for pair in ignored])
    why = _("Got two morning digests since %(day)s, and has logged nothing and done no follow-up since.")
    entries = []
    for pair in ignored:
        since = dates.write(pair.first.astimezone(clock.zone(reader.time_zone)), "weekday")
        link = f"{settings.SITE_URL}{reverse('customers')}?owner={pair.person}"
        entries.append(Entry(link, str(people[pair.person]), why % {"day": since}))
    return entries


def _first[M: (Customer, FollowUp, Notification)](rows: list[M], count: Callable[[], int]) -> tuple[list[M], int]:
    """The rows that are listed and how many there are; they are only counted if there are more than are listed."""
    return (rows[:MOST_LISTED], count()) if len(rows) > MOST_LISTED else (rows, len(rows))


def _rest(count: int, page: str) -> tuple[str, str]:
    if count <= 0:
        return "", ""
    return ngettext("and %d more", "and %d more", count) % count, f"{settings.SITE_URL}{reverse(page)}"


def _customer_link(customer: Customer) -> str:
    return f"{settings.SITE_URL}{reverse('customer', args=[customer.pk])}"


def _follow_up(follow_up: FollowUp, reader: User, today: date) -> Entry:
    local = follow_up.due_at.astimezone(clock.zone(reader.time_zone))
    at = {"time": dates.write(local, "time"), "day": dates.write(local, "weekday")}
    if local.date() == today:
        why = _("Promised for today, %(time)s.") if follow_up.is_promise else _("For today.")
    else:
        why = _("Promised for %(day)s.") if follow_up.is_promise else _("Planned for %(day)s.")
    return Entry(_customer_link(follow_up.customer), f"{follow_up.customer}: {follow_up.title}", why % at)


def _quiet(customer: Customer, today: date) -> str:
    days = customer.quiet_days(today)
    if days is None:
        since = dates.write(customer.customer_since, "day")
        quiet = _("No conversation yet, a customer since %(day)s;") % {"day": since}
    else:
        quiet = ngettext("Quiet for %d day;", "Quiet for %d days;", days) % days
    agreed = customer.cadence
    return f"{quiet} {ngettext('agreed was every %d day.', 'agreed was every %d days.', agreed) % agreed}"
