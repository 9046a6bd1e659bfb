"""The page about addresses nothing is sent to: one can ask, lift and add, and never see the list."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach import suppressing
from outreach.bounces.noting import give_up
from outreach.delivery import deliver
from outreach.models import ProviderEvent, State, Suppression, SuppressionDecision
from tests import factories
from tests.factories import NOW

Login = Callable[[User], Client]
PAGE = "/settings/suppression/"
ADDRESS = "amira@lindqvist.example"


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email=ADDRESS, birthday_month=11, birthday_day=26)


@pytest.fixture
def browser(manager: User, company: Company, login: Login) -> Client:
    return login(manager)


def ask(browser: Client, address: str = ADDRESS, **fields: str) -> Any:
    return browser.post(PAGE, {"address": address} | fields)


def test_the_page_tells_how_many_and_names_none(browser: Client) -> None:
    Suppression.objects.suppress(ADDRESS, "5.1.1 gone", NOW)
    Suppression.objects.suppress("bo@lindqvist.example", "5.1.1 gone", NOW)
    page = browser.get(PAGE).content.decode()
    assert "2 addresses" in page
    assert "lindqvist.example" not in page
    assert 'href="/settings/suppression/"' in browser.get("/settings/").content.decode()


def test_staff_have_no_business_there(owner: User, login: Login) -> None:
    assert login(owner).get(PAGE).status_code == 403
    assert ask(login(owner), do="add", reason="x").status_code == 403
    assert PAGE not in login(owner).get("/settings/").content.decode()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("written", [ADDRESS, "AMIRA@Lindqvist.Example", f"  {ADDRESS} "])
def test_one_can_ask_whether_and_why(browser: Client, written: str) -> None:
    assert "Mail may go there." in ask(browser).content.decode()
    Suppression.objects.suppress(ADDRESS, "550 5.1.1 <no> such user", NOW)
    page = ask(browser, written).content.decode()
    assert "Nothing is sent there since 26 November 2026." in page
    assert "550 5.1.1 &lt;no&gt; such user" in page
    assert not SuppressionDecision.objects.exists()


def test_lifting_needs_a_reason_and_is_recorded(browser: Client, manager: User) -> None:
    Suppression.objects.suppress(ADDRESS, "5.1.1", NOW)
    refused = ask(browser, do="lift", reason=" ")
    assert refused.status_code == 422
    assert 'value="lift"' in refused.content.decode()
    assert Suppression.objects.exists()

    answer = browser.post(PAGE, {"address": ADDRESS, "do": "lift", "reason": "She opened it again."}, follow=True)
    assert f"Mail may go to {ADDRESS} again." in answer.content.decode()
    assert not Suppression.objects.exists()
    decision = SuppressionDecision.objects.get()
    assert (decision.is_suppressed, decision.reason, decision.decided_by) == (False, "She opened it again.", manager)
    page = ask(browser).content.decode()
    assert "Lifted" in page
    assert "She opened it again." in page


def test_adding_needs_a_reason_and_holds_what_is_sent_next(browser: Client, contact: Contact) -> None:
    assert ask(browser, do="add").status_code == 422
    assert ask(browser, do="add", reason="He wrote to us.").status_code == 302
    assert Suppression.objects.get().reason == "Max Lind: He wrote to us."
    message = factories.message(contact)
    deliver(now=lambda: NOW)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.HELD, "suppressed")


@pytest.mark.parametrize("do", ["add", "lift"])
def test_the_same_decision_twice_is_recorded_once(browser: Client, do: str) -> None:
    if do == "lift":
        Suppression.objects.suppress(ADDRESS, "x", NOW)
    for _ in range(2):
        assert ask(browser, do=do, reason="x").status_code == 302
    assert SuppressionDecision.objects.count() == 1


@pytest.mark.parametrize("written", ["", "nobody", "a@", "@b", "a b@c.example", "x" * 1000 + "@y.example", "a\x00@b"])
def test_what_is_no_address_is_said_at_the_field(browser: Client, written: str) -> None:
    for fields in ({}, {"do": "add", "reason": "x"}, {"do": "lift", "reason": "x"}):
        assert ask(browser, written, **fields).status_code == 422
    assert not Suppression.objects.exists()


def test_a_long_reason_is_refused_and_not_lost(browser: Client) -> None:
    page = ask(browser, do="add", reason="because " * 100)
    assert page.status_code == 422
    assert "because because" in page.content.decode()


def test_no_address_is_kept_by_what_people_decide(browser: Client, contact: Contact) -> None:
    ask(browser, do="add", reason="x")
    ask(browser, do="lift", reason="x")
    kept = [*Suppression.objects.values_list(), *SuppressionDecision.objects.values_list()]
    assert "amira" not in str(kept)


def test_an_erased_contact_who_comes_back_gets_nothing(contact: Contact, browser: Client) -> None:
    give_up(ADDRESS, "550 5.1.1 gone", NOW)
    customer = contact.customer
    contact.delete()
    again = factories.contact(customer, email=ADDRESS.title(), birthday_month=11, birthday_day=26)
    message = factories.message(again)
    deliver(now=lambda: NOW)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.HELD, "suppressed")
    assert "No mail" in ask(browser).content.decode()


def test_an_address_under_a_former_secret_key_can_be_lifted(browser: Client, manager: User, settings: Any) -> None:
    suppressing.add(ADDRESS, "x", by=manager, at=NOW)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-" * 4
    assert suppressing.suppression_of(ADDRESS) is not None
    assert suppressing.lift(ADDRESS, "x", by=manager, at=NOW)
    assert [row.is_suppressed for row in suppressing.decisions_on(ADDRESS)] == [False, True]


@pytest.mark.parametrize("rows", [1, 3])
def test_many_decisions_and_events_cost_no_more_queries(
    browser: Client, contact: Contact, manager: User, rows: int, django_assert_max_num_queries: Any
) -> None:
    message = factories.message(contact, state=State.SENT, sent_to=ADDRESS)
    for number in range(rows):
        suppressing.add(ADDRESS, "x", by=manager, at=NOW)
        suppressing.lift(ADDRESS, "x", by=manager, at=NOW)
        at = NOW + timedelta(hours=number)
        ProviderEvent.objects.create(
            key=str(number), what="bounced", message=message, words="550 <gone>", happened_at=at, received_at=at
        )
    with django_assert_max_num_queries(8):
        assert ask(browser).status_code == 200
    with django_assert_max_num_queries(14):
        page = browser.get(f"/messages/{message.pk}/").content.decode()
    assert page.count("Came back: the address does not exist") == rows
    assert "550 &lt;gone&gt;" in page
