"""Invitations to meetings: who gets which version, what stops one, and the appointment as calendars read it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.arranging import call_off, rearrange
from interactions.models import Meeting
from outreach import gate
from outreach.delivery import deliver
from outreach.inviting import invited, tell, tell_off
from outreach.merging import merge
from outreach.models import Approval, Message, MessageKind, Says, State, Suppression
from outreach.tests.reading import build, html_of, read, text_of
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
Login = Callable[[User], Client]
BEGINS = datetime(2026, 12, 3, 13, tzinfo=UTC)


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira", time_zone="Asia/Kolkata")


@pytest.fixture
def jonas(customer: Customer) -> Contact:
    return factories.contact(customer, name="Jonas Weber", language="de", tone="friendly", preferred_name="Jonas")


@pytest.fixture
def meeting(amira: Contact, jonas: Contact) -> Meeting:
    agenda = "The new machine\nPrices, from “March”; <b>all</b>"
    fields = {"title": "The year to come", "agenda": agenda, "place": "https://meet.example/x", "starts_at": BEGINS}
    return factories.meeting(amira.customer, amira, jonas, **fields)


def change(meeting: Meeting, *guests: Contact, **fields: Any) -> None:
    known = {name: getattr(meeting, name) for name in ("title", "agenda", "place", "starts_at", "minutes")}
    assert rearrange(meeting, known | fields, guests)


def send(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(state=State.SENT, finished_at=NOW)


def rules(*messages: Message, at: datetime = NOW) -> list[str]:
    found = gate.check(gate.load([m.pk for m in messages]), at=at, company=Company.current())
    return [found[m.pk].rule if m.pk in found else "" for m in messages]


def event_of(mail: Any) -> tuple[Any, Any]:
    part = next(part for part in mail.iter_parts() if part.get_content_type() == "text/calendar")
    calendar: Any = Calendar.from_ical(part.get_content())
    assert str(calendar["method"]) == part.get_param("method")
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_each_guest_gets_one_invitation_in_the_name_of_who_holds_it(
    meeting: Meeting, amira: Contact, jonas: Contact, owner: User
) -> None:
    told = tell(meeting, [amira, jonas], by=owner, at=NOW)

    assert [message.occasion for message in told] == [f"meeting:{meeting.pk}:0:{c.pk}" for c in (amira, jonas)]
    assert {(m.kind, m.state, m.due_at, m.expires_at) for m in told} == {
        ("meeting", State.PLANNED, NOW + timedelta(minutes=2), BEGINS)
    }
    assert tell(meeting, [amira, jonas], by=owner, at=NOW) == []
    assert invited(meeting) == {amira.pk, jonas.pk}


def test_the_mail_has_the_words_and_the_appointment_by_the_readers_clock(
    meeting: Meeting, amira: Contact, jonas: Contact, owner: User
) -> None:
    Meeting.objects.update(host=factories.user(name="Tom Falk", email="tom@example.com"))
    to_amira, to_jonas = tell(meeting, [amira, jonas], by=owner, at=NOW)

    mail = read(build(to_amira))
    assert mail["From"].addresses[0].addr_spec == mail["Reply-To"].addresses[0].addr_spec == "tom@example.com"
    assert mail["Subject"] == "Meeting: The year to come, Thursday, 3 December, 18:30–19:30 (Asia/Kolkata)"
    text = text_of(mail)
    assert "Dear Amira,\n\nI would like to meet you.\n\nWhen: Thursday, 3 December, 18:30–19:30 (Asia/Kolkata)" in text
    assert "Where: https://meet.example/x" in text and "The new machine\nPrices" in text
    assert "&lt;b&gt;all&lt;/b&gt;" in html_of(mail)
    calendar, event = event_of(mail)
    assert str(calendar["method"]) == "REQUEST"
    assert str(event["uid"]).startswith(str(meeting.uid))
    assert (event["sequence"], str(event["status"])) == (0, "CONFIRMED")
    assert str(event["organizer"]) == "mailto:tom@example.com" and event["organizer"].params["cn"] == "Tom Falk"
    assert str(event["attendee"]) == f"mailto:{amira.email}"
    assert event["attendee"].params["rsvp"] == "TRUE"
    begins, ends = event["dtstart"].dt, event["dtend"].dt
    assert begins == BEGINS and ends - begins == timedelta(hours=1)
    assert event["dtstart"].params["tzid"] == "Asia/Kolkata"
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Kolkata"]
    assert str(event["description"]) == meeting.agenda
    # No address of anybody else stands in it.
    assert jonas.email not in mail.as_string()
    german = text_of(read(build(to_jonas)))
    assert "Hallo Jonas,\n\nwollen wir uns treffen?\n\nWann: Donnerstag, 3. Dezember, 14:00–15:00" in german


def test_the_same_rows_make_the_same_bytes(meeting: Meeting, amira: Contact, owner: User) -> None:
    (message,) = tell(meeting, [amira], by=owner, at=NOW)

    assert build(message).wire() == build(Message.objects.get(), at=NOW + timedelta(days=1)).wire()


def test_a_provider_gets_the_appointment_attached(meeting: Meeting, amira: Contact, owner: User) -> None:
    (message,) = tell(meeting, [amira], by=owner, at=NOW)

    (attached,) = build(message).attachments
    assert str(attached[2]).startswith("text/calendar; method=REQUEST")


def test_a_change_is_told_with_the_next_number_and_the_older_one_is_not_sent(
    meeting: Meeting, amira: Contact, jonas: Contact, owner: User
) -> None:
    to_amira, to_jonas = tell(meeting, [amira, jonas], by=owner, at=NOW)
    send(to_amira)
    change(meeting, amira, jonas, starts_at=BEGINS + timedelta(days=1))
    # Until somebody is told of the change the older words do not go out, whoever presses what.
    assert rules(to_jonas) == ["no_longer_true"]

    changed, anew = tell(meeting, [amira, jonas], by=owner, at=NOW)

    assert [m.meeting_mail.says for m in (changed, anew)] == [Says.CHANGE, Says.INVITATION]
    to_jonas.refresh_from_db()
    assert (to_jonas.state, to_jonas.reason) == (State.CANCELLED, "meeting_changed")
    mail = read(build(changed))
    assert "our meeting has changed" in text_of(mail)
    _calendar, event = event_of(mail)
    assert event["sequence"] == 1 and event["dtstart"].dt == BEGINS + timedelta(days=1)
    assert rules(changed, anew) == ["", ""]


def test_who_takes_part_no_more_hears_it_once_if_they_were_invited(
    meeting: Meeting, amira: Contact, jonas: Contact, owner: User
) -> None:
    to_amira, _to_jonas = tell(meeting, [amira, jonas], by=owner, at=NOW)
    send(to_amira)
    change(meeting)

    (off,) = tell(meeting, [], by=owner, at=NOW)

    assert (off.contact, off.kind, off.meeting_mail.says) == (amira, "meeting_off", Says.CANCELLATION)
    calendar, event = event_of(read(build(off)))
    assert (str(calendar["method"]), str(event["status"]), event["sequence"]) == ("CANCEL", "CANCELLED", 1)
    change(meeting, place="Room 4")
    assert tell(meeting, [], by=owner, at=NOW) == []
    assert rules(off) == [""]
    # Who is asked to come after all is not told that they need not.
    change(meeting, amira)
    assert rules(off) == ["no_longer_true"]


def test_what_is_called_off_is_told_to_those_who_were_invited_and_to_nobody_else(
    meeting: Meeting, amira: Contact, jonas: Contact, owner: User
) -> None:
    to_amira, to_jonas = tell(meeting, [amira, jonas], by=owner, at=NOW)
    send(to_amira)
    assert call_off(meeting, "They are ill", at=NOW)

    (off,) = tell_off(meeting, by=owner, at=NOW)

    assert off.contact == amira
    assert tell_off(meeting, by=owner, at=NOW) == []
    to_jonas.refresh_from_db()
    assert to_jonas.state == State.CANCELLED
    mail = read(build(off))
    assert mail["Subject"].startswith("Called off: The year to come")
    assert "ill" not in text_of(mail)
    _calendar, event = event_of(mail)
    assert event["sequence"] == 1 and str(event["uid"]).startswith(str(meeting.uid))
    # The invitation turns out to have been refused after all: then there is nothing to take back.
    Message.objects.filter(pk=to_amira.pk).update(state=State.FAILED)
    assert rules(off) == ["no_longer_true"]


def test_once_it_begins_nobody_is_invited(meeting: Meeting, amira: Contact, owner: User) -> None:
    (message,) = tell(meeting, [amira], by=owner, at=NOW)

    assert rules(message, at=BEGINS) == ["too_late"]
    assert rules(message, at=BEGINS - timedelta(hours=3)) == [""]


def test_the_gate_holds_as_it_does_every_mail(meeting: Meeting, amira: Contact, jonas: Contact, owner: User) -> None:
    to_amira, to_jonas = tell(meeting, [amira, jonas], by=owner, at=NOW)
    Suppression.objects.suppress(amira.email, "550 5.1.1", NOW)
    Contact.objects.filter(pk=jonas.pk).update(do_not_contact=True)

    assert rules(to_amira, to_jonas) == ["suppressed", "do_not_contact"]
    # At night it waits until it is day there.
    Suppression.objects.all().delete()
    assert rules(to_amira, at=NOW + timedelta(hours=8)) == ["quiet_hours"]


def test_approval_is_asked_for_where_the_company_says_so(meeting: Meeting, amira: Contact, owner: User) -> None:
    Approval.objects.create(kind=MessageKind.MEETING)

    assert [message.state for message in tell(meeting, [amira], by=owner, at=NOW)] == [State.PROPOSED]


def test_a_batch_costs_as_many_queries_for_three_as_for_one(
    customer: Customer, owner: User, django_assert_num_queries: Any
) -> None:
    def planned() -> Message:
        guest = factories.contact(customer)
        return tell(factories.meeting(customer, guest, starts_at=BEGINS), [guest], by=owner, at=NOW)[0]

    one, three = [planned()], [planned() for _number in range(3)]
    counts = []
    for batch in (one, three):
        with django_assert_num_queries(100, exact=False) as counted:
            gate.check(gate.load([m.pk for m in batch]), at=NOW, company=Company.current())
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_a_merge_takes_the_place_of_a_guest_along(
    meeting: Meeting, amira: Contact, jonas: Contact, owner: User
) -> None:
    merge(amira, jonas, by=owner, at=NOW)

    assert [guest.contact for guest in meeting.guests.all()] == [amira]


@pytest.mark.django_db(transaction=True)
def test_several_at_once_write_one_mail_each_and_it_is_delivered_once(
    company: Company, meeting: Meeting, amira: Contact, owner: User, mailoutbox: list[Any]
) -> None:
    found = at_once(lambda: tell(meeting, [amira], by=owner, at=NOW), 4)

    assert sorted(map(len, found)) == [0, 0, 0, 1]
    deliver(now=lambda: NOW + timedelta(minutes=3))
    deliver(now=lambda: NOW + timedelta(minutes=4))
    assert [mail.to for mail in mailoutbox] == [[amira.email]]
