"""Expected orders: the list of them and of renewals, for managers and staff, and the page of the customer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer, Tag
from retention.models import CustomerRisk
from tests import factories
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


def words_of(browser: Client, name: str, *args: Any, **query: Any) -> str:
    response = browser.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_list_says_when_how_often_and_how_much(customer: Customer, manager: User, login: Login) -> None:
    factories.expectation(customer, usual_days=30, last_on=TODAY - 28 * DAY, usual_amount="420.00", orders=6)
    page = words_of(login(manager), "expected_orders")
    assert "1 order is expected in the next 30 days" in page
    assert customer.name in page
    assert "every 30 days, 6 orders so far" in page
    assert "usually 420" in page


def test_who_is_lost_or_far_ahead_is_not_on_it(customer: Customer, manager: User, login: Login) -> None:
    factories.expectation(customer, last_on=TODAY, usual_days=31)
    factories.expectation(factories.customer(lost_on=TODAY))
    assert "No order is expected soon" in words_of(login(manager), "expected_orders")


@pytest.mark.parametrize("view", ["expected_orders", "renewals"])
def test_staff_see_what_is_ahead_for_their_own(
    customer: Customer, owner: User, teammate: User, outsider: User, login: Login, view: str
) -> None:
    other = factories.customer(teammate, name="Of the teammate")
    for one in (customer, other, factories.customer(outsider, name="Of somebody else")):
        factories.expectation(one)
        factories.renewal(one, due_on=TODAY + DAY)
    page = words_of(login(owner), view, owner=outsider.pk)
    assert f"<bdi>{customer.name}</bdi>" in page
    assert "Of the teammate" not in page
    assert "Of somebody else" not in page


@pytest.mark.parametrize("view", ["expected_orders", "renewals"])
def test_managers_narrow_it(customer: Customer, manager: User, outsider: User, login: Login, view: str) -> None:
    tag = Tag.objects.create(name="VIP")
    other = factories.customer(outsider, name="Tagged")
    other.tags.add(tag)
    for one in (customer, other):
        factories.expectation(one)
        factories.renewal(one, due_on=TODAY + DAY)
    browser = login(manager)
    for narrowed in ({"tag": tag.pk}, {"owner": outsider.pk}, {"team": outsider.team_id}):
        page = words_of(browser, view, **narrowed)
        assert "Tagged" in page
        assert f"<bdi>{customer.name}</bdi>" not in page


def test_the_page_of_the_customer_says_it(customer: Customer, owner: User, login: Login) -> None:
    factories.expectation(customer)
    CustomerRisk.objects.create(customer=customer, value_last_year=1200)
    page = words_of(login(owner), "customer", customer.pk)
    assert "An order every 30 days; the next one is expected around 1 December" in page


def test_costs_the_same_queries_for_one_and_for_three(manager: User, login: Login) -> None:
    browser, counts = login(manager), []
    for _number in range(3):
        factories.expectation(factories.customer(factories.user()))
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("expected_orders"))
        counts.append(len(queries))
    assert counts[0] == counts[2]
