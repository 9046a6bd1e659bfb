"""The pages with which many customers are changed at once."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, Tag
from dashboard import bulk_changing, tasks
from dashboard.bulk_changing import go_on
from dashboard.models import BulkChange
from dashboard.tests.test_bulk import Action, post, started
from dashboard.views import bulk
from retention_crm.celery import app
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


def test_all_that_match_are_counted_first_and_changed_with_one_click_to_undo(
    login: Login, manager: User, three: list[Customer], owner: User
) -> None:
    factories.customer(owner, name="Other")
    browser = login(manager)

    asked = post(browser, "all", "q=customer")
    assert "Change 3 customers" in asked.content.decode()
    done = browser.post(f"{reverse('bulk_new')}?q=customer", {"all": "on", "action": "add_tag", "new_tag": "Fair"})

    change = BulkChange.objects.get()
    assert done.headers["Location"] == f"{reverse('customers')}?q=customer"
    page = browser.get(done.headers["Location"]).content.decode()
    assert "Tag “Fair” added: 3 customers." in page
    assert reverse("bulk_undo", args=[change.pk]) in page
    assert Tag.objects.get().customers.count() == 3


def test_each_row_of_the_list_can_be_ticked(login: Login, manager: User, three: list[Customer]) -> None:
    page = login(manager).get(reverse("customers")).content.decode()

    for customer in three:
        assert re.search(rf'name="pk"\s+value="{customer.pk}"\s+form="bulk"\s+aria-label="{customer.name}"', page)
    assert "Change all 3 customers" in page


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"action": "owner"}, "owner"),
        ({"action": "segment", "segment": "0"}, "segment"),
        ({"action": "add_tag", "new_tag": " \x00 "}, "new_tag"),
        ({"action": "add_tag", "new_tag": "x" * 41}, "new_tag"),
        ({"action": "follow_up", "due_on": "2099-01-01"}, "title"),
        ({"action": "follow_up", "title": "Call"}, "due_on"),
        ({"action": "follow_up", "title": "Call", "due_on": "2001-01-01"}, "due_on"),
        ({"action": "follow_up", "title": "Call", "due_on": "nonsense"}, "due_on"),
        ({"action": "delete"}, "action"),
        ({"action": ""}, "action"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_the_field(
    login: Login, manager: User, customer: Customer, form: dict[str, str], field: str
) -> None:
    response = post(login(manager), [customer], **form)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not BulkChange.objects.exists()


@pytest.mark.parametrize("pk", ["x", "-1", "9" * 40, "\x00", ""])
def test_what_is_no_customer_is_no_error(login: Login, manager: User, pk: str) -> None:
    response = login(manager).post(reverse("bulk_new"), {"pk": pk})

    assert response.status_code == 302


def test_many_are_changed_by_a_worker_while_the_page_counts(
    login: Login, manager: User, three: list[Customer], broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setattr(bulk_changing, "BATCH", 2)
    browser = login(manager)

    response = post(browser, "all", action="add_tag", new_tag="Fair")

    change = BulkChange.objects.get()
    page = reverse("bulk_change", args=[change.pk])
    assert response.headers["Location"] == page
    assert "0 of 3 customers" in browser.get(page).content.decode()
    go_on(change, at=NOW)
    state = browser.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "2 of 3 customers" in state and "hx-get" in state and "<html" not in state
    tasks.change()
    state = browser.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "Done." in state and "hx-get" not in state
    browser.post(reverse("bulk_undo", args=[change.pk]))
    tasks.change()
    assert "Taken back." in browser.get(page).content.decode()
    assert not Tag.objects.get().customers.exists()


def test_three_changes_cost_as_many_queries_as_one(
    login: Login, manager: User, owner: User, three: list[Customer]
) -> None:
    browser = login(manager)
    counts = []
    for _number in range(3):
        started(Action.OWNER, manager, id=owner.pk)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse("bulk_changes")).status_code == 200
        counts.append(len(queries))

    assert len(set(counts)) == 1


def test_without_a_broker_the_change_waits_for_the_next_tick(
    login: Login, manager: User, three: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setitem(app.conf, "broker_url", "redis://127.0.0.1:1/0")

    assert post(login(manager), "all", action="add_tag", new_tag="Fair").status_code == 302

    assert tasks.change() == 3
