"""Who waits for an answer: logged so, on Today and on the page of the customer, ticked off, and how quickly it goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from interactions.models import Interaction, Kind
from outreach.models import Message
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
HOUR = timedelta(hours=1)


def asked(customer: Customer, hours: int = 20, **fields: Any) -> Interaction:
    return factories.interaction(
        customer, kind=Kind.EMAIL, notes="Where is my parcel?", is_owed=True, happened_at=NOW - hours * HOUR, **fields
    )


def words_of(browser: Client, name: str, *args: Any, **query: Any) -> str:
    response = browser.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_is_ticked_while_logging(owner: User, customer: Customer, login: Login) -> None:
    data = {"customer": customer.pk, "kind": "email", "outcome": "held", "notes": "Where is it?", "next_in": ""}

    assert login(owner).post(reverse("log"), data | {"is_owed": "on"}, headers=HTMX).status_code == 200
    assert Interaction.objects.get().is_owed
    login(owner).post(reverse("log"), data, headers=HTMX)
    assert Interaction.objects.owed().count() == 0


def test_today_and_the_customer_show_who_waits_until_it_is_ticked_off(
    owner: User, customer: Customer, login: Login
) -> None:
    row, browser = asked(customer), login(owner)
    for page in (words_of(browser, "today"), words_of(browser, "customer", customer.pk)):
        assert "Where is my parcel?" in page
        assert "waits for" in page
        assert reverse("interaction_answered", args=[row.pk]) in page

    done = browser.post(reverse("interaction_answered", args=[row.pk]), headers=HTMX).content.decode()
    assert reverse("interaction_unanswered", args=[row.pk]) in done
    row.refresh_from_db()
    assert (row.answered_at, row.answered_by) == (NOW, owner)
    again = browser.post(reverse("interaction_answered", args=[row.pk]), headers=HTMX).content.decode()
    assert "They do not wait any more" in again
    assert "Where is my parcel?" not in words_of(browser, "today")

    browser.post(reverse("interaction_unanswered", args=[row.pk]), headers=HTMX)
    assert "Where is my parcel?" in words_of(browser, "today")


def test_the_timeline_says_whether_they_had_their_answer(owner: User, customer: Customer, login: Login) -> None:
    row = asked(customer)
    assert "Waits for an answer" in words_of(login(owner), "customer_timeline", customer.pk)

    Interaction.objects.filter(pk=row.pk).update(answered_at=row.happened_at + 3 * HOUR)
    assert "answered after 3 hours" in words_of(login(owner), "customer_timeline", customer.pk)


def shown(words: str, *names: str) -> list[str]:
    return [name for name in names if f"<bdi>{name}</bdi>" in words]


def test_the_record_is_of_everybody_or_of_oneself(
    owner: User, outsider: User, manager: User, customer: Customer, login: Login
) -> None:
    other = factories.customer(outsider, name="Elsewhere AB")
    asked(customer, 30)
    factories.interaction(customer, kind=Kind.CALL, happened_at=NOW - 29 * HOUR)
    asked(other, 30)
    names = (customer.name, other.name)

    words = words_of(login(manager), "response_times")

    assert "1 of 2 answered in time" in words
    assert shown(words, *names) == list(names)
    assert shown(words_of(login(manager), "response_times", figure="open"), *names) == [other.name]
    assert shown(words_of(login(manager), "response_times", figure="answered"), *names) == [customer.name]
    assert shown(words_of(login(manager), "response_times", person=outsider.pk), *names) == [other.name]
    assert shown(words_of(login(owner), "response_times"), *names) == [customer.name]


@pytest.mark.parametrize("name", ["today", "response_times"])
def test_three_who_wait_cost_as_many_queries_as_one(owner: User, login: Login, name: str) -> None:
    browser, counts = login(owner), []
    for _number in range(3):
        asked(factories.customer(owner))
        with CaptureQueriesContext(connection) as queries:
            words_of(browser, name)
        counts.append(len(queries))

    assert len(set(counts)) == 1


def test_how_soon_recaps_follow_is_said_with_what_it_is_of(owner: User, customer: Customer, login: Login) -> None:
    amira = factories.contact(customer)
    for minutes in (10, 50, 90):
        sent = factories.recap(amira)
        Message.objects.filter(pk=sent.pk).update(finished_at=NOW - timedelta(hours=2) + timedelta(minutes=minutes))
    factories.recap(amira, state="held")
    factories.interaction(customer, kind="call", notes="")
    factories.interaction(customer, kind="meeting", notes="Not there", outcome="missed_by_them")

    page = " ".join(login(owner).get(reverse("response_times")).content.decode().split())

    assert "3 of 4 noted conversations were followed by a recap." in page
    assert "Half of these within 50 minutes." in page
