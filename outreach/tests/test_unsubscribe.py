"""Leaving by the link in a mail: nobody leaves by accident, everybody leaves at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company
from customers.models import ConsentChange, ConsentKind, Contact, Customer
from outreach.models import Message, MessageKind, State
from outreach.unsubscribing import CONSENT_FOR, allow_again, meant_by, unsubscribe_token, withdraw
from retention_crm.lib import tokens
from tests import factories
from tests.factories import NOW

CONSENT_FIELDS = {
    ConsentKind.GREETINGS: "allows_greetings",
    ConsentKind.THANKS: "allows_thanks",
    ConsentKind.SURVEYS: "allows_surveys",
}


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email="amira@lindqvist.example")


@pytest.fixture
def browser() -> Client:
    """A browser that checks forged requests as a real one is checked, and has no cookie."""
    return Client(enforce_csrf_checks=True)


def address(contact: Contact, consent: ConsentKind = ConsentKind.GREETINGS) -> str:
    return f"/u/{unsubscribe_token(contact.pk, consent)}/"


def waiting(contact: Contact, kind: str, state: str = State.PLANNED) -> Message:
    return Message.objects.create(
        occasion=f"t:{Message.objects.count()}",
        kind=kind,
        state=state,
        customer=contact.customer,
        contact=contact,
        due_at=NOW,
        expires_at=NOW + timedelta(days=1),
        dated_at=NOW,
    )


def allowed(contact: Contact) -> set[ConsentKind]:
    contact.refresh_from_db()
    return {kind for kind, field in CONSENT_FIELDS.items() if getattr(contact, field)}


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing(contact: Contact, browser: Client, method: str) -> None:
    message = waiting(contact, MessageKind.BIRTHDAY)
    answer = getattr(browser, method)(address(contact), {"List-Unsubscribe": "One-Click", "wish": "all"})
    assert answer.status_code == 200
    assert allowed(contact) == set(ConsentKind)
    assert not ConsentChange.objects.exists()
    message.refresh_from_db()
    assert message.state == State.PLANNED


def test_the_page_asks_and_shows_only_a_part_of_the_address(contact: Contact, browser: Client) -> None:
    page = browser.get(address(contact)).content.decode()
    assert "Stop greetings?" in page
    assert "a…@lindqvist.example" in page
    assert "amira" not in page
    assert "Haddad" not in page


@pytest.mark.parametrize("consent", ConsentKind)
def test_one_click_of_a_mail_program_ends_that_kind(contact: Contact, browser: Client, consent: ConsentKind) -> None:
    answer = browser.post(
        address(contact, consent), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert allowed(contact) == set(ConsentKind) - {consent}
    change = ConsentChange.objects.get()
    assert (change.contact, change.kind, change.granted) == (contact, consent, False)
    assert change.source == ConsentChange.Source.LINK
    assert change.changed_by is None


def test_one_click_as_a_form_with_parts_works_too(contact: Contact, browser: Client) -> None:
    assert browser.post(address(contact), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ConsentKind.GREETINGS not in allowed(contact)


def test_the_button_says_what_was_done_and_offers_the_way_back(contact: Contact, browser: Client) -> None:
    page = browser.post(address(contact), {"wish": "stop"}).content.decode()
    assert "You will get no more greetings." in page
    assert 'value="keep"' in page
    assert 'value="all"' in page
    assert 'value="stop"' not in page


def test_it_needs_no_cookie_and_sets_none(contact: Contact, browser: Client) -> None:
    for answer in (browser.get(address(contact)), browser.post(address(contact), {"wish": "stop"})):
        assert answer.status_code == 200
        assert not answer.cookies


def test_the_key_in_the_address_goes_nowhere(contact: Contact, browser: Client) -> None:
    answer = browser.get(address(contact))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]


@pytest.mark.parametrize("state", [State.PLANNED, State.LEASED])
def test_what_waits_is_cancelled_at_once(contact: Contact, browser: Client, state: str) -> None:
    message = waiting(contact, MessageKind.BIRTHDAY, state)
    browser.post(address(contact))
    message.refresh_from_db()
    assert message.state == State.CANCELLED
    assert message.reason == "consent_withdrawn"
    assert message.detail
    assert message.finished_at is not None
    assert message.lease_until is None


@pytest.mark.parametrize("state", [State.SUBMITTING, State.SENT, State.HELD, State.UNKNOWN, State.FAILED])
def test_what_is_on_its_way_or_over_stays_as_it_is(contact: Contact, browser: Client, state: str) -> None:
    message = waiting(contact, MessageKind.BIRTHDAY, state)
    browser.post(address(contact))
    message.refresh_from_db()
    assert message.state == state


def test_other_kinds_and_other_people_keep_their_messages(contact: Contact, browser: Client) -> None:
    colleague = factories.contact(contact.customer)
    others = [waiting(contact, MessageKind.SURVEY), waiting(colleague, MessageKind.BIRTHDAY)]
    browser.post(address(contact))
    for message in others:
        message.refresh_from_db()
        assert message.state == State.PLANNED
    assert allowed(colleague) == set(ConsentKind)


def test_leaving_twice_is_harmless(contact: Contact, browser: Client) -> None:
    for _ in range(2):
        assert browser.post(address(contact)).status_code == 200
    assert ConsentChange.objects.count() == 1


def test_it_can_be_taken_back(contact: Contact, browser: Client) -> None:
    browser.post(address(contact))
    page = browser.post(address(contact), {"wish": "keep"}).content.decode()
    assert "You will keep getting greetings." in page
    assert allowed(contact) == set(ConsentKind)
    assert list(ConsentChange.objects.order_by("pk").values_list("granted", flat=True)) == [False, True]


def test_all_mail_can_be_ended(contact: Contact, browser: Client) -> None:
    messages = [waiting(contact, kind) for kind in CONSENT_FOR]
    page = browser.post(address(contact), {"wish": "all"}).content.decode()
    assert "You will get no more automatic mail" in page
    assert 'value="all"' not in page
    assert allowed(contact) == set()
    assert ConsentChange.objects.filter(granted=False).count() == 3
    for message in messages:
        message.refresh_from_db()
        assert message.state == State.CANCELLED


def test_after_one_kind_all_records_only_what_changed(contact: Contact, browser: Client) -> None:
    browser.post(address(contact))
    browser.post(address(contact), {"wish": "all"})
    assert ConsentChange.objects.count() == 3


def test_a_link_opened_after_leaving_shows_the_present_state(contact: Contact, browser: Client) -> None:
    browser.post(address(contact))
    page = browser.get(address(contact)).content.decode()
    assert "You will get no more greetings." in page
    assert 'value="keep"' in page


@pytest.mark.parametrize("wish", ["", "nonsense", "KEEP", "\x00", "x" * 10_000])
def test_a_wish_nobody_knows_ends_the_kind(contact: Contact, browser: Client, wish: str) -> None:
    assert browser.post(address(contact), {"wish": wish}).status_code == 200
    assert allowed(contact) == set(ConsentKind) - {ConsentKind.GREETINGS}


def broken(contact: Contact) -> dict[str, str]:
    good = unsubscribe_token(contact.pk, ConsentKind.GREETINGS)
    return {
        "cut off": good[:-1],
        "changed": ("A" if good[0] != "A" else "B") + good[1:],
        "of nobody": unsubscribe_token(contact.pk + 1000, ConsentKind.GREETINGS),
        "for a survey": tokens.make("survey", contact.pk),
        "for another group": tokens.make("unsubscribe:gossip", contact.pk),
        "without a group": tokens.make("unsubscribe", contact.pk),
        "nonsense": "nonsense",
        "not ASCII": "äöü",
        "endless": "A" * 5000,
    }


@pytest.mark.parametrize("what", broken(Contact(pk=1)))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_not_made_here_gets_one_friendly_page(
    contact: Contact, browser: Client, what: str, method: str
) -> None:
    answer = getattr(browser, method)(f"/u/{broken(contact)[what]}/")
    reference = getattr(browser, method)("/u/x/")
    assert answer.status_code == 404
    assert answer.content == reference.content
    assert "This link does not work" in answer.content.decode()
    assert allowed(contact) == set(ConsentKind)


def test_other_methods_are_refused(contact: Contact, browser: Client) -> None:
    assert browser.put(address(contact)).status_code == 405
    assert browser.delete(address(contact)).status_code == 405


@pytest.mark.parametrize(
    ("language", "ask", "direction"),
    [("de", "Keine Grüße mehr schicken?", 'lang="de"'), ("ar", "إيقاف التهاني؟", 'dir="rtl"'),
     ("sv", "Sluta skicka hälsningar?", 'lang="sv"')],
)  # fmt: skip
def test_the_page_speaks_the_contacts_language(
    contact: Contact, browser: Client, language: str, ask: str, direction: str
) -> None:
    contact.language = language
    contact.save()
    page = browser.get(address(contact)).content.decode()
    assert ask in page
    assert direction in page


def test_the_companys_name_is_only_text(contact: Contact, company: Company, browser: Client) -> None:
    company.name = '<script>alert("x")</script>'
    company.save()
    assert "<script>alert" not in browser.get(address(contact)).content.decode()


def test_a_link_outlives_a_change_of_the_secret_key(contact: Contact, browser: Client, settings: Any) -> None:
    made = address(contact)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-" * 4
    assert browser.get(made).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert browser.get(made).status_code == 404


@pytest.mark.django_db
def test_a_link_says_whom_and_what_it_is_about(contact: Contact) -> None:
    for consent in ConsentKind:
        assert meant_by(unsubscribe_token(contact.pk, consent)) == (contact, consent)
    token = unsubscribe_token(contact.pk, ConsentKind.THANKS)
    contact.delete()
    assert meant_by(token) is None


def test_withdrawing_tells_how_many_messages_it_cancelled(contact: Contact) -> None:
    waiting(contact, MessageKind.BIRTHDAY)
    waiting(contact, MessageKind.BIRTHDAY, State.SENT)
    assert withdraw(contact, [ConsentKind.GREETINGS], NOW) == 1
    assert withdraw(contact, [ConsentKind.GREETINGS], NOW) == 0
    change = ConsentChange.objects.get()
    assert change.changed_at == NOW


def test_allowing_what_is_allowed_leaves_no_trace(contact: Contact) -> None:
    allow_again(contact, [ConsentKind.SURVEYS], NOW)
    assert not ConsentChange.objects.exists()
