"""Tests: to oneself alone, marked, by the ledger, and with links that touch nothing real."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Company, User
from customers.models import ConsentChange, Contact, Customer
from outreach.accounting import account
from outreach.delivery import deliver
from outreach.models import CUSTOMER_KINDS, Message, MessageKind, Rehearsal, State
from outreach.rehearsing import links_of, meant_by, rehearse
from outreach.tests.reading import build, html_of, read, text_of
from surveys.models import Response
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
EDITOR = "/settings/wordings/birthday/en/formal/"
TEXT = {"subject": "Hi {preferred_name}", "text": "Dear {preferred_name}", "html": "<p>Dear {preferred_name}</p>"}
LINK = re.compile(r"https?://[^\s\"<>]+")


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(
        customer, name="Amira Haddad", preferred_name="Amira", birthday_month=TODAY.month, birthday_day=TODAY.day
    )


@pytest.fixture
def survey(contact: Contact) -> Message:
    return factories.message(contact, kind=MessageKind.SURVEY, invitation=factories.invitation(contact))


def paths(message: Message) -> set[str]:
    """Addresses on our own site in a mail, without the host."""
    mail = read(build(message))
    found = LINK.findall(text_of(mail)) + LINK.findall(html_of(mail))
    return {link.removeprefix(settings.SITE_URL).partition("?")[0] for link in found}


def test_it_goes_to_oneself_marked_and_in_the_words_of_the_message(survey: Message, teammate: User) -> None:
    test = rehearse(survey, by=teammate, at=NOW)
    mail, real = read(build(test)), read(build(survey))
    assert mail["To"].addresses[0].addr_spec == "tom@example.com"
    assert mail["Subject"] == f"[Test] {real['Subject']}"
    assert text_of(mail).startswith("Dear Amira")
    assert mail["List-Unsubscribe"] is None
    assert mail["Message-ID"] != real["Message-ID"]
    assert "amira" not in str(mail["Reply-To"] or "")


def test_none_of_its_links_is_a_real_one(survey: Message, owner: User) -> None:
    test = rehearse(survey, by=owner, at=NOW)
    assert {path.split("/")[1] for path in paths(survey)} >= {"s", "u", "p"}
    assert {path.split("/")[1] for path in paths(test)} == {"t"}
    assert len(paths(test)) == 3


def test_its_links_show_a_page_and_record_nothing(survey: Message, owner: User, client: Client) -> None:
    test = rehearse(survey, by=owner, at=NOW)
    before = list(Contact.objects.values())
    for path in paths(test):
        assert "This is a test." in client.get(path).content.decode()
        for posted in ({"score": "3", "comment": "Bad"}, {"wish": "all"}, {}):
            assert "In a test it is not." in client.post(path, posted).content.decode()
    assert not Response.objects.exists()
    assert not ConsentChange.objects.exists()
    assert list(Contact.objects.values()) == before
    page = client.get(links_of(test.pk).survey.removeprefix(settings.SITE_URL) + "?score=7")
    assert 'name="score"' in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert 'action="/t/' in page.content.decode()


@pytest.mark.parametrize("token", ["x", "é" * 20, "A" * 40, "👩🏽‍💻", "0" * 100])
def test_a_link_nobody_made_leads_nowhere(client: Client, token: str) -> None:
    assert client.get(f"/t/{token}/").status_code == 404


def test_the_key_of_one_page_opens_no_other_and_none_of_a_real_message(survey: Message, owner: User) -> None:
    test = rehearse(survey, by=owner, at=NOW)
    token = links_of(test.pk).survey.rstrip("/").rpartition("/")[2]
    found = meant_by(token)
    assert found is not None and found[1] == "survey"
    real = links_of(survey.pk).survey.rstrip("/").rpartition("/")[2]
    assert meant_by(real) is None


def test_it_leaves_by_the_usual_way_and_the_ledger_knows_it(contact: Contact, owner: User) -> None:
    message = factories.message(contact, state=State.HELD)
    test = rehearse(message, by=owner, at=NOW)
    assert deliver(now=lambda: NOW)[State.SENT.value] == 1
    test.refresh_from_db()
    message.refresh_from_db()
    assert (test.state, test.sent_to, message.state) == (State.SENT, "mia@example.com", State.HELD)
    assert "/t/…/" in test.body
    assert account(at=NOW).balances
    assert MessageKind.TEST not in CUSTOMER_KINDS


def test_what_is_gone_by_then_is_not_tested(contact: Contact, owner: User) -> None:
    message = factories.message(contact)
    test = rehearse(message, by=owner, at=NOW)
    message.delete()
    deliver(now=lambda: NOW)
    test.refresh_from_db()
    assert (test.state, test.reason) == (State.CANCELLED, "nothing_to_say")


def test_the_button_of_a_message(contact: Contact, owner: User, outsider: User, login: Login) -> None:
    message = factories.message(contact)
    assert f"/messages/{message.pk}/test/" in login(owner).get(f"/messages/{message.pk}/").content.decode()
    answer = login(owner).post(f"/messages/{message.pk}/test/", follow=True)
    assert "A test is on its way to mia@example.com, and to nobody else." in answer.content.decode()
    assert Rehearsal.objects.get().about == message
    assert login(outsider).post(f"/messages/{message.pk}/test/").status_code == 404
    digest = factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST)
    assert login(owner).post(f"/messages/{digest.pk}/test/").status_code == 403


def test_a_text_is_tested_as_it_stands_in_the_editor(manager: User, login: Login) -> None:
    answer = login(manager).post(f"{EDITOR}test/", TEXT)
    assert "on its way to max@example.com" in answer.content.decode()
    mail = read(build(Message.objects.get()))
    assert mail["Subject"] == "[Test] Hi Amira"
    assert mail["To"].addresses[0].addr_spec == "max@example.com"
    assert "Dear Amira" in html_of(mail)
    assert {path.split("/")[1] for path in paths(Message.objects.get())} == {"t"}


@pytest.mark.parametrize("kind", ["survey", "letter", "overdue_digest", "thank_you"])
def test_every_kind_of_text_can_be_tested(manager: User, login: Login, kind: str) -> None:
    editor = login(manager).get(f"/settings/wordings/{kind}/en/friendly/").context["form"].initial
    login(manager).post(f"/settings/wordings/{kind}/en/friendly/test/", editor)
    deliver(now=lambda: NOW)
    assert Message.objects.get().state == State.SENT


@pytest.mark.parametrize("fault", [{"text": "{nickname}"}, {"text": ""}, {"subject": "\x00"}, {"html": "<script>"}])
def test_a_faulty_text_is_not_tested(manager: User, login: Login, fault: dict[str, str]) -> None:
    answer = login(manager).post(f"{EDITOR}test/", TEXT | fault)
    assert "could not be saved" in answer.content.decode()
    assert not Message.objects.exists()
