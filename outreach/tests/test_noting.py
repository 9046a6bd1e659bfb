"""What happens to mails after they were handed over: each event once, in any order, and what follows from it."""

import itertools
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Company, User
from customers.models import ConsentChange, ConsentKind, Contact, Customer
from interactions.models import FollowUp
from outreach.bounces.hardness import is_hard
from outreach.bounces.noting import Happening, What, give_up, take_note
from outreach.models import Message, MessageKind, ProviderEvent, State, Suppression
from tests import factories
from tests.factories import NOW

ADDRESS = "amira@lindqvist.example"
_numbers = itertools.count(1)


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email=ADDRESS)


@pytest.fixture
def message(contact: Contact) -> Message:
    return factories.message(contact, state=State.SENT, sent_to=ADDRESS)


def told(what: What, message: Message | None = None, **fields: Any) -> Happening:
    fields.setdefault("key", f"test:{next(_numbers)}")
    fields.setdefault("address", ADDRESS)
    return Happening(what=what, happened_at=NOW, message=message, **fields)


def note(*happenings: Happening) -> Counter[str]:
    return take_note(happenings, at=NOW)


def is_suppressed(address: str = ADDRESS) -> bool:
    return Suppression.objects.among([address]) == {address}


def allowed(contact: Contact) -> set[ConsentKind]:
    contact.refresh_from_db()
    return {kind for kind in ConsentKind if contact.allows(kind)}


def test_a_hard_bounce_ends_the_address_and_asks_the_owner_for_a_better_one(message: Message, owner: User) -> None:
    assert note(told(What.BOUNCED, message, words="550 5.1.1 No such user")) == {"bounced": 1}

    assert is_suppressed()
    assert Suppression.objects.get().reason == "550 5.1.1 No such user"
    task = FollowUp.objects.get()
    assert (task.customer, task.assignee, task.origin) == (message.customer, owner, FollowUp.Origin.MAIL)
    assert task.title == f"Ask Amira Haddad for a better address: {ADDRESS} does not exist"
    assert task.due_at > NOW
    message.refresh_from_db()
    assert message.state == State.SENT
    event = message.provider_events.get()
    assert (event.what, event.words, event.happened_at) == ("bounced", "550 5.1.1 No such user", NOW)


def test_the_owner_is_asked_once_for_each_contact_and_address(contact: Contact, message: Message) -> None:
    other = factories.message(contact, kind=MessageKind.THANK_YOU, state=State.SENT, sent_to=ADDRESS)
    note(told(What.BOUNCED, message), told(What.BOUNCED, other))
    task = FollowUp.objects.get()
    task.finish(contact.customer.owner, NOW)
    note(told(What.BOUNCED, message))
    assert FollowUp.objects.count() == 1

    contact.email = "other@lindqvist.example"
    contact.save()
    note(told(What.BOUNCED, factories.message(contact, sent_to=contact.email, state=State.SENT)))
    assert FollowUp.objects.count() == 2


def test_two_who_share_an_address_are_both_asked_for(contact: Contact, message: Message) -> None:
    factories.contact(name="Bo Ek", email=ADDRESS.upper())
    note(told(What.BOUNCED, message))
    assert {task.title.split(" for ")[0] for task in FollowUp.objects.all()} == {"Ask Amira Haddad", "Ask Bo Ek"}


@pytest.mark.parametrize(
    "change",
    [
        {"email": "new@lindqvist.example"},
        {"email": ""},
        {"deceased": True},
        {"do_not_contact": True},
        {"customer__lost_on": NOW.date()},
        {"customer__do_not_contact": True},
    ],
)
def test_nobody_is_asked_where_there_is_no_point(contact: Contact, message: Message, change: dict[str, Any]) -> None:
    for name, value in change.items():
        row = contact.customer if name.startswith("customer__") else contact
        setattr(row, name.removeprefix("customer__"), value)
        row.save()
    note(told(What.BOUNCED, message))
    assert is_suppressed()
    assert not FollowUp.objects.exists()


def test_a_complaint_ends_the_address_and_all_consent(contact: Contact, message: Message) -> None:
    waiting = factories.message(contact, kind=MessageKind.SURVEY)
    note(told(What.COMPLAINED, message))
    assert is_suppressed()
    assert allowed(contact) == set()
    assert {c.source for c in ConsentChange.objects.all()} == {"provider"}
    assert ConsentChange.objects.count() == 3
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.CANCELLED, "consent_withdrawn")
    assert "do not want our mail" in waiting.detail
    assert not FollowUp.objects.exists()


def test_leaving_at_the_provider_withdraws_consent_but_not_the_address(contact: Contact, message: Message) -> None:
    note(told(What.UNSUBSCRIBED, message))
    assert allowed(contact) == set()
    assert not is_suppressed()


@pytest.mark.parametrize("what", [What.DELIVERED, What.NOT_YET, What.REFUSED])
def test_the_rest_is_only_recorded(contact: Contact, message: Message, what: What) -> None:
    note(told(what, message, words="452 4.2.2 Mailbox full"))
    assert ProviderEvent.objects.get().what == what
    assert not is_suppressed()
    assert allowed(contact) == set(ConsentKind)
    assert not FollowUp.objects.exists()


def test_the_same_event_counts_once(message: Message) -> None:
    bounce = told(What.BOUNCED, message)
    assert note(bounce, bounce) == {"bounced": 1}
    assert note(bounce) == {}
    assert (ProviderEvent.objects.count(), FollowUp.objects.count()) == (1, 1)


def test_the_order_of_events_does_not_matter(contact: Contact, company: Company) -> None:
    kinds = (What.DELIVERED, What.NOT_YET, What.BOUNCED)
    results = set()
    for order in itertools.permutations(kinds):
        message = factories.message(contact, state=State.UNKNOWN, sent_to=ADDRESS)
        note(*(told(what, message) for what in order))
        message.refresh_from_db()
        results.add((message.state, is_suppressed(), FollowUp.objects.count(), message.provider_events.count()))
        Suppression.objects.all().delete()
    assert results == {(State.SENT, True, 1, 3)}


@pytest.mark.parametrize("what", [What.DELIVERED, What.NOT_YET, What.BOUNCED, What.COMPLAINED, What.UNSUBSCRIBED])
def test_an_unknown_hand_over_is_known_by_what_came_of_it(contact: Contact, what: What) -> None:
    message = factories.message(contact, state=State.UNKNOWN, sent_to=ADDRESS, finished_at=NOW)
    note(told(what, message))
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SENT, "told_later")
    assert "handed over" in message.detail


def test_what_the_provider_refused_is_not_known_to_have_been_sent(contact: Contact) -> None:
    message = factories.message(contact, state=State.UNKNOWN, sent_to=ADDRESS)
    note(told(What.REFUSED, message))
    message.refresh_from_db()
    assert message.state == State.UNKNOWN


@pytest.mark.parametrize("state", [state for state in State if state not in {State.UNKNOWN, State.PLANNED}])
def test_no_other_state_is_touched(contact: Contact, state: State) -> None:
    message = factories.message(contact, state=state, sent_to=ADDRESS)
    note(told(What.BOUNCED, message), told(What.DELIVERED, message))
    message.refresh_from_db()
    assert message.state == state


def test_a_message_nobody_knows_still_tells_about_its_address(contact: Contact) -> None:
    note(told(What.BOUNCED))
    assert is_suppressed()
    assert FollowUp.objects.count() == 1
    assert ProviderEvent.objects.get().message is None


def test_a_forwarded_mail_ends_the_address_we_wrote_to(message: Message) -> None:
    note(told(What.BOUNCED, message, address="forwarded@elsewhere.example"))
    assert is_suppressed()
    assert not is_suppressed("forwarded@elsewhere.example")


def test_an_event_without_any_address_does_nothing_but_stand_there(company: Company, db: None) -> None:
    without = factories.contact(email="")
    note(*(told(what, address="") for what in (What.BOUNCED, What.COMPLAINED, What.UNSUBSCRIBED)))
    assert ProviderEvent.objects.count() == 3
    assert allowed(without) == set(ConsentKind)
    assert not FollowUp.objects.exists()
    assert not Suppression.objects.exists()


def test_the_suppression_outlives_the_contact(contact: Contact, message: Message) -> None:
    note(told(What.BOUNCED, message))
    contact.delete()
    assert is_suppressed()
    assert ADDRESS not in "".join(str(row) for row in Suppression.objects.values_list())
    assert ProviderEvent.objects.exists()


def test_an_address_is_found_however_it_is_written(settings: Any, db: None) -> None:
    Suppression.objects.suppress("bo@xn--mller-kva.example", "x", NOW)
    ways = ["bo@müller.example", "BO@MÜLLER.example", " bo@xn--mller-kva.example "]
    assert Suppression.objects.among([*ways, "bo@muller.example"]) == set(ways)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-" * 4
    assert Suppression.objects.among(ways) == set(ways)
    Suppression.objects.suppress("bo@müller.example", "y", NOW)
    assert Suppression.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_the_same_at_once_tell_it_once(contact: Contact) -> None:
    message = factories.message(contact, state=State.SENT, sent_to=ADDRESS)
    start = threading.Barrier(2)
    counts: Counter[str] = Counter()

    def tell() -> None:
        try:
            start.wait(10)
            counts.update(note(told(What.BOUNCED, message, key="the same")))
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert counts == {"bounced": 1}
    assert (ProviderEvent.objects.count(), FollowUp.objects.count(), Suppression.objects.count()) == (1, 1, 1)


def test_giving_up_costs_no_more_when_it_is_said_again(contact: Contact) -> None:
    for _ in range(3):
        give_up(ADDRESS, "x" * 1000, NOW + timedelta(days=1))
    assert FollowUp.objects.count() == 1


@pytest.mark.parametrize(
    ("status", "words", "hard"),
    [
        ("5.1.1", "", True),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", True),
        ("5.4.4", "Host or domain name not found", True),
        ("5.2.1", "mailbox disabled", True),
        ("5.0.0", "550 5.1.1 <x@y.example>: Recipient address rejected: User unknown", True),
        ("5.0.0", "550 No such user here", True),
        ("5.0.0", "Unrouteable address", True),
        ("", "550 5.1.1 no mailbox", True),
        ("5.0.0", "550 Blocked by spam filter: user unknown reputation", False),
        ("5.0.0", "550 Administrative prohibition", False),
        ("5.0.0", "", False),
        ("5.1.8", "Sender address rejected", False),
        ("5.2.2", "mailbox full", False),
        ("5.7.1", "550 5.7.1 message rejected due to policy", False),
        ("5.7.26", "unauthenticated", False),
        ("4.4.1", "connection timed out", False),
        ("4.2.2", "user over quota", False),
        ("5.3.4", "message too big", False),
        ("", "", False),
        ("nonsense", "1.2.3.4", False),
        ("5.0.0", "connect to 5.1.1.7: no answer", False),
    ],
)
def test_only_an_address_that_does_not_exist_is_given_up(status: str, words: str, hard: bool) -> None:
    assert is_hard(status, words) is hard
