"""Birthdays on Today: the next seven days by each contact's own calendar."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, LeapDay, User
from customers.models import Contact, Customer
from dashboard.today import Birthday, collect
from outreach.models import MessageKind, State
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


def birthdays(user: User, at: datetime = NOW) -> list[Birthday]:
    (section,) = collect(user, at=at, company=Company.current(), only="birthdays")
    return section.rows


def born(customer: Customer, day: date, **fields: Any) -> Contact:
    return factories.contact(customer, birthday_month=day.month, birthday_day=day.day, **fields)


@pytest.mark.parametrize(("days", "shown"), [(-1, False), (0, True), (1, True), (7, True), (8, False)])
def test_birthdays_of_the_next_seven_days(owner: User, customer: Customer, days: int, shown: bool) -> None:
    born(customer, TODAY + timedelta(days=days))

    assert [row.in_days for row in birthdays(owner)] == ([days] if shown else [])


@pytest.mark.parametrize(
    ("zone", "at", "in_days"),
    [
        ("Asia/Tokyo", datetime(2026, 11, 26, 20, tzinfo=UTC), 0),
        ("Europe/Stockholm", datetime(2026, 11, 26, 20, tzinfo=UTC), 1),
        ("Pacific/Pago_Pago", datetime(2026, 11, 28, 6, tzinfo=UTC), 0),
    ],
)
def test_a_birthday_is_on_the_contacts_own_calendar(
    owner: User, customer: Customer, zone: str, at: datetime, in_days: int
) -> None:
    born(customer, date(2026, 11, 27), time_zone=zone)

    assert [row.in_days for row in birthdays(owner, at)] == [in_days]


@pytest.mark.parametrize(
    ("leap_day", "at", "day"),
    [
        (LeapDay.FEBRUARY_28, datetime(2027, 2, 26, 9, tzinfo=UTC), date(2027, 2, 28)),
        (LeapDay.MARCH_1, datetime(2027, 2, 26, 9, tzinfo=UTC), date(2027, 3, 1)),
        (LeapDay.MARCH_1, datetime(2028, 2, 26, 9, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_29_february_follows_the_companys_rule(
    owner: User, customer: Customer, leap_day: str, at: datetime, day: date
) -> None:
    Company.objects.update(leap_day=leap_day)
    born(customer, date(2000, 2, 29))

    assert [row.day for row in birthdays(owner, at)] == [day]


def test_january_comes_after_december(owner: User, customer: Customer) -> None:
    new_year, eve = born(customer, date(2000, 1, 2)), born(customer, date(2000, 12, 30))

    rows = birthdays(owner, datetime(2026, 12, 29, 9, tzinfo=UTC))

    assert [row.contact for row in rows] == [eve, new_year]
    assert [row.day for row in rows] == [date(2026, 12, 30), date(2027, 1, 2)]


def test_an_age_only_where_the_year_is_known(owner: User, customer: Customer) -> None:
    born(customer, TODAY, birthday_year=1976)
    born(customer, TODAY + timedelta(days=1))

    assert [row.turns for row in birthdays(owner)] == [50, None]


@pytest.mark.parametrize("fields", [{"deceased": True}, {"do_not_contact": True}])
def test_the_dead_and_who_want_peace_have_no_birthday_here(
    owner: User, customer: Customer, fields: dict[str, Any]
) -> None:
    born(customer, TODAY, **fields)

    assert birthdays(owner) == []


@pytest.mark.parametrize(
    ("fields", "greeted"), [({}, True), ({"email": ""}, False), ({"allows_greetings": False}, False)]
)
def test_it_says_whether_a_greeting_goes_out(
    owner: User, customer: Customer, fields: dict[str, Any], greeted: bool
) -> None:
    born(customer, TODAY, **fields)

    assert birthdays(owner)[0].is_greeted is greeted


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.PLANNED, "greeting at 09:00"),
        (State.LEASED, "greeting at 09:00"),
        (State.PROPOSED, "greeting waits for approval"),
        (State.HELD, "greeting held back"),
        (State.SENT, "greeted"),
        (State.CANCELLED, "no greeting goes out"),
        (State.EXPIRED, "no greeting goes out"),
        (State.FAILED, "no greeting goes out"),
        (State.UNKNOWN, "greeting: nobody knows whether it arrived"),
    ],
)
def test_once_there_is_a_greeting_it_says_what_became_of_it(
    owner: User, customer: Customer, company: Company, login: Callable[[User], Client], state: str, words: str
) -> None:
    now = clock.now()
    contact = born(customer, customer.today(now))
    for at, was in ((now, state), (now - timedelta(days=365), State.SENT)):
        factories.message(contact, kind=MessageKind.BIRTHDAY, due_at=at, state=was)

    page = login(owner).get(reverse("today")).content.decode()

    assert f"· {words}" in " ".join(page.split())


def test_of_many_birthdays_the_nearest_are_shown(owner: User, customer: Customer) -> None:
    for offset in (7, 3, 0):
        for _number in range(4):
            born(customer, TODAY + timedelta(days=offset))

    section = next(s for s in collect(owner, at=NOW, company=Company.current()) if s.key == "birthdays")

    assert [row.in_days for row in section.rows] == [0] * 4 + [3] * 4 + [7] * 2
    assert section.more
