"""The trash on pages: the undo beside the words, the list of administrators, restoring and deleting for good."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer, DatedEvent, Tag, Trashed
from dashboard.models import SavedView
from interactions.models import Interaction
from outreach.models import Message, State
from retention_crm.lib import clock
from tests import factories

type Login = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


def texts(response: Any) -> list[str]:
    return [str(notice) for notice in response.context["messages"]]


def restored(browser: Client, shown: Any) -> Any:
    """What follows when the undo beside the words is used."""
    address = reverse("trash_restore", args=[Trashed.objects.get().pk])
    assert f'action="{address}"' in shown.content.decode()
    return browser.post(address, follow=True)


def test_a_tag_is_deleted_and_there_again(login: Login, administrator: User, customer: Customer) -> None:
    tag, browser = Tag.objects.create(name="fair"), login(administrator)
    customer.tags.add(tag)
    shown = browser.post(reverse("tag_delete", args=[tag.pk]), follow=True)
    assert not Tag.objects.exists()
    assert texts(restored(browser, shown)) == ["“fair” is there again."]
    assert list(customer.tags.all()) == [tag]


def test_a_view_is_deleted_and_there_again(login: Login, owner: User) -> None:
    view, browser = SavedView.objects.create(owner=owner, name="Mine", query=""), login(owner)
    shown = browser.post(reverse("saved_view_delete", args=[view.pk]), follow=True)
    restored(browser, shown)
    assert list(SavedView.objects.all()) == [view]


def test_a_special_day_is_taken_out_and_there_again(login: Login, owner: User, customer: Customer) -> None:
    event, browser = factories.dated_event(factories.contact(customer)), login(owner)
    shown = browser.post(reverse("event_delete", args=[event.pk]), follow=True)
    restored(browser, shown)
    assert list(DatedEvent.objects.all()) == [event]


def test_an_entry_is_taken_back_and_there_again_in_place(login: Login, owner: User, customer: Customer) -> None:
    call = factories.interaction(customer, author=owner, created_at=clock.now())
    browser, htmx = login(owner), {"HX-Request": "true"}
    shown = browser.post(reverse("log_undo", args=[call.pk]), headers=htmx)
    assert not Interaction.objects.exists()
    address = reverse("trash_restore", args=[Trashed.objects.get().pk])
    assert f'hx-post="{address}"' in shown.content.decode()

    answer = browser.post(address, headers=htmx)

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, reverse("customer", args=[customer.pk]))
    assert list(Interaction.objects.all()) == [call]


def test_a_manager_deletes_a_customer_who_is_found_nowhere_until_the_undo(
    login: Login, manager: User, customer: Customer
) -> None:
    contact = factories.contact(customer, name="Amira Haddad")
    waiting = factories.message(contact, expires_at=clock.now() + timedelta(hours=1))
    browser, address = login(manager), reverse("customer_trash", args=[customer.pk])
    asked = browser.get(address).content.decode()
    assert "Contacts: 1" in asked
    assert "1 message that waits is cancelled." in asked
    assert Customer.objects.exists()

    shown = browser.post(address, follow=True)

    assert texts(shown) == ["Lindqvist AB is deleted, and lies in the trash for 30 days."]
    assert browser.get(reverse("customer", args=[customer.pk])).status_code == 404
    assert "Amira Haddad" not in browser.get(reverse("find"), {"q": "Amira"}).content.decode()
    assert Message.objects.get().state == State.CANCELLED
    page = restored(browser, shown)
    assert page.redirect_chain == [(reverse("customer", args=[customer.pk]), 302)]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.contact) == (State.PLANNED, contact)


def test_the_way_to_it_is_shown_to_managers(login: Login, owner: User, manager: User, customer: Customer) -> None:
    address, page = reverse("customer_trash", args=[customer.pk]), reverse("customer_edit", args=[customer.pk])
    assert address in login(manager).get(page).content.decode()
    assert address not in login(owner).get(page).content.decode()


def test_administrators_see_what_was_deleted_by_whom_and_what_went_with_it(
    login: Login, administrator: User, manager: User, customer: Customer
) -> None:
    factories.contact(customer)
    login(manager).post(reverse("customer_trash", args=[customer.pk]))
    tag = Tag.objects.create(name="fair")
    factories.customer(manager).tags.add(tag)
    browser = login(administrator)
    browser.post(reverse("tag_delete", args=[tag.pk]))

    page = " ".join(browser.get(reverse("trash")).content.decode().split())

    assert "<bdi>Lindqvist AB</bdi>" in page
    assert "Max Lind" in page
    assert "contacts: 1" in page
    assert "customers: 1" in page


def test_it_is_restored_from_the_list(login: Login, administrator: User, manager: User, customer: Customer) -> None:
    login(manager).post(reverse("customer_trash", args=[customer.pk]))
    browser = login(administrator)
    browser.post(reverse("trash_restore", args=[Trashed.objects.get().pk]))
    assert list(Customer.objects.all()) == [customer]
    assert "Nothing lies in the trash" in browser.get(reverse("trash")).content.decode()


def test_deleting_for_good_is_asked_for_and_final(
    login: Login, administrator: User, manager: User, customer: Customer
) -> None:
    login(manager).post(reverse("customer_trash", args=[customer.pk]))
    trashed, browser = Trashed.objects.get(), login(administrator)
    address = reverse("trash_forget", args=[trashed.pk])
    assert "This can not be taken back." in browser.get(address).content.decode()
    assert Trashed.objects.exists()

    page = browser.post(address, follow=True)

    assert texts(page) == ["“Lindqvist AB” is deleted for good."]
    assert browser.post(address).status_code == 404
    assert browser.post(reverse("trash_restore", args=[trashed.pk])).status_code == 404


def test_what_can_not_come_back_is_said(login: Login, administrator: User) -> None:
    tag, browser = Tag.objects.create(name="fair"), login(administrator)
    browser.post(reverse("tag_delete", args=[tag.pk]))
    Tag.objects.create(name="Fair")
    page = browser.post(reverse("trash_restore", args=[Trashed.objects.get().pk]), follow=True)
    assert "can not come back" in texts(page)[-1]
    assert Trashed.objects.exists()


def test_whoever_lost_the_customer_does_not_restore_what_was_of_them(
    login: Login, owner: User, outsider: User, customer: Customer
) -> None:
    trashed = factories.trashed(customer)
    Customer.objects.filter(pk=customer.pk).update(owner=outsider)
    assert login(owner).post(reverse("trash_restore", args=[trashed.pk])).status_code == 404


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_three(
    login: Login, administrator: User, customer: Customer
) -> None:
    browser, counts = login(administrator), []
    for number in (1, 2):
        for _number in range(number):
            factories.trashed(factories.customer(factories.user()))
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("trash"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_latest_stand_first_page_by_page(
    login: Login, administrator: User, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.trash.PAGE_SIZE", 2)
    old, new, newest = (
        factories.trashed(customer, deleted_at=factories.NOW + timedelta(days=days)) for days in range(3)
    )
    browser = login(administrator)
    first = browser.get(reverse("trash"))
    second = browser.get(reverse("trash"), {"after": first.context["following"]})
    pages = [[row[0] for row in page.context["rows"]] for page in (first, second)]
    assert pages == [[newest, new], [old]]
