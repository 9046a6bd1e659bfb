"""Planned meetings on the pages: planned, changed, called off, held from the log panel, and missed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.models import User
from customers.models import Contact, Customer
from dashboard.calendar_feed import calendar_of
from interactions.arranging import settle
from interactions.models import FollowUp, Interaction, Kind, Meeting, Outcome
from outreach.appointing import uid_of
from outreach.models import Message, State
from retention.models import CustomerRisk
from retention.scoring import rescore
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def kolkata(owner: User) -> Customer:
    return factories.customer(owner, name="Lindqvist AB", time_zone="Asia/Kolkata")


@pytest.fixture
def amira(kolkata: Customer) -> Contact:
    return factories.contact(kolkata, name="Amira Haddad")


def filled(*guests: Contact, **fields: Any) -> dict[str, Any]:
    usual = {"title": "The year to come", "starts_at": "2026-12-03T18:30", "minutes": "45", "agenda": "Prices\nSamples"}
    return usual | {"place": "Room 4", "contacts": [guest.pk for guest in guests]} | fields


def plan(browser: Client, customer: Customer, data: dict[str, Any]) -> Any:
    return browser.post(reverse("meeting_new", args=[customer.pk]), data)


def test_the_time_is_that_of_the_customers_clock(owner: User, kolkata: Customer, amira: Contact, login: Login) -> None:
    browser = login(owner)

    form = browser.get(reverse("meeting_new", args=[kolkata.pk])).content.decode()
    assert "By their clock: Asia/Kolkata. Yours is Europe/Stockholm." in form
    answer = plan(browser, kolkata, filled(amira, invite="on"))

    assert answer.status_code == 302
    meeting = Meeting.objects.get()
    assert (meeting.starts_at, meeting.minutes, meeting.host) == (datetime(2026, 12, 3, 13, tzinfo=UTC), 45, owner)
    assert Message.objects.get().contact == amira


def test_nobody_is_written_to_unless_that_is_ticked(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    plan(login(owner), kolkata, filled(amira))

    assert [guest.contact for guest in Meeting.objects.get().guests.all()] == [amira]
    assert not Message.objects.exists()


def test_a_form_sent_twice_makes_one_meeting_and_one_mail(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    browser = login(owner)
    page = browser.get(reverse("meeting_new", args=[kolkata.pk]))
    data = filled(amira, invite="on", key=str(page.context["form"]["key"].value()))

    plan(browser, kolkata, data)
    plan(browser, kolkata, data)

    assert (Meeting.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Say in a few words what it is about."),
        ("title", "x" * 201, "it has 201"),
        ("starts_at", "", "Say on which day and at what time."),
        ("starts_at", "2026-11-26T13:00", "This time has passed."),
        ("starts_at", "2126-11-26T13:00", "Choose an earlier day."),
        ("starts_at", "soon", "Write a day and a time"),
        ("minutes", "0", "greater than or equal to 5"),
        ("minutes", "ten", "whole number"),
        ("agenda", "x" * 5001, "it has 5,001"),
        ("contacts", ["999999"], "Choose from the contacts of this customer."),
        ("contacts", ["x"], "Choose from the contacts of this customer."),
        ("contacts", [], "Choose who is to be invited"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(
    owner: User, kolkata: Customer, amira: Contact, login: Login, field: str, value: Any, words: str
) -> None:
    answer = plan(login(owner), kolkata, filled(amira, invite="on") | {field: value})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page.replace("5001", "5,001")
    assert "Room 4" in page
    assert not Meeting.objects.exists()


def test_who_can_not_be_written_to_takes_part_and_the_page_says_why_no_mail_goes_out(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    quiet = factories.contact(kolkata, name="Olof Ek", do_not_contact=True)
    browser = login(owner)

    assert "No mail: They asked not to be contacted." in " ".join(
        browser.get(reverse("meeting_new", args=[kolkata.pk])).content.decode().split()
    )
    assert "They asked not to be contacted." in plan(browser, kolkata, filled(quiet, invite="on")).content.decode()
    plan(browser, kolkata, filled(amira, quiet, invite="on"))

    assert Meeting.objects.get().guests.count() == 2
    assert [message.contact for message in Message.objects.all()] == [amira]


def test_a_contact_of_somebody_else_is_not_invited(owner: User, kolkata: Customer, login: Login) -> None:
    strange = factories.contact(factories.customer(owner))

    assert plan(login(owner), kolkata, filled(strange, invite="on")).status_code == 422


def test_a_change_is_told_and_a_meeting_that_is_over_keeps_its_time(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    browser = login(owner)
    plan(browser, kolkata, filled(amira, invite="on"))
    meeting = Meeting.objects.get()
    address = reverse("meeting_edit", args=[meeting.pk])
    assert 'value="2026-12-03T18:30"' in browser.get(address).content.decode()

    browser.post(address, filled(amira, place="Room 5", invite="on"))

    meeting.refresh_from_db()
    assert (meeting.sequence, meeting.place) == (1, "Room 5")
    assert sorted(Message.objects.values_list("occasion", "state")) == [
        (f"meeting:{meeting.pk}:0:{amira.pk}", State.CANCELLED),
        (f"meeting:{meeting.pk}:1:{amira.pk}", State.PLANNED),
    ]
    Meeting.objects.update(starts_at=NOW - timedelta(hours=1))
    local = "2026-11-26T13:30"
    assert browser.post(address, filled(amira, starts_at=local, place="Room 6")).status_code == 302
    assert "too late to invite" in browser.post(address, filled(amira, starts_at=local, invite="on")).content.decode()


def test_it_is_called_off_with_a_word_and_those_invited_hear_of_it(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    browser = login(owner)
    plan(browser, kolkata, filled(amira, invite="on"))
    Message.objects.update(state=State.SENT, finished_at=NOW)
    meeting = Meeting.objects.get()
    address = reverse("meeting_off", args=[meeting.pk])
    assert "Amira Haddad" in browser.get(address).content.decode()

    browser.post(address, {"because": "They are ill", "tell": "on"})
    again = browser.post(address, {"tell": "on"}, follow=True).content.decode()

    assert "This meeting is not planned any more." in again
    assert (
        "not planned any more" in browser.post(reverse("meeting_edit", args=[meeting.pk]), follow=True).content.decode()
    )
    meeting.refresh_from_db()
    assert meeting.cancelled_because == "They are ill"
    assert Message.objects.filter(kind="meeting_off", contact=amira).count() == 1


def test_today_and_the_customers_page_show_it_with_its_agenda_until_somebody_says_how_it_went(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    later = factories.meeting(kolkata, amira, title="Next week", starts_at=NOW + timedelta(days=7))
    factories.meeting(kolkata, amira, title="The talk", agenda="Prices", starts_at=NOW + timedelta(hours=3))
    forgotten = factories.meeting(kolkata, title="Forgotten", starts_at=NOW - timedelta(days=2))
    browser = login(owner)

    today = browser.get(reverse("today")).content.decode()
    page = browser.get(reverse("customer", args=[kolkata.pk])).content.decode()

    assert "The talk" in today and "Prices" in today and "Amira Haddad" in today
    assert "Next week" not in today and later.title in page
    assert "Forgotten" in today and today.count("How did it go?") == 1
    settle(forgotten.pk, factories.interaction(kolkata, kind=Kind.MEETING))
    assert "Forgotten" not in browser.get(reverse("today")).content.decode()


def test_todays_meetings_of_others_are_theirs(owner: User, teammate: User, kolkata: Customer, login: Login) -> None:
    factories.meeting(kolkata, title="The talk", starts_at=NOW + timedelta(hours=3), host=teammate)

    assert "The talk" not in login(owner).get(reverse("today")).content.decode()
    assert "The talk" in login(teammate).get(reverse("today")).content.decode()


def test_to_hold_it_opens_the_panel_filled_in(owner: User, kolkata: Customer, amira: Contact, login: Login) -> None:
    factories.contact(kolkata, name="Aaron")
    meeting = factories.meeting(kolkata, amira, agenda="Prices\nSamples", starts_at=NOW - timedelta(hours=1))
    browser = login(owner)

    shown = browser.get(reverse("log"), {"customer": kolkata.pk, "meeting": meeting.pk}, headers=HTMX)

    form = shown.context["form"]
    known = [form[name].value() for name in ("kind", "contact", "notes", "happened_at")]
    assert known == ["meeting", amira.pk, "Prices\nSamples", "2026-11-26T09:00"]
    data = {"customer": kolkata.pk, "meeting": meeting.pk, "kind": "meeting", "outcome": "held", "notes": "Agreed."}
    assert browser.post(reverse("log"), data | {"next_in": ""}, headers=HTMX).status_code == 200
    meeting.refresh_from_db()
    assert meeting.interaction == Interaction.objects.get()
    # Somebody else said so before: what is logged now is logged beside it.
    assert browser.post(reverse("log"), data | {"next_in": ""}, headers=HTMX).status_code == 200
    meeting.refresh_from_db()
    assert meeting.interaction == Interaction.objects.earliest("pk")


@pytest.mark.parametrize("wrong", ["x", "0", "999999", "9" * 40])
def test_a_meeting_that_is_not_there_is_no_reason_not_to_log(
    owner: User, kolkata: Customer, login: Login, wrong: str
) -> None:
    data = {"customer": kolkata.pk, "meeting": wrong, "kind": "meeting", "outcome": "held", "next_in": ""}

    assert login(owner).post(reverse("log"), data, headers=HTMX).status_code == 200
    assert Interaction.objects.count() == 1


def test_who_was_kept_waiting_is_called_and_it_counts(
    owner: User, kolkata: Customer, amira: Contact, login: Login
) -> None:
    meeting = factories.meeting(kolkata, amira, starts_at=NOW - timedelta(hours=1))
    browser = login(owner)
    query: dict[str, Any] = {"customer": kolkata.pk, "meeting": meeting.pk, "outcome": "missed_by_us"}
    assert browser.get(reverse("log"), query).context["form"]["outcome"].value() == "missed_by_us"

    data = query | {"kind": "meeting", "next_in": ""}
    answer = browser.post(reverse("log"), data, headers=HTMX).content.decode()

    missed = Interaction.objects.get()
    address = reverse("apology_new", args=[missed.pk])
    assert "They waited for us." in answer and f'hx-post="{address}"' in answer
    browser.post(address)
    browser.post(address)
    planned = FollowUp.objects.get()
    assert (planned.source, planned.assignee) == (missed, owner)
    rescore([kolkata.pk], at=NOW)
    assert "missed_by_us" in {reason["code"] for reason in CustomerRisk.objects.get(customer=kolkata).reasons}
    timeline = browser.get(reverse("customer_timeline", args=[kolkata.pk])).content.decode()
    assert "Plan a call to apologise" in timeline


def test_for_what_they_missed_nobody_apologises(owner: User, kolkata: Customer, login: Login) -> None:
    theirs = factories.interaction(kolkata, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_THEM)

    assert login(owner).post(reverse("apology_new", args=[theirs.pk])).status_code == 404


def test_the_calendar_has_it_once_by_the_persons_clock(owner: User, kolkata: Customer, amira: Contact) -> None:
    meeting = factories.meeting(kolkata, amira, title="The talk", starts_at=datetime(2026, 12, 3, 13, tzinfo=UTC))
    settle(meeting.pk, factories.interaction(kolkata, kind=Kind.MEETING, author=owner))

    read: Any = Calendar.from_ical(calendar_of(owner, at=NOW))
    (event,) = read.walk("VEVENT")

    assert str(event["summary"]) == "Meeting: The talk (Lindqvist AB)"
    assert str(event["uid"]) == uid_of(meeting)
    assert event["dtstart"].dt.isoformat() == "2026-12-03T14:00:00+01:00"
    Meeting.objects.update(cancelled_at=NOW, interaction=None)
    read = Calendar.from_ical(calendar_of(owner, at=NOW))
    assert [str(event["summary"]) for event in read.walk("VEVENT")] == ["Meeting: Lindqvist AB"]
