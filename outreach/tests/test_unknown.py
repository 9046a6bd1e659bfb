"""The list of messages that may or may not have arrived, and the three decisions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User, Visibility
from customers.models import Contact, Customer
from outreach.accounting import account
from outreach.models import Message, MessageKind, State
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
PAGE = "/messages/unknown/"


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def lost(contact: Contact, **fields: Any) -> Message:
    fields = {
        "state": State.UNKNOWN,
        "reason": "line_lost",
        "detail": "Connection reset by peer",
        "finished_at": NOW - timedelta(hours=1),
        "sent_to": "amira@haddad.example",
        "subject": "Happy birthday",
        **fields,
    }
    return factories.message(contact, **fields)


def shown(page: Any) -> list[int]:
    return [row["message"].pk for row in page.context["rows"]]


def test_what_is_known_is_told(contact: Contact, owner: User, login: Login) -> None:
    lost(contact)
    words = login(owner).get(PAGE).content.decode()
    for said in ("Amira Haddad", "amira@haddad.example", "26 Nov 2026, 09:00:00", "Connection reset", "The line broke"):
        assert said in words
    Message.objects.update(reason="worker_died", detail="")
    words = login(owner).get(PAGE).content.decode()
    assert "shortly before 26 Nov 2026, 09:00" in words
    assert "The worker ended" in words


def test_messages_say_how_many_are_open(contact: Contact, owner: User, outsider: User, login: Login) -> None:
    lost(contact)
    assert "Of 1 message nobody knows whether it arrived." in login(owner).get("/messages/").content.decode()
    assert "nobody knows" not in login(outsider).get("/messages/").content.decode()


def test_a_lost_digest_and_what_others_look_after_are_not_listed(
    contact: Contact, owner: User, outsider: User, manager: User, login: Login
) -> None:
    message = lost(contact)
    factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST, state=State.UNKNOWN)
    assert shown(login(owner).get(PAGE)) == shown(login(manager).get(PAGE)) == [message.pk]
    assert "Nothing is open" in login(outsider).get(PAGE).content.decode()


def test_who_may_only_read_decides_nothing(contact: Contact, outsider: User, login: Login) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    message = lost(contact)
    page = login(outsider).get(PAGE)
    assert shown(page) == [message.pk]
    assert "It arrived" not in page.content.decode()


@pytest.mark.parametrize(("decision", "state"), [("arrived", State.SENT), ("leave", State.UNKNOWN)])
def test_it_leaves_the_list_and_can_be_taken_back(
    contact: Contact, owner: User, login: Login, decision: str, state: State
) -> None:
    message = lost(contact)
    browser = login(owner)
    answer = browser.post(f"/messages/{message.pk}/{decision}/", {"next": PAGE}, follow=True)
    assert shown(answer) == []
    assert f"/messages/{message.pk}/unsettle/" in answer.content.decode()
    message.refresh_from_db()
    assert (message.state, message.decided_by, message.decided_at) == (state, owner, NOW)
    browser.post(f"/messages/{message.pk}/unsettle/")
    assert shown(browser.get(PAGE)) == [message.pk]


def test_sending_again_asks_and_makes_it_due(contact: Contact, owner: User, login: Login) -> None:
    message = lost(contact)
    browser = login(owner)
    assert "may get it twice" in browser.get(f"/messages/{message.pk}/again/").content.decode()
    message.refresh_from_db()
    assert message.state == State.UNKNOWN
    browser.post(f"/messages/{message.pk}/again/")
    message.refresh_from_db()
    assert (message.state, message.due_at) == (State.PLANNED, NOW)
    answer = browser.post(f"/messages/{message.pk}/again/", follow=True)
    assert "It is now: Waiting." in answer.content.decode()


def test_what_would_come_too_late_is_not_sent_again(contact: Contact, owner: User, login: Login) -> None:
    message = lost(contact, expires_at=NOW)
    browser = login(owner)
    assert "/again/" not in browser.get(PAGE).content.decode()
    assert "too late now" in browser.get(f"/messages/{message.pk}/again/").content.decode()
    assert "Nothing was changed" in browser.post(f"/messages/{message.pk}/again/", follow=True).content.decode()


@pytest.mark.parametrize("decision", ["arrived", "leave", "again", "unsettle"])
def test_the_ledger_balances_whatever_is_decided(contact: Contact, owner: User, login: Login, decision: str) -> None:
    message = lost(contact)
    for _twice in range(2):
        login(owner).post(f"/messages/{message.pk}/{decision}/")
        assert account(at=NOW).balances


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(
    owner: User, login: Login, rows: int, django_assert_num_queries: Any
) -> None:
    for _number in range(rows):
        lost(factories.contact(factories.customer(owner)))
    browser = login(owner)
    # Session, person, company and team (for the right to see), rows, those that may be changed.
    with django_assert_num_queries(7):
        assert len(shown(browser.get(PAGE))) == rows
