"""Lists under a name: who sees them, what is kept of them, and which one opens first."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from dashboard.models import FirstView, SavedView
from tests import factories

type Login = Callable[[User], Client]
Sharing = SavedView.Sharing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_of_the_company(company: object) -> None:
    """Every test has a company."""


def view(owner: User, name: str = "Overdue", query: str = "attention=overdue", **fields: Any) -> SavedView:
    return SavedView.objects.create(owner=owner, name=name, query=query, **fields)


def shown(browser: Client, **query: str) -> list[str]:
    response = browser.get(reverse("customers"), query or {"view": ""})
    return [row.name for row in response.context["views"]]


def test_a_list_is_kept_with_its_filters_order_and_columns_and_nothing_else(
    login: Login, owner: User, customer: Customer
) -> None:
    browser = login(owner)
    query = "q=lind&sort=due&columns=stage&columns=tags&after=xyz&nonsense=1&stage=none"

    response = browser.post(f"{reverse('saved_view_new')}?{query}", {"name": "Mine", "shared_with": "nobody"})

    kept = SavedView.objects.get()
    assert (kept.owner, kept.name, kept.query) == (owner, "Mine", "q=lind&sort=due&columns=stage&columns=tags")
    assert response.headers["Location"] == f"{reverse('customers')}?{kept.query}&view={kept.pk}"
    page = browser.get(response.headers["Location"])
    assert [row.name for row in page.context["page"].rows] == ["Lindqvist AB"]
    assert [column.name for column in page.context["columns"]] == ["stage", "tags"]
    nav = page.content.decode().partition("saved-views")[2].partition("</nav>")[0]
    assert nav.count('aria-current="true"') == 1


def test_shared_with_nobody_the_team_or_everybody(
    login: Login, owner: User, teammate: User, outsider: User, manager: User
) -> None:
    view(owner, "Private")
    view(owner, "Team", shared_with=Sharing.TEAM)
    view(owner, "Company", shared_with=Sharing.COMPANY)

    assert shown(login(owner)) == ["Company", "Private", "Team"]
    assert shown(login(teammate)) == ["Company", "Team"]
    assert shown(login(manager)) == ["Company", "Team"]
    assert shown(login(outsider)) == ["Company"]


def test_a_view_of_somebody_without_a_team_is_not_everybodys_who_has_none(login: Login, manager: User) -> None:
    other = factories.user(role="manager", team=None)
    view(other, shared_with=Sharing.TEAM)

    assert shown(login(manager)) == []


def test_a_shared_view_shows_everybody_their_own_customers(
    login: Login, owner: User, outsider: User, customer: Customer
) -> None:
    factories.customer(outsider, name="Petrova GmbH")
    saved = view(owner, query=f"owner={owner.pk}", shared_with=Sharing.COMPANY)

    page = login(outsider).get(f"{reverse('customers')}?{saved.address_query}")

    assert page.status_code == 200
    assert "Lindqvist AB" not in page.content.decode()


def test_only_the_owner_changes_a_view_and_an_administrator_a_shared_one(
    login: Login, owner: User, teammate: User, administrator: User
) -> None:
    shared, private = view(owner, "Shared", shared_with=Sharing.COMPANY), view(owner, "Private")

    def status(person: User, saved: SavedView, name: str = "saved_view_edit") -> int:
        return login(person).get(reverse(name, args=[saved.pk])).status_code

    for name in ("saved_view_edit", "saved_view_delete"):
        assert (status(owner, shared, name), status(owner, private, name)) == (200, 200)
        assert (status(teammate, shared, name), status(teammate, private, name)) == (403, 404)
        assert (status(administrator, shared, name), status(administrator, private, name)) == (200, 404)


def test_it_is_renamed_and_shows_what_the_address_says_now(login: Login, owner: User) -> None:
    saved = view(owner)
    browser, url = login(owner), reverse("saved_view_edit", args=[saved.pk])

    browser.post(url, {"name": "Renamed", "shared_with": "nobody"})
    saved.refresh_from_db()
    assert (saved.name, saved.query) == ("Renamed", "attention=overdue")
    browser.post(f"{url}?attention=never", {"name": "Renamed", "shared_with": "company"})
    saved.refresh_from_db()
    assert (saved.query, saved.shared_with) == ("attention=never", Sharing.COMPANY)


def test_two_views_of_one_person_have_two_names(login: Login, owner: User, teammate: User) -> None:
    view(owner)
    url, form = f"{reverse('saved_view_new')}?q=x", {"name": "Overdue", "shared_with": "nobody"}

    refused = login(owner).post(url, form)

    assert "already" in str(refused.context["form"].errors["name"])
    assert login(teammate).post(url, form).status_code == 302


def test_the_list_opens_with_the_view_somebody_chose(login: Login, owner: User, teammate: User) -> None:
    saved = view(owner, shared_with=Sharing.TEAM)
    browser, plain = login(owner), reverse("customers")
    form = {"name": "Overdue", "shared_with": "team", "opens_first": "on"}

    browser.post(reverse("saved_view_edit", args=[saved.pk]), form)

    assert browser.get(plain).headers["Location"] == f"{plain}?{saved.address_query}"
    assert browser.get(plain, {"view": ""}).status_code == 200
    assert browser.get(plain, headers={"HX-Request": "true"}).status_code == 200
    assert login(teammate).get(plain).status_code == 200
    browser.post(reverse("saved_view_edit", args=[saved.pk]), {"name": "Overdue", "shared_with": "team"})
    assert browser.get(plain).status_code == 200


def test_a_deleted_view_is_gone_and_so_is_opening_with_it(login: Login, owner: User) -> None:
    saved = view(owner)
    FirstView.objects.create(user=owner, view=saved)
    browser = login(owner)

    browser.post(reverse("saved_view_delete", args=[saved.pk]))

    assert not SavedView.objects.exists()
    assert browser.get(reverse("customers")).status_code == 200


def test_a_view_whose_segment_is_gone_still_opens(login: Login, owner: User) -> None:
    saved = view(owner, query="segment=99999&sort=due")

    assert login(owner).get(f"{reverse('customers')}?{saved.address_query}").status_code == 200


@pytest.mark.parametrize("written", ["\x00", "x" * 9000, "-1", "💥"])
def test_a_hostile_view_in_the_address_is_no_error(login: Login, owner: User, written: str) -> None:
    assert login(owner).get(reverse("customers"), {"view": written}).status_code == 200


def test_three_views_cost_as_many_queries_as_one(login: Login, owner: User, teammate: User) -> None:
    browser = login(owner)
    counts = []
    for number in range(3):
        view(teammate, f"View {number}", shared_with=Sharing.TEAM)
        with CaptureQueriesContext(connection) as queries:
            shown(browser)
        counts.append(len(queries))

    assert len(set(counts)) == 1
