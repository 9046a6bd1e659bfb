"""The headers of the list of customers: what they choose, and what they say about the order it stands in."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer
from dashboard.columns import COLUMNS
from dashboard.models import SavedView
from dashboard.sorting import ORDERS, SORTS, headers
from dashboard.views import customer_list
from retention.models import Band, CustomerRisk
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


@pytest.fixture
def three(owner: User) -> list[Customer]:
    """Adam, Bo and Cleo, in this order by everything there is to sort by, but for their risk."""
    made = []
    for number, name in enumerate(("Adam", "Bo", "Cleo")):
        row = factories.customer(
            owner,
            name=name,
            segment=factories.segment(name=f"{number}"),
            customer_since=factories.TODAY - timedelta(days=90 - number),
            next_due_on=factories.TODAY + timedelta(days=number),
            last_touchpoint_at=factories.NOW - timedelta(days=9 - number),
        )
        CustomerRisk.objects.update_or_create(
            customer=row, defaults={"risk": 0.1 + number / 10, "band": Band.WATCH, "value_last_year": 100 * number}
        )
        made.append(row)
    return made


def names(browser: Client, address: str) -> list[str]:
    return [row.name for row in browser.get(address).context["page"].rows]


def link(html: str, label: str) -> str:
    """Where the header with that label leads."""
    found = re.search(rf'<a class="sort-link"\s+href="([^"]+)"[^>]*>{label}</a>', html)
    assert found, label
    return found[1].replace("&amp;", "&")


def test_every_order_has_a_name() -> None:
    assert ORDERS.keys() == SORTS.keys()


def test_every_order_is_chosen_by_some_header() -> None:
    chosen = {header.sort for sort in SORTS for header in headers(COLUMNS, sort)}

    assert chosen == {*SORTS, ""}


@pytest.mark.parametrize(
    ("label", "first", "direction"),
    [
        ("Owner", ["Adam", "Bo", "Cleo"], "ascending"),
        ("Segment", ["Adam", "Bo", "Cleo"], "ascending"),
        ("Last contact", ["Adam", "Bo", "Cleo"], "ascending"),
        ("Next due", ["Adam", "Bo", "Cleo"], "ascending"),
        ("Risk", ["Cleo", "Bo", "Adam"], "descending"),
        ("Value of a year", ["Cleo", "Bo", "Adam"], "descending"),
        ("Customer since", ["Adam", "Bo", "Cleo"], "ascending"),
    ],
)
def test_a_header_sorts_the_sensible_way_and_then_the_other(
    login: Login, three: list[Customer], owner: User, label: str, first: list[str], direction: str
) -> None:
    browser = login(owner)
    every = "&".join(f"columns={column.name}" for column in COLUMNS)
    there = link(browser.get(f"{reverse('customers')}?{every}").content.decode(), label)

    sorted_so = browser.get(there).content.decode()

    assert names(browser, there) == first
    assert sorted_so.count("aria-sort=") == 1
    assert f'aria-sort="{direction}"' in sorted_so
    the_other = link(sorted_so, label)
    assert names(browser, the_other) == first[::-1]
    opposite = "descending" if direction == "ascending" else "ascending"
    assert f'aria-sort="{opposite}"' in browser.get(the_other).content.decode()
    assert names(browser, link(browser.get(the_other).content.decode(), label)) == first


def test_the_list_says_that_it_stands_by_name_before_anybody_sorts_it(
    login: Login, three: list[Customer], owner: User
) -> None:
    html = login(owner).get(reverse("customers")).content.decode()

    assert names(login(owner), link(html, "Customer")) == ["Cleo", "Bo", "Adam"]
    assert re.search(r'<th scope="col"\s+aria-sort="ascending">.*?Customer</a>', html, re.DOTALL)


def test_a_header_keeps_what_the_list_is_narrowed_to_and_leaves_the_page(
    login: Login, three: list[Customer], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_list, "PAGE_SIZE", 1)
    browser = login(owner)
    view = SavedView.objects.create(owner=owner, name="Mine", query="")
    asked = f"stage=acquaintance&columns=risk&columns=due&view={view.pk}"
    first = browser.get(f"{reverse('customers')}?{asked}")
    following = browser.get(first.context["following"] or first.wsgi_request.get_full_path())

    query = parse_qs(urlsplit(link(following.content.decode(), "Risk")).query)

    assert query == {
        "stage": ["acquaintance"],
        "columns": ["risk", "due"],
        "view": [str(view.pk)],
        "sort": ["risk"],
    }


def test_columns_nobody_sorts_by_have_a_plain_header(login: Login, three: list[Customer], owner: User) -> None:
    html = login(owner).get(f"{reverse('customers')}?columns=tags").content.decode()

    assert html.count("sort-link") == 1


def test_a_kept_list_keeps_its_order(login: Login, three: list[Customer], owner: User) -> None:
    browser = login(owner)
    browser.post(f"{reverse('saved_view_new')}?sort=value", {"name": "Dear ones", "shared_with": "nobody"})

    assert names(browser, f"{reverse('customers')}?{SavedView.objects.get().address_query}") == ["Cleo", "Bo", "Adam"]


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_costs_the_same_for_one_and_for_three(login: Login, manager: User, owner: User, sort: str) -> None:
    browser = login(manager)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("customers"), {"sort": sort}).status_code == 200
        return len(captured)

    factories.customer(owner)
    one = cost()
    factories.customer(owner)
    factories.customer()
    assert cost() == one
