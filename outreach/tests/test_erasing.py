"""A person asks to be forgotten: they go, what waits for them is cancelled, and the ledger still balances."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Company, User
from customers.models import ConsentKind, Contact, Customer
from outreach.accounting import account
from outreach.alerting import urgent_occasion
from outreach.cancelling import UNSENT
from outreach.delivery import deliver
from outreach.erasing import erase
from outreach.merging import merge
from outreach.models import Message, MessageKind, ProviderEvent, Rehearsal, State, Suppression
from outreach.planning import plan
from outreach.unsubscribing import meant_by, unsubscribe_token
from surveys.models import Response
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db

WORDS: dict[str, Any] = {
    "sent_to": "amira@example.com",
    "subject": "For Amira",
    "body": "Dear Amira,",
    "own_subject": "For Amira",
    "own_text": "Dear Amira,",
    "detail": "Amira has no address.",
}


@pytest.fixture
def contact(company: Company, owner: User) -> Contact:
    return factories.contact(
        factories.customer(owner),
        name="Amira",
        email="amira@example.com",
        birthday_day=TODAY.day,
        birthday_month=TODAY.month,
    )


def words_of(message: Message) -> list[Any]:
    message.refresh_from_db()
    return [getattr(message, name) for name in WORDS]


@pytest.mark.parametrize("state", UNSENT)
def test_what_waits_for_them_is_cancelled(contact: Contact, owner: User, state: str) -> None:
    waiting = factories.message(contact, state=state)

    assert erase(contact, by=owner, at=NOW) == 1

    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason, waiting.detail) == (
        State.CANCELLED,
        "erased",
        "The person it was for was erased.",
    )
    assert not Contact.objects.filter(pk=contact.pk).exists()


def test_nothing_is_planned_for_them_anew_and_the_ledger_balances(contact: Contact, owner: User) -> None:
    plan(at=NOW)
    erase(contact, by=owner, at=NOW)
    plan(at=NOW)

    assert dict(deliver(now=lambda: NOW)).get("sent", 0) == Message.objects.filter(kind="overdue_digest").count()
    assert not any(row.missing for row in account(at=NOW).kinds)


@pytest.mark.parametrize("state", [State.SENT, State.SUBMITTING, State.UNKNOWN, State.FAILED])
def test_what_was_sent_stays_in_the_ledger_without_a_word(contact: Contact, owner: User, state: str) -> None:
    sent = factories.message(contact, state=state, **WORDS)
    event = ProviderEvent.objects.create(
        key="1", what="bounced", message=sent, words="amira@example.com unknown", happened_at=NOW, received_at=NOW
    )

    erase(contact, by=owner, at=NOW)

    assert words_of(sent) == [""] * len(WORDS)
    assert (sent.state, sent.contact, sent.customer) == (state, None, contact.customer)
    event.refresh_from_db()
    assert event.words == ""


def test_tests_of_mails_to_them_and_alerts_about_their_answers_lose_their_words(contact: Contact, owner: User) -> None:
    about = factories.message(contact)
    test = factories.message(recipient=owner, kind=MessageKind.TEST, **WORDS)
    Rehearsal.objects.create(message=test, about=about)
    answer = factories.response(factories.invitation(contact), score=2)
    alert = factories.message(
        recipient=owner, kind=MessageKind.URGENT, occasion=f"{urgent_occasion('answer', answer.pk)}:{owner.pk}", **WORDS
    )
    other = factories.message(recipient=owner, kind=MessageKind.URGENT, occasion="urgent:answer:999:1", **WORDS)

    erase(contact, by=owner, at=NOW)

    assert words_of(test) == words_of(alert) == [""] * len(WORDS)
    assert words_of(other) == list(WORDS.values())
    assert not Response.objects.exists()


def mentions(text: str) -> set[str]:
    """The columns of the whole database in which it stands."""
    found = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
            if is_text and model._default_manager.filter(**{f"{field.name}__icontains": text}).exists():
                found.add(f"{model._meta.label}.{field.name}")
    return found


def test_nothing_in_the_database_names_them_but_the_hash_of_their_address(contact: Contact, owner: User) -> None:
    twin = factories.contact(contact.customer, name="Amira H.", email="amira@example.com")
    merge(contact, twin, by=owner, at=NOW)
    factories.interaction(contact.customer, contact=contact)
    factories.response(factories.invitation(contact))
    factories.message(contact, state=State.SENT, **WORDS)
    Suppression.objects.suppress("amira@example.com", "It came back.", NOW)
    assert mentions("amira")

    erase(contact, by=owner, at=NOW)

    assert mentions("amira") == set()
    assert Suppression.objects.among(["amira@example.com"]) == {"amira@example.com"}
    assert contact.customer.interactions.get().contact is None


def test_their_links_lead_nowhere_and_the_customer_stays(contact: Contact, owner: User) -> None:
    token = unsubscribe_token(contact.pk, ConsentKind.GREETINGS)
    Customer.objects.update(risk_stale_since=None)

    erase(contact, by=owner, at=NOW)

    assert meant_by(token) is None
    assert Customer.objects.get().risk_stale_since == NOW


def test_erasing_twice_is_harmless(contact: Contact, owner: User) -> None:
    again = Contact.objects.get()
    erase(contact, by=owner, at=NOW)
    assert erase(again, by=owner, at=NOW) == 0
