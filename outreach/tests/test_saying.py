"""Why a message is in its state: kept by name, said in the language of whoever reads it, and never lost."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import How
from outreach.delivery import deliver
from outreach.describing import say
from outreach.erasing import erase
from outreach.models import SENTENCES, Message, MessageKind, Notification, Sentence, State, Written, because
from outreach.planning import plan
from outreach.taking_back import tell_otherwise
from retention_crm.lib import dates
from tests import factories
from tests.factories import NOW

Login = Callable[[User], Client]
# Gaps that are filled with something else than text.
WORDS: dict[str, Any] = {
    "date": Written("day", date(2026, 11, 24)),
    "until": Written("time", time(8, 0)),
    "what": MessageKind.SURVEY,
    "why": Sentence("day_off", name="Amira", what=Written("name of day", date(2026, 11, 28))),
    "score": 3,
}


def all_of(name: str) -> Sentence:
    """The sentence with something in each of its gaps."""
    gaps = re.findall(r"%\((\w+)\)", str(SENTENCES[name]))
    return Sentence(name, **{gap: WORDS.get(gap, f"100 % {gap}") for gap in gaps})


@pytest.mark.parametrize("name", SENTENCES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_sentence_is_said_again_in_the_language_of_the_moment(name: str, language: str) -> None:
    message = Message(**because("rule", all_of(name)))
    assert message.why == message.detail == str(all_of(name))
    with translation.override(language), dates.in_style(dates.Style(day_format="d.m.Y")):
        assert message.why == str(all_of(name))
        assert "%(" not in message.why


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"of": "rule", "name": "of a later version", "words": {}},
        {"of": "rule", "name": "held_by", "words": {"name": "Mia"}},
        {"of": "rule", "name": "held_by"},
        {"of": "rule", "name": "detractor", "words": {"score": "three", "date": {"written": ["day", "2026-13-45"]}}},
        {"of": "rule", "name": "another", "words": {"date": "", "what": {"kind": "pigeon"}}},
        {"of": "an earlier reason", "name": "lost", "words": {}},
    ],
)
def test_what_is_not_understood_is_shown_as_it_was_written(said: Any) -> None:
    assert Message(reason="rule", detail="Offene Beschwerde.", said=said).why == "Offene Beschwerde."


@pytest.fixture
def held(company: Company, customer: Customer, owner: User) -> Message:
    """By a worker, for a complaint; the owner reads German."""
    User.objects.filter(pk=owner.pk).update(language="de", day_format="d.m.Y")
    factories.complaint(customer, what="Lieferung", opened_at=NOW - timedelta(days=2))
    contact = factories.contact(customer, birthday_month=NOW.month, birthday_day=NOW.day)
    message = factories.message(contact)
    deliver(now=lambda: NOW)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.HELD, "open_complaint")
    return message


@pytest.mark.django_db(transaction=True)
def test_why_it_is_held_is_written_in_the_words_of_the_owner_and_read_in_those_of_the_reader(
    held: Message, owner: User, manager: User, login: Login
) -> None:
    assert held.detail == "Offene Beschwerde seit 24.11.2026: Lieferung. Besser anrufen."
    for page in (f"/messages/{held.pk}/", "/messages/"):
        assert held.detail in login(owner).get(page).content.decode()
        shown = login(manager).get(page).content.decode()
        assert "Open complaint since 24 November 2026: Lieferung. Call instead." in shown
        assert "Offene Beschwerde" not in shown


@pytest.mark.django_db(transaction=True)
def test_who_is_forgotten_is_in_no_sentence(held: Message, owner: User) -> None:
    assert held.contact
    assert held.said
    erase(held.contact, by=owner, at=NOW)
    held.refresh_from_db()
    assert held.said == {"of": "erased", "name": "erasure", "words": {}}


@pytest.mark.parametrize(
    ("complaint", "words"),
    [("Lieferung", "Open complaint since 24 November 2026: Lieferung."), ("L" * 250, "Offene Beschwerde seit 24.11.2")],
)
@pytest.mark.django_db(transaction=True)
def test_the_bell_says_it_in_the_language_of_the_moment_where_it_is_not_too_long(
    held: Message, manager: User, complaint: str, words: str
) -> None:
    why = Sentence("open_complaint", date=Written("day", date(2026, 11, 24)), what=complaint)
    with translation.override("de"), dates.in_style(dates.Style(day_format="d.m.Y")):
        Message.objects.update(**because("open_complaint", why))
    plan(at=NOW + timedelta(minutes=1))
    (told,) = Notification.objects.filter(kind="held").select_related("contact", "customer", "by")
    assert words in say(told).why


def test_what_a_bell_kept_as_text_is_shown_as_it_is() -> None:
    for words in ("Offene Beschwerde.", "{Mia} betreut sie.", "5", "[]", "{}"):
        assert say(Notification(kind="held", words=words)).why == words


@pytest.mark.django_db
def test_what_is_done_to_it_later_takes_the_place_of_what_was_said(company: Company) -> None:
    contact: Contact = factories.contact()
    row = factories.notice_for(contact.customer, "mail")
    message = factories.message(
        contact, kind="notice", notice_for=row, state=State.HELD, **because("held", Sentence("lost"))
    )
    assert message.why == "The customer has left us."
    tell_otherwise(row, How.CALL, at=NOW)
    message.refresh_from_db()
    assert message.why == "They are to be told in person."
    Message.objects.update(reason="", detail="")
    message.refresh_from_db()
    assert message.why == ""
