"""The pages that merge and erase: who finds whom, what they say before, and what they do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach.models import Message, State
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture
def contact(company: Company, customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email="amira@example.com")


def merge_page(browser: Client, row: Customer | Contact, **asked: Any) -> Any:
    return browser.get(reverse(f"{row._meta.model_name}_merge", args=[row.pk]), asked)


def timeline_of(browser: Client, customer: Customer) -> str:
    return browser.get(reverse("customer_timeline", args=[customer.pk])).content.decode()


def names(response: Any) -> list[str]:
    assert response.status_code == 200
    return [row.name for row in response.context["found"]]


def notices(response: Any) -> list[str]:
    return [str(notice) for notice in response.context["messages"]]


def test_those_with_the_name_or_an_address_of_theirs_are_offered_first(
    login: Login, owner: User, contact: Contact
) -> None:
    factories.customer(owner, name="Ito")
    factories.customer(owner, name="Lindqvist AB, Uppsala")
    factories.contact(factories.customer(owner, name="L. Trading"), email="AMIRA@example.com")

    page = merge_page(login(owner), contact.customer)

    assert names(page) == ["L. Trading", "Lindqvist AB, Uppsala"]


def test_others_are_found_by_words_but_not_the_customer_itself_nor_what_one_may_not_change(
    login: Login, owner: User, outsider: User, manager: User, contact: Contact
) -> None:
    factories.customer(owner, name="Ito")
    factories.customer(outsider, name="Ito Trading")

    assert names(merge_page(login(owner), contact.customer, q="ito")) == ["Ito"]
    assert names(merge_page(login(manager), contact.customer, q="ito")) == ["Ito", "Ito Trading"]
    assert names(merge_page(login(owner), contact.customer, q="Amira")) == []


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_three(
    login: Login, owner: User, contact: Contact
) -> None:
    browser = login(owner)
    counts = []
    for number in (1, 2):
        for _number in range(number):
            factories.customer(owner, name="Ito")
            factories.contact(contact.customer)
        with CaptureQueriesContext(
            connection,
        ) as of_customers:
            merge_page(browser, contact.customer, q="ito")
        with CaptureQueriesContext(connection) as of_contacts:
            merge_page(browser, contact)
        counts.append((len(of_customers), len(of_contacts)))
    assert counts[0] == counts[1]


def test_before_merging_customers_the_page_says_what_moves_and_what_follows(
    login: Login, owner: User, teammate: User, contact: Contact
) -> None:
    kept = factories.customer(teammate, name="Lindqvist")
    factories.contact(kept, name="Amira Haddad", email="amira@example.com")
    factories.interaction(contact.customer)
    factories.interaction(contact.customer)

    page = merge_page(login(owner), contact.customer, into=kept.pk)

    assert set(page.context["moving"]) == {(1, "contacts"), (2, "conversations, purchases and gestures")}
    assert page.context["same"] == [contact]
    text = page.content.decode()
    assert "Merge <bdi>Lindqvist AB</bdi> into <bdi>Lindqvist</bdi>?" in text
    assert "get no automatic greetings until <bdi>Tom Falk</bdi> has spoken to them" in text
    assert Customer.objects.count() == 2


def test_merging_customers_leads_to_the_one_that_stays_also_by_old_addresses(
    login: Login, owner: User, contact: Contact
) -> None:
    kept = factories.customer(owner, name="Lindqvist")
    lost = contact.customer_id
    browser = login(owner)

    page = browser.post(reverse("customer_merge", args=[lost]), {"into": kept.pk}, follow=True)

    assert page.redirect_chain == [(reverse("customer", args=[kept.pk]), 302)]
    assert notices(page) == ["Lindqvist AB is merged into Lindqvist."]
    assert "The customer <bdi>Lindqvist AB</bdi> is merged into this one" in timeline_of(browser, kept)
    assert browser.get(reverse("customer", args=[lost])).headers["Location"] == reverse("customer", args=[kept.pk])


def test_an_old_address_says_nothing_to_who_may_not_see_the_customer(
    login: Login, owner: User, outsider: User, contact: Contact
) -> None:
    kept, lost = factories.customer(owner), contact.customer_id
    login(owner).post(reverse("customer_merge", args=[lost]), {"into": kept.pk})

    assert login(outsider).get(reverse("customer", args=[lost])).status_code == 404


@pytest.mark.parametrize("into", ["", "x", "-1", "9" * 30, "0"])
def test_into_nobody_is_asked_again(login: Login, owner: User, contact: Contact, into: str) -> None:
    page = login(owner).post(reverse("customer_merge", args=[contact.customer_id]), {"into": into})

    assert page.status_code == 200
    assert Customer.objects.count() == 1


def test_neither_into_itself_nor_into_a_customer_one_may_not_change(
    login: Login, owner: User, outsider: User, contact: Contact
) -> None:
    browser = login(owner)
    for into in (contact.customer, factories.customer(outsider)):
        browser.post(reverse("customer_merge", args=[contact.customer_id]), {"into": into.pk})
    assert Customer.objects.count() == 2


def test_before_merging_contacts_the_page_says_what_moves_and_is_cancelled(
    login: Login, owner: User, contact: Contact
) -> None:
    kept = factories.contact(contact.customer, name="A. Haddad")
    factories.message(contact)
    factories.dated_event(contact)

    page = merge_page(login(owner), contact, into=kept.pk)

    assert set(page.context["moving"]) == {(1, "messages, sent and to come"), (1, "special days")}
    assert "1 message that waits for <bdi>Amira Haddad</bdi> is cancelled." in page.content.decode()


def test_merging_contacts_stands_on_the_timeline_with_what_differed(
    login: Login, owner: User, contact: Contact
) -> None:
    kept = factories.contact(contact.customer, name="A. Haddad", email="ah@example.com")

    browser = login(owner)

    browser.post(reverse("contact_merge", args=[contact.pk]), {"into": kept.pk})

    text = timeline_of(browser, kept.customer)
    assert "<bdi>Amira Haddad</bdi> is merged into <bdi>A. Haddad</bdi>" in text
    assert "e-mail address <bdi>amira@example.com</bdi>" in text
    assert list(Contact.objects.all()) == [kept]


def test_contacts_of_another_customer_are_not_offered(login: Login, owner: User, contact: Contact) -> None:
    other = factories.contact(factories.customer(owner))
    browser = login(owner)

    assert names(merge_page(browser, contact)) == []
    browser.post(reverse("contact_merge", args=[contact.pk]), {"into": other.pk})
    assert Contact.objects.count() == 2


def test_erasing_is_asked_for_and_says_what_goes(login: Login, owner: User, contact: Contact) -> None:
    factories.response(factories.invitation(contact))
    factories.message(contact)

    page = login(owner).get(reverse("contact_erase", args=[contact.pk])).content.decode()

    assert "1 survey answer is erased." in page
    assert "1 message that waits is cancelled." in page


def test_a_contact_is_erased_when_the_answer_is_yes(login: Login, owner: User, contact: Contact) -> None:
    waiting = factories.message(contact)
    browser, address = login(owner), reverse("contact_erase", args=[contact.pk])

    browser.post(address)
    assert Contact.objects.exists()

    page = browser.post(address, {"answer": "erase"}, follow=True)
    assert notices(page) == ["The contact is erased.", "1 message that waited is cancelled."]
    assert not Contact.objects.exists()
    assert Message.objects.get(pk=waiting.pk).state == State.CANCELLED
    assert browser.post(address, {"answer": "erase"}).status_code == 404


def test_the_pages_lead_there(login: Login, owner: User, contact: Contact) -> None:
    browser = login(owner)
    customer = browser.get(reverse("customer_edit", args=[contact.customer_id])).content.decode()
    person = browser.get(reverse("contact_edit", args=[contact.pk])).content.decode()

    assert reverse("customer_merge", args=[contact.customer_id]) in customer
    assert reverse("contact_merge", args=[contact.pk]) in person
    assert reverse("contact_erase", args=[contact.pk]) in person
