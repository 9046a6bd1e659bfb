"""The page of wishes: chosen without a login, in force at once, and changed by nobody but the contact."""

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Company
from customers.models import CallEvery, Channel, ConsentChange, ConsentKind, Contact, Customer, Language
from customers.models import PreferenceChange as Change
from outreach.models import Message, MessageKind, State
from outreach.phrases import phrases_in
from outreach.preferences import Wishes, choose, contact_of, preference_link, preference_token, wishes_of
from outreach.unsubscribing import unsubscribe_token
from retention_crm.lib import tokens
from tests import factories
from tests.factories import NOW, TODAY

ALL = {kind.value: "on" for kind in ConsentKind}
MONTH = CallEvery.MONTH.value


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email="amira@lindqvist.example")


@pytest.fixture
def browser() -> Client:
    """A browser that checks forged requests as a real one is checked, and has no cookie."""
    return Client(enforce_csrf_checks=True)


def address(contact: Contact) -> str:
    return f"/p/{preference_token(contact.pk)}/"


def form(**chosen: str) -> dict[str, str]:
    """What the page posts when only that is changed."""
    return ALL | {"save": "chosen", "cadence": "", "channel": "email", "language": "en"} | chosen


def everything(contact: Contact) -> tuple[Any, ...]:
    contact = Contact.objects.select_related("customer").get(pk=contact.pk)
    allowed = {kind for kind in ConsentKind if contact.allows(kind)}
    return allowed, contact.preferred_channel, contact.language, contact.customer.cadence_days


UNTOUCHED = (set(ConsentKind), "email", "", None)


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_page_changes_nothing(contact: Contact, browser: Client, method: str) -> None:
    message = factories.message(contact)
    answer = getattr(browser, method)(address(contact), form(save="nothing", cadence=MONTH))
    assert answer.status_code == 200
    assert everything(contact) == UNTOUCHED
    message.refresh_from_db()
    assert message.state == State.PLANNED


@pytest.mark.parametrize(
    "posted", [{}, {"List-Unsubscribe": "One-Click"}, {"save": ""}, {"save": "all"}, {"save": "\x00"}, ALL]
)
def test_a_post_without_the_buttons_of_the_page_changes_nothing(
    contact: Contact, browser: Client, posted: dict[str, str]
) -> None:
    answer = browser.post(address(contact), posted)
    assert answer.status_code == 200
    assert "Saved." not in answer.content.decode()
    assert everything(contact) == UNTOUCHED
    assert not ConsentChange.objects.exists()
    assert not Change.objects.exists()


def test_the_page_shows_what_is_in_force_and_only_a_part_of_the_address(contact: Contact, browser: Client) -> None:
    Contact.objects.filter(pk=contact.pk).update(allows_surveys=False, preferred_channel=Channel.PHONE)
    answer = browser.get(address(contact))
    assert [(name, is_on) for name, _l, _s, is_on in answer.context["kinds"]] == [
        ("greetings", True), ("thanks", True), ("surveys", False),
    ]  # fmt: skip
    chosen = {
        name: [value for value, _label, is_on in options if is_on]
        for name, _label, options in answer.context["selects"]
    }
    assert chosen == {"cadence": [""], "channel": ["phone"], "language": ["en"]}
    page = answer.content.decode()
    assert "a…@lindqvist.example" in page
    assert "amira" not in page
    assert "Haddad" not in page
    assert all(sentence in page for sentence in phrases_in("en").preferences.sentences.values())


def test_kinds_that_are_not_ticked_are_ended_with_a_record(contact: Contact, browser: Client) -> None:
    page = browser.post(address(contact), {"save": "chosen", "surveys": "on"}).content.decode()
    assert "Saved. This is how it is from now on." in page
    allowed, *rest = everything(contact)
    assert allowed == {ConsentKind.SURVEYS}
    assert rest == ["email", "", None]
    changes = ConsentChange.objects.all()
    assert {(change.kind, change.granted, change.source, change.changed_by) for change in changes} == {
        ("greetings", False, "link", None), ("thanks", False, "link", None),
    }  # fmt: skip


def test_kinds_that_are_ticked_again_come_again(contact: Contact, browser: Client) -> None:
    browser.post(address(contact), form(save="nothing"))
    assert everything(contact)[0] == set()
    browser.post(address(contact), form())
    assert everything(contact)[0] == set(ConsentKind)
    assert ConsentChange.objects.filter(granted=True).count() == 3


@pytest.mark.parametrize("state", [State.PLANNED, State.LEASED, State.PROPOSED])
def test_what_waits_and_is_not_wanted_any_more_is_cancelled_at_once(
    contact: Contact, browser: Client, state: str
) -> None:
    greeting = factories.message(contact, state=state)
    survey = factories.message(contact, kind=MessageKind.SURVEY, state=state)
    browser.post(address(contact), {"save": "chosen", "surveys": "on"})
    greeting.refresh_from_db()
    survey.refresh_from_db()
    assert (greeting.state, greeting.reason) == (State.CANCELLED, "consent_withdrawn")
    assert "page of wishes" in greeting.detail
    assert survey.state == state


def test_nothing_at_all_ends_every_kind_and_keeps_the_rest(contact: Contact, browser: Client) -> None:
    messages = [factories.message(contact, kind=kind) for kind in (MessageKind.BIRTHDAY, MessageKind.THANK_YOU)]
    page = browser.post(address(contact), form(save="nothing", channel="phone")).content.decode()
    assert "You will get no more automatic mail" in page
    assert 'value="nothing"' not in page
    assert everything(contact) == (set(), "phone", "", None)
    assert Message.objects.filter(state=State.CANCELLED).count() == len(messages)


@pytest.mark.parametrize("every", [every for every in CallEvery if every])
def test_the_main_contact_sets_the_customers_rhythm_and_the_next_call_moves(
    contact: Contact, browser: Client, every: CallEvery
) -> None:
    customer = contact.customer
    factories.interaction(customer, happened_at=NOW)
    browser.post(address(contact), form(cadence=every.value))
    customer.refresh_from_db()
    assert customer.cadence_days == int(every.value)
    assert customer.next_due_on == TODAY + timedelta(days=int(every.value))
    assert customer.risk_stale_since is not None
    change = Change.objects.get()
    assert (change.what, change.former, change.chosen) == ("cadence", "", every.value)
    assert (change.former_words, change.chosen_words) == ("As we think", str(every.label))


def test_leaving_it_to_us_brings_the_segments_rhythm_back(contact: Contact, browser: Client) -> None:
    customer = contact.customer
    browser.post(address(contact), form(cadence=MONTH))
    browser.post(address(contact), form(cadence=""))
    customer.refresh_from_db()
    assert customer.cadence_days is None
    assert customer.next_due_on == customer.customer_since + timedelta(days=customer.segment.cadence_days)


def test_a_rhythm_agreed_with_staff_is_shown_and_stays(contact: Contact, browser: Client) -> None:
    Customer.objects.update(cadence_days=45)
    assert "Every 45 days, as agreed" in browser.get(address(contact)).content.decode()
    browser.post(address(contact), form(cadence="45", channel="phone"))
    assert everything(contact)[3] == 45
    assert Change.objects.get().what == "channel"
    browser.post(address(contact), form(cadence=MONTH, channel="phone"))
    assert Change.objects.filter(what="cadence").get().former_words == "Every 45 days"


def test_another_contacts_rhythm_is_recorded_but_is_not_the_customers(contact: Contact, browser: Client) -> None:
    colleague = factories.contact(contact.customer, is_primary=False)
    before = Customer.objects.get().next_due_on
    browser.post(address(colleague), form(cadence=CallEvery.YEAR.value))
    customer = Customer.objects.get()
    assert (customer.cadence_days, customer.next_due_on) == (None, before)
    assert Change.objects.get().contact == colleague
    options = browser.get(address(colleague)).context["selects"][0][2]
    assert [value for value, _label, is_on in options if is_on] == ["365"]


def test_channel_and_language_are_the_contacts_and_the_page_speaks_the_new_language(
    contact: Contact, browser: Client
) -> None:
    page = browser.post(address(contact), form(channel="messenger", language="de")).content.decode()
    assert "Gespeichert." in page
    assert 'lang="de"' in page
    assert everything(contact) == (set(ConsentKind), "messenger", "de", None)
    assert {(c.what, c.former, c.chosen, c.chosen_words) for c in Change.objects.all()} == {
        ("channel", "email", "messenger", "Messenger"), ("language", "en", "de", "German"),
    }  # fmt: skip


def test_the_customers_language_is_not_copied_when_nothing_else_was_chosen(contact: Contact, browser: Client) -> None:
    browser.post(address(contact), form())
    assert everything(contact) == UNTOUCHED
    assert not Change.objects.exists()


def test_the_same_choice_twice_leaves_one_trace(contact: Contact, browser: Client) -> None:
    for _ in range(2):
        browser.post(address(contact), {"save": "chosen", "cadence": MONTH, "channel": "phone", "language": "sv"})
    assert (ConsentChange.objects.count(), Change.objects.count()) == (3, 3)


@pytest.mark.parametrize("value", ["nonsense", "\x00", "-1", "31", "999999999999", "x" * 10_000, "😀"])
def test_a_choice_that_was_not_offered_changes_nothing(contact: Contact, browser: Client, value: str) -> None:
    answer = browser.post(address(contact), form(cadence=value, channel=value, language=value))
    assert answer.status_code == 200
    assert everything(contact) == UNTOUCHED


def test_staff_change_the_contact_while_the_page_is_open(contact: Contact, browser: Client) -> None:
    """Only what the page offers is written: a name corrected meanwhile stands."""
    browser.get(address(contact))
    Contact.objects.update(name="Amira El Haddad", phone="+46 1")
    browser.post(address(contact), form(channel="phone"))
    contact.refresh_from_db()
    assert (contact.name, contact.phone, contact.preferred_channel) == ("Amira El Haddad", "+46 1", "phone")


@pytest.mark.django_db(transaction=True)
def test_two_who_choose_at_once_leave_what_one_of_them_chose(contact: Contact) -> None:
    start = threading.Barrier(2)
    wishes = [
        Wishes(frozenset(), MONTH, "phone", "de"),
        Wishes(frozenset(ConsentKind), CallEvery.YEAR.value, "sms", "sv"),
    ]

    def one(wish: Wishes) -> None:
        try:
            start.wait(10)
            choose(Contact.objects.get(pk=contact.pk), wish, NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    contact.refresh_from_db()
    last = wishes_of(contact)
    assert last in wishes
    for what, chosen in (("cadence", last.cadence), ("channel", last.channel), ("language", last.language)):
        assert next(change.chosen for change in Change.objects.filter(what=what)) == chosen
        assert Change.objects.filter(what=what).count() == 2


def broken(contact: Contact) -> dict[str, str]:
    good = preference_token(contact.pk)
    return {
        "cut off": good[:-1],
        "changed": ("A" if good[0] != "A" else "B") + good[1:],
        "of nobody": preference_token(contact.pk + 1000),
        "for leaving": unsubscribe_token(contact.pk, ConsentKind.GREETINGS),
        "for a survey": tokens.make("survey", contact.pk),
        "only an id": str(contact.pk),
        "nonsense": "nonsense",
        "not ASCII": "äöü",
        "endless": "A" * 5000,
    }


@pytest.mark.parametrize("what", broken(Contact(pk=1)))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_not_made_here_gets_one_friendly_page(
    contact: Contact, browser: Client, what: str, method: str
) -> None:
    answer = getattr(browser, method)(f"/p/{broken(contact)[what]}/", form(save="nothing"))
    reference = getattr(browser, method)("/p/x/")
    assert answer.status_code == 404
    assert answer.content == reference.content
    assert "This link does not work" in answer.content.decode()
    assert everything(contact) == UNTOUCHED


def test_a_link_ends_with_its_contact_and_with_the_secret_key(contact: Contact, browser: Client, settings: Any) -> None:
    made = address(contact)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-" * 4
    assert browser.get(made).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert browser.get(made).status_code == 404
    made = address(contact)
    assert browser.get(made).status_code == 200
    contact.delete()
    assert browser.get(made).status_code == 404


def test_it_needs_no_cookie_sets_none_and_its_key_goes_nowhere(contact: Contact, browser: Client) -> None:
    for answer in (browser.get(address(contact)), browser.post(address(contact), form())):
        assert answer.status_code == 200
        assert not answer.cookies
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]


@pytest.mark.parametrize("language", Language)
def test_the_page_speaks_every_language(contact: Contact, browser: Client, language: str) -> None:
    Contact.objects.update(language=language)
    page = browser.get(address(contact)).content.decode()
    assert f'lang="{language}"' in page
    assert ('dir="rtl"' in page) == (language == "ar")
    assert ("As you think" in page) == (language == "en")


def test_the_link_in_a_mail_leads_to_the_page(contact: Contact, browser: Client) -> None:
    link = preference_link(contact.pk)
    assert link.startswith(f"{settings.SITE_URL}/p/")
    assert browser.get(urlsplit(link).path).status_code == 200
    assert contact_of(link.split("/")[-2]) == contact
