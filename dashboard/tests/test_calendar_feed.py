"""A person's calendar for other programs: who gets it, what stands in it, and at which time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from accounts.models import Company, User
from customers.models import Customer
from dashboard.calendar_feed import calendar_of
from dashboard.models import CalendarFeed
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


def events(user: User, at: datetime = NOW) -> dict[str, Any]:
    """The events of somebody's calendar by their summaries, read by the library."""
    read: Any = Calendar.from_ical(calendar_of(user, at=at))
    return {str(event["summary"]): event for event in read.walk("VEVENT")}


def address(user: User) -> str:
    return reverse("calendar_feed", args=[CalendarFeed.renew(user).token])


# ---- What stands in it ----


@pytest.mark.parametrize(
    ("zone", "due_at", "local"),
    [
        ("Europe/Berlin", datetime(2027, 3, 26, 16, tzinfo=UTC), "2027-03-26 17:00"),
        # Two days later the clocks are an hour ahead.
        ("Europe/Berlin", datetime(2027, 3, 29, 15, tzinfo=UTC), "2027-03-29 17:00"),
        ("America/New_York", datetime(2027, 3, 29, 21, tzinfo=UTC), "2027-03-29 17:00"),
        ("Asia/Kolkata", datetime(2027, 3, 29, 11, 30, tzinfo=UTC), "2027-03-29 17:00"),
    ],
)
def test_a_follow_up_ends_when_it_is_due_by_the_persons_clock(
    customer: Customer, owner: User, zone: str, due_at: datetime, local: str
) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone=zone)
    owner.refresh_from_db()
    factories.follow_up(customer, title="Send samples", is_promise=True, due_at=due_at)

    event = events(owner)["Promised: Send samples (Lindqvist AB)"]

    assert event["dtend"].dt == due_at
    assert event["dtend"].dt.strftime("%Y-%m-%d %H:%M") == local
    assert event["dtend"].params["TZID"] == zone
    assert event["dtstart"].dt == due_at - timedelta(minutes=30)
    assert str(event["url"]).endswith(reverse("customer", args=[customer.pk]))
    # Programs that know no zones by name find this one described.
    assert b"BEGIN:VTIMEZONE" in calendar_of(owner, at=NOW)


def test_what_is_done_or_somebody_elses_is_not_there(customer: Customer, owner: User, teammate: User) -> None:
    factories.follow_up(customer, title="Done").finish(owner, NOW)
    factories.follow_up(customer, title="Theirs", assignee=teammate)

    assert events(owner) == {}


def test_meetings_of_the_last_three_months_are_there_and_calls_are_not(customer: Customer, owner: User) -> None:
    factories.interaction(customer, kind="meeting", author=owner, happened_at=NOW - timedelta(days=1))
    factories.interaction(customer, kind="call", author=owner, happened_at=NOW - timedelta(days=1))
    factories.interaction(
        factories.customer(owner, name="Long ago"), kind="visit", author=owner, happened_at=NOW - timedelta(days=91)
    )

    (event,) = events(owner).values()
    assert event["dtstart"].dt == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("leap_day", "days"),
    [("february", [date(2027, 2, 28), date(2028, 2, 29)]), ("march", [date(2027, 3, 1), date(2028, 2, 29)])],
)
def test_a_birthday_on_29_february_is_there_every_year(
    customer: Customer, owner: User, company: Company, leap_day: str, days: list[date]
) -> None:
    for value in Company._meta.get_field("leap_day").flatchoices:
        if leap_day[:3] in str(value).casefold():
            Company.objects.update(leap_day=value[0])
    factories.contact(customer, name="Amira Haddad", birthday_month=2, birthday_day=29, birthday_year=1992)
    factories.contact(customer, name="Gone", birthday_month=2, birthday_day=3, deceased=True)

    read: Any = Calendar.from_ical(calendar_of(owner, at=datetime(2027, 1, 5, tzinfo=UTC)))

    born = [event for event in read.walk("VEVENT") if "Amira" in event["summary"]]
    assert [event["dtstart"].dt for event in born] == days
    assert len({event["uid"] for event in born}) == 2
    assert len(read.walk("VEVENT")) == 2


def test_special_days_begin_in_their_year(customer: Customer, owner: User) -> None:
    contact = factories.contact(customer, name="Amira Haddad")
    factories.dated_event(contact, name="Opening of the shop", day=3, month=12, year=NOW.year + 1)

    (event,) = events(owner).values()
    assert str(event["summary"]) == "Opening of the shop: Amira Haddad (Lindqvist AB)"
    assert event["dtstart"].dt == date(NOW.year + 1, 12, 3)


@pytest.mark.parametrize("name", ["a\r\nBEGIN:VEVENT", "x;y,z\\n", "日本 🦊", "e" * 200, "مرحبا"])
def test_any_name_is_read_as_it_was_written(owner: User, name: str) -> None:
    customer = factories.customer(owner, name=name)
    factories.follow_up(customer, title="Call")

    (summary,) = events(owner)
    assert summary == f"Call ({customer.name})"


def test_three_of_each_cost_as_many_queries_as_one(owner: User) -> None:
    counts = []
    for _number in range(3):
        customer = factories.customer(owner)
        factories.follow_up(customer)
        factories.interaction(customer, kind="meeting", author=owner, happened_at=NOW)
        factories.dated_event(factories.contact(customer, birthday_month=3, birthday_day=4))
        with CaptureQueriesContext(connection) as queries:
            calendar_of(User.objects.get(pk=owner.pk), at=NOW)
        counts.append(len(queries))

    assert len(set(counts)) == 1


# ---- Who gets it ----


def test_the_address_is_secret_and_a_new_one_ends_the_former(login: Login, owner: User, client: Client) -> None:
    browser, page = login(owner), reverse("calendar_address")
    assert "calendar/" not in browser.get(page).content.decode().partition('id="address"')[2]

    browser.post(page, {"wish": "new"})
    former = reverse("calendar_feed", args=[CalendarFeed.objects.get().token])
    assert former in browser.get(page).content.decode()
    answer = client.get(former)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert "no-store" in answer.headers["Cache-Control"]

    browser.post(page, {"wish": "new"})
    assert client.get(former).status_code == 404
    present = reverse("calendar_feed", args=[CalendarFeed.objects.get().token])
    assert client.get(present).status_code == 200
    browser.post(page, {"wish": "off"})
    assert client.get(present).status_code == 404


def test_who_may_not_log_in_any_more_has_no_calendar(owner: User, client: Client) -> None:
    present = address(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert client.get(present).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 60, "\x00", "..", "💥", "A" * 5000])
def test_a_guessed_address_is_a_plain_404(client: Client, token: str) -> None:
    assert client.get(f"/calendar/{token}/customers.ics").status_code == 404


def test_the_calendar_of_one_person_says_nothing_of_another(customer: Customer, outsider: User, client: Client) -> None:
    factories.follow_up(customer, title="Send samples")

    assert b"Send samples" not in client.get(address(outsider)).content
