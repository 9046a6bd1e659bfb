"""A person's calendar for other programs: what is to be done, what was met, and whose day it is (RFC 5545)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from accounts.models import User
from customers.models import Contact, DatedEvent
from interactions.models import FollowUp, Interaction, Kind, Meeting
from outreach.appointing import event_of
from retention_crm.lib import clock

# A follow-up is due at its end; so long before it stands in the calendar.
TAKES = timedelta(minutes=30)
MEETINGS_SINCE = timedelta(days=90)
MOST = 2000


def calendar_of(user: User, *, at: datetime) -> bytes:
    """The calendar as a file. Times are by the person's clock, days by the calendar of those whose days they are."""
    calendar = Calendar()
    calendar.add("prodid", "-//Retention CRM//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _("Customers of %(name)s") % {"name": user.name or user.email})
    calendar.add("x-published-ttl", "PT1H")
    for events in (
        _follow_ups(user, at),
        _planned(user, at),
        _meetings(user, at),
        _birthdays(user, at),
        _days(user, at),
    ):
        for event in events:
            event.add("dtstamp", at)
            calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(uid: str, summary: str, customer_id: int) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("summary", summary)
    event.add("url", f"{settings.SITE_URL}{reverse('customer', args=[customer_id])}")
    return event


def _follow_ups(user: User, at: datetime) -> Iterator[Event]:
    rows = FollowUp.objects.visible_to(user).open().filter(assignee=user).select_related("customer")
    zone = clock.zone(user.time_zone)
    for row in rows[:MOST]:
        names = {"what": row.title, "customer": row.customer}
        summary = _("Promised: %(what)s (%(customer)s)") if row.is_promise else _("%(what)s (%(customer)s)")
        event = _event(f"follow-up-{row.pk}", summary % names, row.customer_id)
        due = row.due_at.astimezone(zone)
        event.add("dtstart", due - TAKES)
        event.add("dtend", due)
        yield event


def _planned(user: User, at: datetime) -> Iterator[Event]:
    """Meetings to come and those of the last months; a mail to a guest has the same name for the same one."""
    rows = Meeting.objects.visible_to(user).filter(host=user, cancelled_at=None)
    rows = rows.filter(starts_at__gte=at - MEETINGS_SINCE).select_related("customer").order_by("-starts_at")
    for row in rows[:MOST]:
        event = event_of(row, user.time_zone)
        words = {"what": row.title, "customer": row.customer}
        event["summary"] = vText(_("Meeting: %(what)s (%(customer)s)") % words)
        event.add("url", f"{settings.SITE_URL}{reverse('customer', args=[row.customer_id])}")
        yield event


def _meetings(user: User, at: datetime) -> Iterator[Event]:
    rows = Interaction.objects.visible_to(user).filter(author=user, kind__in=[Kind.MEETING, Kind.VISIT])
    # One that was planned stands there at the time it was planned for.
    rows = (
        rows.filter(happened_at__gte=at - MEETINGS_SINCE, meeting=None)
        .select_related("customer")
        .order_by("-happened_at")
    )
    zone = clock.zone(user.time_zone)
    for row in rows[:MOST]:
        words = {"kind": row.get_kind_display(), "customer": row.customer}
        event = _event(f"meeting-{row.pk}", _("%(kind)s: %(customer)s") % words, row.customer_id)
        began = row.happened_at.astimezone(zone)
        event.add("dtstart", began)
        event.add("dtend", began + timedelta(hours=1))
        yield event


def _birthdays(user: User, at: datetime) -> Iterator[Event]:
    rows = Contact.objects.filter(customer__owner=user, customer__lost_on=None, deceased=False)
    rows = rows.filter(birthday_month__isnull=False).select_related("customer").order_by("pk")
    for row in rows[:MOST]:
        summary = _("Birthday: %(contact)s (%(customer)s)") % {"contact": row, "customer": row.customer}
        for day in _this_year_and_next(row.birthday_month, row.birthday_day, row.birthday_year, user, at):
            yield _whole_day(f"birthday-{row.pk}-{day.year}", summary, row.customer_id, day)


def _days(user: User, at: datetime) -> Iterator[Event]:
    rows = DatedEvent.objects.filter(contact__customer__owner=user, contact__customer__lost_on=None)
    rows = rows.filter(contact__deceased=False).select_related("contact__customer").order_by("pk")
    for row in rows[:MOST]:
        customer = row.contact.customer
        summary = _("%(what)s: %(contact)s (%(customer)s)")
        words = {"what": row.name, "contact": row.contact, "customer": customer}
        for day in _this_year_and_next(row.month, row.day, row.year, user, at):
            yield _whole_day(f"day-{row.pk}-{day.year}", summary % words, customer.pk, day)


def _this_year_and_next(
    month: int | None, day: int | None, since: int | None, user: User, at: datetime
) -> Iterator[date]:
    """Written out, since a rule that repeats 29 February every year leaves the common years out."""
    year = clock.today(user.time_zone, at).year
    for kept in (year, year + 1):
        if month and day and kept >= (since or 0):
            yield clock.birthday_in(kept, month, day, leap_day_on_march_1=user.company.leap_day_on_march_1)


def _whole_day(uid: str, summary: str, customer_id: int, day: date) -> Event:
    event = _event(uid, summary, customer_id)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event
