"""Renewals: entered and decided at a customer, and those ahead for managers."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from dashboard.views import renewals as view
from retention.models import Renewal
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


def page(browser: Client, customer: Customer) -> str:
    return browser.get(reverse("customer", args=[customer.pk])).content.decode()


def add(browser: Client, customer: Customer, **data: Any) -> Any:
    filled = {"due_on": "2027-03-01", "note": "Service contract", "value": "12 000,50"}
    return browser.post(reverse("renewal_new", args=[customer.pk]), filled | data)


def change(browser: Client, renewal: Renewal, **data: Any) -> Any:
    filled = {"due_on": renewal.due_on.isoformat(), "note": renewal.note, "value": renewal.value or "", "outcome": ""}
    return browser.post(reverse("renewal", args=[renewal.pk]), filled | data)


def test_one_is_entered_and_stands_on_the_page(customer: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    assert "No contract or subscription is known." in page(browser, customer)
    assert add(browser, customer, note="<b>Service</b>").status_code == 302
    made = Renewal.objects.get()
    assert (made.due_on.isoformat(), made.value, made.is_open) == ("2027-03-01", Decimal("12000.50"), True)
    shown = page(browser, customer)
    assert "1 March 2027" in shown and "&lt;b&gt;Service&lt;/b&gt;" in shown


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"due_on": "2026-11-25"}, "due_on"),
        ({"due_on": "2036-12-01"}, "due_on"),
        ({"due_on": "soon"}, "due_on"),
        ({"due_on": ""}, "due_on"),
        ({"value": "-1"}, "value"),
        ({"value": "much"}, "value"),
        ({"note": "x" * 201}, "note"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    customer: Customer, owner: User, login: Login, data: dict[str, str], field: str
) -> None:
    response = add(login(owner), customer, **data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Renewal.objects.exists()


def test_what_came_of_it_is_said_and_taken_back(customer: Customer, owner: User, login: Login) -> None:
    renewal = factories.renewal(customer, due_on=TODAY - 3 * DAY, note="Hosting")
    browser = login(owner)
    assert "Day has passed" in page(browser, customer)
    assert change(browser, renewal, outcome="renewed").status_code == 302
    renewal.refresh_from_db()
    assert (renewal.outcome, renewal.decided_by, renewal.decided_at) == ("renewed", owner, NOW)
    shown = page(browser, customer)
    assert "Renewed" in shown and "Day has passed" not in shown
    change(browser, renewal)
    renewal.refresh_from_db()
    assert (renewal.is_open, renewal.decided_by, renewal.decided_at) == (True, None, None)
    change(browser, renewal, outcome="dropped")
    assert "Hosting" not in page(browser, customer)


def test_no_outcome_is_made_up(customer: Customer, owner: User, login: Login) -> None:
    renewal = factories.renewal(customer)
    assert change(login(owner), renewal, outcome="doubled").status_code == 422


# ---- For managers ----


def names(response: Any) -> list[str]:
    return [row.customer.name for row in response.context["rows"]]


@pytest.fixture
def several(owner: User, outsider: User) -> None:
    for name, days, value in (("Soon", 5, 100), ("Over", -2, 50), ("Last", 90, 20), ("Far", 91, 1)):
        factories.renewal(factories.customer(owner, name=name), due_on=TODAY + days * DAY, value=value)
    factories.renewal(factories.customer(outsider, name="Theirs"), due_on=TODAY + 7 * DAY)
    factories.renewal(factories.customer(owner, name="Lost", lost_on=TODAY))
    factories.renewal(factories.customer(owner, name="Done"), outcome="ended", decided_at=NOW)


@pytest.mark.usefixtures("several")
def test_those_ahead_stand_by_their_day(manager: User, owner: User, login: Login) -> None:
    browser = login(manager)
    response = browser.get(reverse("renewals"))
    assert names(response) == ["Over", "Soon", "Theirs", "Last"]
    assert "4 renewals in the next 90 days, worth 170 EUR a year" in response.content.decode()
    response = browser.get(reverse("renewals"), {"owner": owner.pk})
    assert names(response) == ["Over", "Soon", "Last"]
    shown = browser.get(reverse("portfolio"), {"owner": owner.pk}).content.decode()
    assert "3 renewals in the next 90 days, worth 170 EUR a year" in shown
    assert f'href="{reverse("renewals")}?owner={owner.pk}"' in shown


def test_nonsense_in_the_address_shows_all(manager: User, login: Login) -> None:
    factories.renewal()
    response = login(manager).get(reverse("renewals"), {"owner": "nobody", "after": "x"})
    assert len(names(response)) == 1


@pytest.mark.usefixtures("several")
def test_the_pages_keep_the_part_that_was_chosen(
    manager: User, owner: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 2)
    browser = login(manager)
    first = browser.get(reverse("renewals"), {"owner": owner.pk})
    assert names(first) == ["Over", "Soon"]
    second = browser.get(f"{reverse('renewals')}?after={first.context['following']}")
    assert names(second) == ["Last"]
    assert names(browser.get(f"{reverse('renewals')}?before={second.context['preceding']}")) == ["Over", "Soon"]


def test_none_ahead_says_what_belongs_there(manager: User, login: Login) -> None:
    assert "No renewal is near" in login(manager).get(reverse("renewals")).content.decode()


@pytest.mark.parametrize("name", ["renewals", "portfolio"])
def test_three_rows_cost_as_many_queries_as_one(name: str, manager: User, owner: User, login: Login) -> None:
    browser = login(manager)
    counts = []
    for number in (1, 2):
        for _number in range(number):
            factories.renewal(factories.customer(owner))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse(name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
