"""Narrowing the customer list by tags, the company's own fields and what is to be done, and choosing its columns."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, CustomField, Tag
from dashboard.tests.test_customer_list import HOSTILE, names
from retention.models import CustomerRisk
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


def test_customers_are_found_by_their_tag(login: Login, owner: User, customer: Customer) -> None:
    factories.customer(owner, name="Other")
    tag = Tag.objects.create(name="Trade fair")
    customer.tags.add(tag)

    assert names(login(owner), tag=tag.pk) == ["Lindqvist AB"]


@pytest.mark.parametrize(
    ("kind", "value", "query", "found"),
    [
        ("text", "Two shifts", {"own": "SHIFT"}, True),
        ("text", "Two shifts", {"own": "three"}, False),
        ("choice", "gold", {"own": "gold"}, True),
        ("choice", "gold", {"own": "silver"}, False),
        ("yes_no", True, {"own": "yes"}, True),
        ("yes_no", False, {"own": "yes"}, False),
        ("yes_no", False, {"own": "no"}, True),
        ("number", "9.5", {"own_from": "9.5", "own_to": "10"}, True),
        ("number", "9.5", {"own_from": "10"}, False),
        ("number", "-3", {"own_to": "-2.99"}, True),
        ("date", "2027-03-01", {"own_from": "2027-03-01", "own_to": "2027-03-01"}, True),
        ("date", "2027-03-01", {"own_to": "2027-02-28"}, False),
    ],
)
def test_customers_are_found_by_what_the_companys_own_fields_say(
    login: Login, owner: User, customer: Customer, kind: str, value: object, query: dict[str, str], found: bool
) -> None:
    field = CustomField.objects.create(name="Contract", kind=kind, choices=["gold", "silver"])
    factories.customer(owner, name="Nothing known")
    Customer.objects.filter(pk=customer.pk).set_custom({field.key: value})
    named = {key.replace("own", f"own_{field.pk}", 1): written for key, written in query.items()}

    assert names(login(owner), **named) == (["Lindqvist AB"] if found else [])


@pytest.mark.parametrize("kind", ["text", "number", "date", "choice", "yes_no"])
@pytest.mark.parametrize("written", [*HOSTILE, "1e9999", "NaN", "2027-13-45"])
def test_what_an_own_field_can_not_be_is_no_error(
    login: Login, owner: User, customer: Customer, kind: str, written: str
) -> None:
    field = CustomField.objects.create(name="Contract", kind=kind, choices=["gold"])
    query = dict.fromkeys([f"own_{field.pk}", f"own_{field.pk}_from", f"own_{field.pk}_to"], written)

    assert login(owner).get(reverse("customers"), query).status_code == 200


def test_who_has_no_next_step_a_birthday_or_was_long_quiet_is_found(login: Login, owner: User) -> None:
    today = owner.today()
    planned = factories.customer(owner, name="Planned", last_touchpoint_on=today - timedelta(days=31))
    factories.follow_up(planned)
    done = factories.customer(owner, name="Done", last_touchpoint_on=today - timedelta(days=91))
    factories.follow_up(done).finish(owner, factories.NOW)
    born = factories.customer(owner, name="Born", last_touchpoint_on=today - timedelta(days=30))
    factories.contact(born, birthday_month=today.month, birthday_day=3)
    factories.contact(planned, birthday_month=today.month, birthday_day=3, deceased=True)
    factories.contact(done, birthday_month=today.month % 12 + 1, birthday_day=3)
    browser = login(owner)

    assert names(browser, attention="no_step") == ["Born", "Done"]
    assert names(browser, attention="birthday") == ["Born"]
    assert names(browser, attention="quiet30") == ["Done", "Planned"]
    assert names(browser, attention="quiet90") == ["Done"]


def test_due_within_a_week_is_from_today_on(login: Login, owner: User) -> None:
    for days in (-1, 0, 7, 8):
        factories.customer(owner, name=f"{days}", next_due_on=owner.today() + timedelta(days=days))

    assert names(login(owner), attention="week") == ["0", "7"]


def test_columns_are_chosen_and_stay_in_the_address(login: Login, owner: User, customer: Customer) -> None:
    field = CustomField.objects.create(name="Contract", kind="choice", choices=["gold"])
    Customer.objects.filter(pk=customer.pk).set_custom({field.key: "gold"})
    customer.tags.add(Tag.objects.create(name="Trade fair"))
    browser = login(owner)

    response = browser.get(reverse("customers"), {"columns": [f"own_{field.pk}", "tags", "stage"]})

    assert [column.name for column in response.context["columns"]] == ["stage", "tags", f"own_{field.pk}"]
    html = response.content.decode()
    body = html[html.index("<tbody") : html.index("</tbody>")]
    assert "gold" in body and "Trade fair" in body and "Acquaintance" in body
    assert owner.name not in body
    assert response.context["query"].count("columns=") == 3
    usual = browser.get(reverse("customers"), {"columns": ["owner", "segment", "contact", "due", "risk"]})
    assert usual.context["query"] == ""


def test_all_columns_cost_the_same_queries_for_one_and_for_three(login: Login, owner: User) -> None:
    field = CustomField.objects.create(name="Contract", kind="text")
    tag = Tag.objects.create(name="Trade fair")
    browser = login(owner)
    counts = []
    for number in (1, 2):
        for _row in range(number):
            row = factories.customer(owner)
            row.tags.add(tag)
            CustomerRisk.objects.get_or_create(customer=row)
            Customer.objects.filter(pk=row.pk).set_custom({field.key: "x"})
        with CaptureQueriesContext(connection) as captured:
            columns = [column.name for column in browser.get(reverse("customers")).context["filters"].known_columns]
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("customers"), {"columns": columns}).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_what_narrows_it_comes_when_it_is_wanted(login: Login, customer: Customer, owner: User) -> None:
    """It takes four queries and a sixth of the page's time, and most look at the list as it is."""
    browser, address = login(owner), reverse("customers")
    wanted = browser.get(address, {"filters": "1"}, headers={"HX-Request": "true"})
    assert 'name="segment"' in wanted.text
    assert "<html" not in wanted.text
    assert "HX-Request" in wanted.headers["Vary"]

    assert 'name="segment"' not in browser.get(address).text
    for shown in ({"filters": "1"}, {"stage": "married"}):
        page = browser.get(address, shown).text
        assert "<details open>" in page
        assert 'name="segment"' in page
    # Without script a link leads there, and keeps what is sought.
    assert "?q=lind&amp;filters=1" in browser.get(address, {"q": "lind"}).text
