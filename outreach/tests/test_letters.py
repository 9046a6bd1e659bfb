"""Letters: to one contact, in one's own words, once, and not to those who do not want to be contacted."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach import gate
from outreach.accounting import account
from outreach.approving import ask_for
from outreach.lettering import plan_letter
from outreach.models import Message, State, Suppression
from outreach.preferences import preference_link
from outreach.tests.reading import build, html_of, read, text_of
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
TEXT = "Dear {preferred_name},\n\nthank you for the visit.\n\n{sender}"


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira", allows_greetings=False)


def page(customer: Customer, more: str = "") -> str:
    return f"/customers/{customer.pk}/letter/{more}"


def posted(to: Contact, /, **fields: str) -> dict[str, str]:
    return {"contact": str(to.pk), "subject": "Thank you", "text": TEXT, "key": str(uuid.uuid4()), **fields}


def test_it_begins_with_our_letter_or_with_nothing(contact: Contact, owner: User, login: Login) -> None:
    browser = login(owner)
    shown = browser.get(page(contact.customer))
    assert "I am writing to you in person." in shown.context["form"]["text"].value()
    assert "how they like to be addressed" in shown.content.decode()
    assert not browser.get(page(contact.customer, "?start=empty")).context["form"]["text"].value()
    other = factories.contact(contact.customer, language="de")
    german = browser.get(page(contact.customer, f"?contact={other.pk}")).context["form"]
    assert "persönlich" in german["text"].value()
    assert german["contact"].value() == other.pk


def test_it_is_planned_for_in_two_minutes_in_ones_own_words(contact: Contact, owner: User, login: Login) -> None:
    answer = login(owner).post(page(contact.customer), posted(contact), follow=True)
    message = Message.objects.get()
    assert "goes out in two minutes" in answer.content.decode()
    assert answer.redirect_chain[0][0] == f"/messages/{message.pk}/"
    assert (message.kind, message.state, message.due_at) == ("letter", State.PLANNED, NOW + timedelta(minutes=2))
    assert (message.decided_by, message.contact, message.customer) == (owner, contact, contact.customer)
    mail = read(build(message))
    assert mail["Subject"] == "Thank you"
    assert mail["Reply-To"].addresses[0].addr_spec == "mia@example.com"
    assert mail["List-Unsubscribe"] is None
    assert text_of(mail).startswith("Dear Amira,\n\nthank you for the visit.\n\nMia Berg\n\n-- \n")
    assert "<p>thank you for the visit.</p>" in html_of(mail).replace("\n", "").replace(
        ' style="margin: 0 0 16px;"', ""
    )


def test_it_has_our_address_and_the_way_to_their_wishes_at_its_foot_but_no_way_to_end_letters(
    contact: Contact, owner: User, login: Login
) -> None:
    Company.objects.update(postal_address="Storgatan 1\n111 22 Stockholm")
    login(owner).post(page(contact.customer), posted(contact))
    mail = read(build(Message.objects.get()))

    wishes = preference_link(contact.pk)
    foot = text_of(mail).partition("\n-- \n")[2]
    assert foot == (
        "You get this mail because Nordlicht AB keeps you as a contact.\n\n"
        "Nordlicht AB\nStorgatan 1\n111 22 Stockholm\n\n"
        f"Choose what you get and how often we call:\n{wishes}\n"
    )
    shown = html_of(mail)
    assert f'href="{wishes}"' in shown
    assert "Storgatan 1" in shown
    assert "/u/" not in shown + text_of(mail)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("Nordlicht AB\nStorgatan 1", ["Nordlicht AB", "Storgatan 1"]),
        ("NORDLICHT AB (publ)\nStorgatan 1", ["NORDLICHT AB (publ)", "Storgatan 1"]),
        ("Storgatan 1", ["Nordlicht AB", "Storgatan 1"]),
        ("", ["Nordlicht AB"]),
    ],
)
def test_our_name_is_not_said_twice_at_the_foot(
    contact: Contact, owner: User, login: Login, address: str, lines: list[str]
) -> None:
    Company.objects.update(postal_address=address)
    login(owner).post(page(contact.customer), posted(contact))
    mail = read(build(Message.objects.get()))
    assert "\n\n".join(["as a contact.", "\n".join(lines), "Choose"]) in text_of(mail)
    assert html_of(mail).count("Storgatan") == sum("Storgatan" in line for line in lines)


def test_the_preview_of_a_letter_has_the_foot_too(contact: Contact, owner: User, login: Login) -> None:
    Company.objects.update(postal_address="Storgatan 1")
    shown = login(owner).post(page(contact.customer, "preview/"), posted(contact)).content.decode()
    assert "Storgatan 1" in shown
    assert "Choose what you get" in shown


def test_a_double_click_makes_one(contact: Contact, owner: User, login: Login) -> None:
    data = posted(contact)
    login(owner).post(page(contact.customer), data)
    answer = login(owner).post(page(contact.customer), data, follow=True)
    assert "planned already" in answer.content.decode()
    assert Message.objects.count() == 1
    assert account(at=NOW).balances


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one(contact: Contact, owner: User) -> None:
    key = uuid.uuid4()
    made = at_once(lambda: plan_letter(key, contact, "Hi", "Hello", by=owner, at=NOW)[1], 3)
    assert sorted(made) == [False, False, True]
    assert account(at=NOW).balances


def test_it_waits_for_approval_where_letters_do(contact: Contact, owner: User, login: Login) -> None:
    ask_for([("letter", contact.customer.segment_id)])
    answer = login(owner).post(page(contact.customer), posted(contact), follow=True)
    assert "waits for approval" in answer.content.decode()
    assert Message.objects.get().state == State.PROPOSED


def ruling(message: Message) -> str:
    found = gate.check(gate.load([message.pk]), at=message.due_at, company=Company.current()).get(message.pk)
    return found.rule if found else ""


def test_no_consent_is_needed_and_a_complaint_may_be_answered(contact: Contact, owner: User) -> None:
    factories.complaint(contact.customer)
    factories.follow_up(contact.customer, is_promise=True, due_at=NOW - timedelta(days=1))
    factories.message(contact, state=State.SENT, finished_at=NOW - timedelta(days=1))
    letter, _new = plan_letter(uuid.uuid4(), contact, "Sorry", "Sorry", by=owner, at=NOW)
    assert ruling(letter) == ""


def test_who_does_not_want_to_be_contacted_is_not(contact: Contact, owner: User, login: Login) -> None:
    letter, _new = plan_letter(uuid.uuid4(), contact, "Hi", "Hi", by=owner, at=NOW)
    Contact.objects.update(do_not_contact=True)
    assert ruling(letter) == "do_not_contact"
    assert "nobody to write to" in login(owner).get(page(contact.customer)).content.decode()
    assert login(owner).post(page(contact.customer), posted(contact)).status_code == 422
    assert Message.objects.count() == 1


@pytest.mark.parametrize("spoil", [{"do_not_contact": True}, {"lost_on": NOW.date()}])
def test_nobody_at_a_lost_or_silent_customer_is_written_to(
    contact: Contact, owner: User, login: Login, spoil: dict[str, Any]
) -> None:
    Customer.objects.update(**spoil)
    assert "nobody to write to" in login(owner).get(page(contact.customer)).content.decode()
    assert login(owner).post(page(contact.customer), posted(contact)).status_code == 422


@pytest.mark.parametrize("address", ["gone@customer.example", "amira@-customer..example"])
def test_an_address_that_takes_no_mail_is_said_at_once_and_nothing_is_lost(
    contact: Contact, owner: User, login: Login, address: str
) -> None:
    Contact.objects.update(email=address)
    Suppression.objects.suppress("gone@customer.example", "550 5.1.1", NOW)
    other = factories.contact(contact.customer, name="Bo Ek")
    shown = login(owner).get(page(contact.customer))
    assert shown.context["form"]["contact"].value() == other.pk
    assert "for a better address" in shown.content.decode()
    assert f"/contacts/{contact.pk}/edit/" in shown.content.decode()
    refused = login(owner).post(page(contact.customer), posted(contact))
    assert refused.status_code == 422
    assert "for a better address" in refused.context["form"].errors["contact"][0]
    assert refused.context["form"]["text"].value() == TEXT
    assert not Message.objects.exists()
    login(owner).post(page(contact.customer), posted(other))
    assert Message.objects.get().contact == other


def test_where_nobody_has_another_address_that_is_said_and_what_was_written_stays(
    contact: Contact, owner: User, login: Login
) -> None:
    Suppression.objects.suppress(contact.email, "550 5.1.1", NOW)
    shown = login(owner).get(page(contact.customer)).content.decode()
    assert "nobody to write to" in shown
    assert "came back as undeliverable. Ask for a better address." in shown
    refused = login(owner).post(page(contact.customer), posted(contact)).content.decode()
    assert "thank you for the visit." in refused


def test_nobody_at_another_customer_is_written_to(contact: Contact, owner: User, login: Login) -> None:
    stranger = factories.contact()
    answer = login(owner).post(page(contact.customer), posted(stranger))
    assert answer.status_code == 422
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("text", "Dear {nickname}", "There is no merge field {nickname} here."),
        ("text", "{occasion}", "There is no merge field {occasion} here."),
        ("text", "", "This field is required."),
        ("subject", "x" * 201, "Nothing is lost"),
        ("key", "nonsense", "Enter a valid UUID."),
        ("contact", "9" * 30, "Select a valid choice"),
    ],
)
def test_a_fault_is_named_and_nothing_is_lost(
    contact: Contact, owner: User, login: Login, part: str, value: str, sentence: str
) -> None:
    answer = login(owner).post(page(contact.customer), posted(contact, **{part: value}))
    assert answer.status_code == 422
    assert any(sentence in error for error in answer.context["form"].errors[part])
    assert answer.context["form"]["text"].value() == (value if part == "text" else TEXT)


@pytest.mark.parametrize("value", ["\x00", "👩🏽‍💻 \u202e", "<script>", "{{" * 3000])
def test_the_preview_takes_whatever_is_typed(contact: Contact, owner: User, login: Login, value: str) -> None:
    for part in ("contact", "subject", "text"):
        answer = login(owner).post(page(contact.customer, "preview/"), posted(contact, **{part: value}))
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode()
    shown = login(owner).post(page(contact.customer, "preview/"), posted(contact)).content.decode()
    assert "Dear Amira" in shown
    assert "As Amira Haddad will get it" in shown
    assert not Message.objects.exists()


def test_the_customers_page_leads_to_it(contact: Contact, owner: User, login: Login) -> None:
    assert page(contact.customer) in login(owner).get(f"/customers/{contact.customer.pk}/").content.decode()
