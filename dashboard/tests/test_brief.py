"""The brief on customers one was given: all that is open with them, until the first conversation."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.handing_over import give
from customers.models import Customer
from interactions.models import Kind
from retention.models import Renewal
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


def filled(customer: Customer) -> Customer:
    factories.contact(customer, name="Jonas", birthday_month=5, birthday_day=17)
    factories.interaction(customer, kind=Kind.EMAIL, is_owed=True, notes="Where is my parcel?", happened_at=NOW - DAY)
    factories.follow_up(customer, title="Send samples", is_promise=True, due_at=NOW + DAY)
    factories.complaint(customer, what="Crushed boxes")
    factories.wish(customer, text="Invoices by e-mail")
    Renewal.objects.create(customer=customer, due_on=date(2027, 3, 1), value=42_000, note="Frame contract")
    return customer


def words_of(browser: Client, **query: str) -> str:
    response = browser.get(reverse("brief"), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_says_all_that_is_open_until_the_first_conversation(
    customer: Customer, owner: User, teammate: User, manager: User, login: Login
) -> None:
    filled(customer)
    assert "You know all your customers" in words_of(login(teammate))

    give([customer.pk], to=teammate, by=manager, at=NOW)

    words = words_of(login(teammate))
    for what in (
        *(customer.name, str(owner), "Jonas", "17 May", "Where is my parcel?", "Send samples", "Crushed boxes"),
        *("Invoices by e-mail", "1 March 2027", "42,000", "Frame contract"),
    ):
        assert what in words, what
    # It is for whoever has to make the call; others have the page of the customer.
    assert customer.name not in words_of(login(manager))
    assert customer.name not in words_of(login(owner))

    factories.interaction(customer, kind=Kind.CALL, author=teammate, happened_at=NOW + DAY)
    assert customer.name not in words_of(login(teammate))


def test_a_birthday_is_said_where_nothing_else_is(
    customer: Customer, teammate: User, manager: User, login: Login
) -> None:
    factories.contact(customer, name="Jonas", birthday_month=5, birthday_day=17)
    give([customer.pk], to=teammate, by=manager, at=NOW)

    words = words_of(login(teammate))
    assert "Nothing is open with them" in words and "17 May" in words


def test_who_has_left_or_went_on_is_not_in_it(
    customer: Customer, teammate: User, outsider: User, manager: User, login: Login
) -> None:
    give([customer.pk], to=teammate, by=manager, at=NOW)
    give([customer.pk], to=outsider, by=manager, at=NOW + DAY)
    assert customer.name not in words_of(login(teammate))
    assert customer.name in words_of(login(outsider))

    Customer.objects.filter(pk=customer.pk).update(lost_on=date(2026, 11, 1))
    assert customer.name not in words_of(login(outsider))


def test_three_customers_cost_as_many_queries_as_one(owner: User, teammate: User, manager: User, login: Login) -> None:
    browser, counts = login(teammate), []
    for _number in range(3):
        customer = filled(factories.customer(owner))
        give([customer.pk], to=teammate, by=manager, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            words_of(browser)
        counts.append(len(queries))

    assert len(set(counts)) == 1
