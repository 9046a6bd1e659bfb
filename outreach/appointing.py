"""A planned meeting as other calendars read it: invitation, change and cancellation (RFC 5545, 5546, 6047)."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar as Written
from icalendar import Event, vCalAddress, vText

from customers.models import Contact
from interactions.models import Meeting
from outreach.assembling import Calendar
from outreach.models import MeetingMail, Message, Says
from outreach.phrases import Phrases
from retention_crm.lib import clock


def uid_of(meeting: Meeting) -> str:
    """The same in every mail and every calendar, or the same meeting would stand there twice."""
    return f"{meeting.uid}@{urlsplit(settings.SITE_URL).hostname}"


def event_of(meeting: Meeting, zone: str) -> Event:
    """What every reader of the meeting gets, with its times by the clock of that zone."""
    event = Event()
    event.add("uid", uid_of(meeting))
    event.add("sequence", meeting.sequence)
    event.add("summary", meeting.title)
    begins = meeting.starts_at.astimezone(clock.zone(zone))
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=meeting.minutes))
    if meeting.agenda:
        event.add("description", meeting.agenda)
    if meeting.place:
        event.add("location", meeting.place)
    return event


def appointment(message: Message, mail: MeetingMail, contact: Contact) -> Calendar:
    """For one guest: who else takes part is none of its business, so no address of theirs stands in it.

    The same bytes for the same rows: its stamp is the date of the mail.
    """
    is_off = mail.says == Says.CANCELLATION
    method = "CANCEL" if is_off else "REQUEST"
    event = event_of(mail.meeting, contact.effective_time_zone)
    # Of a cancellation the version it was planned for: the meeting may have gone on without this guest.
    event["sequence"] = mail.sequence
    event.add("dtstamp", message.dated_at)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    host = mail.meeting.host
    event.add("organizer", _person(host.email, host.name), encode=False)
    guest = _person(contact.email, contact.name)
    guest.params["role"] = vText("REQ-PARTICIPANT")
    guest.params["partstat"] = vText("NEEDS-ACTION")
    if not is_off:
        guest.params["rsvp"] = vText("TRUE")
    event.add("attendee", guest, encode=False)
    calendar = Written()
    calendar.add("prodid", "-//Retention CRM//Invitation//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return Calendar(method, bytes(calendar.to_ical()))


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params["cn"] = vText(name)
    return person


def details(meeting: Meeting, zone: str, phrases: Phrases) -> str:
    """When, where and what about, in lines, by the clock of that zone."""
    lines = [phrases.meeting.line("when", when(meeting, zone, phrases))]
    if meeting.place:
        lines.append(phrases.meeting.line("where", meeting.place))
    if meeting.agenda:
        lines += ["", phrases.meeting.line("about", "").rstrip(), meeting.agenda]
    return "\n".join(lines)


def when(meeting: Meeting, zone: str, phrases: Phrases) -> str:
    """For example “Thursday, 3 December, 14:00–15:00 (Europe/Stockholm)”."""
    begins = meeting.starts_at.astimezone(clock.zone(zone))
    ends = begins + timedelta(minutes=meeting.minutes)
    return f"{phrases.weekday_of(begins.date())}, {begins:%H:%M}–{ends:%H:%M} ({clock.zone_label(zone)})"
