"""Merging and the ledger: nobody is greeted twice for it, and nothing that waits for who is gone goes out."""

from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import ConsentKind, Contact, Customer
from outreach.accounting import account
from outreach.cancelling import UNSENT
from outreach.delivery import deliver
from outreach.merging import Gone, merge
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.preferences import contact_of, preference_token
from outreach.unsubscribing import meant_by, unsubscribe_token
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db

BIRTHDAY = {"birthday_day": TODAY.day, "birthday_month": TODAY.month}


@pytest.fixture
def kept(company: Company, owner: User) -> Contact:
    return factories.contact(factories.customer(owner), name="Amira Haddad", **BIRTHDAY)


@pytest.fixture
def lost(kept: Contact) -> Contact:
    return factories.contact(kept.customer, name="A. Haddad", **BIRTHDAY)


def birthday(of: Contact, **fields: Any) -> Message:
    return factories.message(of, occasion=f"birthday:{of.pk}:{TODAY.year}", **fields)


def now(message: Message) -> Message:
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("state", UNSENT)
def test_what_waits_for_the_one_that_goes_is_cancelled(kept: Contact, lost: Contact, owner: User, state: str) -> None:
    waiting = factories.message(lost, state=state)

    merge(kept, lost, by=owner, at=NOW)

    assert (now(waiting).state, waiting.reason, waiting.detail, waiting.finished_at) == (
        State.CANCELLED,
        "merged",
        "Merged into Amira Haddad.",
        NOW,
    )
    assert waiting.contact == kept


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.SUBMITTING, State.FAILED, State.EXPIRED])
def test_what_is_over_or_under_way_stays_and_is_the_kept_one_s(
    kept: Contact, lost: Contact, owner: User, state: str
) -> None:
    over = factories.message(lost, state=state)

    merge(kept, lost, by=owner, at=NOW)

    assert (now(over).state, over.contact) == (state, kept)


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.SUBMITTING])
@pytest.mark.parametrize("is_planned", [True, False])
def test_who_was_greeted_this_year_is_not_greeted_again_under_the_other_name(
    kept: Contact, lost: Contact, owner: User, state: str, is_planned: bool
) -> None:
    birthday(lost, state=state)
    if is_planned:
        birthday(kept)

    merge(kept, lost, by=owner, at=NOW)
    plan(at=NOW)

    own = Message.objects.get(occasion=f"birthday:{kept.pk}:{TODAY.year}")
    assert (own.state, own.reason, own.contact) == (State.CANCELLED, "merged", kept)
    assert own.detail == "They had this as A. Haddad, who was merged into them."
    assert not Message.objects.filter(state__in=UNSENT, kind=MessageKind.BIRTHDAY).exists()
    assert not any(row.missing for row in account(at=NOW).kinds)


def test_who_was_not_greeted_yet_is_greeted_once(kept: Contact, lost: Contact, owner: User) -> None:
    birthday(lost)

    merge(kept, lost, by=owner, at=NOW)
    plan(at=NOW)
    plan(at=NOW)

    (greeting,) = Message.objects.filter(state=State.PLANNED, kind=MessageKind.BIRTHDAY)
    assert greeting.occasion == f"birthday:{kept.pk}:{TODAY.year}"


def test_a_birthday_only_the_one_that_goes_had_is_greeted_once(owner: User, company: Company) -> None:
    kept = factories.contact(factories.customer(owner))
    lost = factories.contact(kept.customer, **BIRTHDAY)
    plan(at=NOW)

    merge(kept, lost, by=owner, at=NOW)
    plan(at=NOW)

    states = dict(Message.objects.filter(kind=MessageKind.BIRTHDAY).values_list("occasion", "state"))
    assert states == {
        f"birthday:{lost.pk}:{TODAY.year}": State.CANCELLED,
        f"birthday:{kept.pk}:{TODAY.year}": State.PLANNED,
    }


def test_a_greeting_a_person_stopped_does_not_come_under_the_other_name(
    kept: Contact, lost: Contact, owner: User
) -> None:
    birthday(lost, state=State.CANCELLED, reason="by_hand")

    merge(kept, lost, by=owner, at=NOW)
    plan(at=NOW)

    assert not Message.objects.filter(state__in=UNSENT, kind=MessageKind.BIRTHDAY).exists()


def test_the_greeting_of_another_year_or_of_somebody_else_counts_for_nothing(
    kept: Contact, lost: Contact, owner: User
) -> None:
    factories.message(lost, occasion=f"birthday:{lost.pk}:{TODAY.year - 1}", state=State.SENT)
    factories.message(lost, occasion=f"birthday:{lost.pk}0:{TODAY.year}", state=State.SENT)
    own = birthday(kept)

    merge(kept, lost, by=owner, at=NOW)

    assert now(own).state == State.PLANNED


def test_a_special_day_of_both_that_was_greeted_is_not_greeted_again(kept: Contact, lost: Contact, owner: User) -> None:
    own = factories.dated_event(kept, name="Opening")
    other = factories.dated_event(lost, name="Opening")
    factories.message(
        lost, kind=MessageKind.EVENT, occasion=f"event:{other.pk}:{TODAY.year}", dated_event=other, state=State.SENT
    )
    waiting = factories.message(kept, kind=MessageKind.EVENT, occasion=f"event:{own.pk}:{TODAY.year}", dated_event=own)

    merge(kept, lost, by=owner, at=NOW)

    assert now(waiting).state == State.CANCELLED


def test_messages_of_the_kept_one_go_on(kept: Contact, lost: Contact, owner: User) -> None:
    own = factories.message(kept, kind=MessageKind.THANK_YOU)

    merge(kept, lost, by=owner, at=NOW)

    assert (now(own).state, own.contact) == (State.PLANNED, kept)


def test_links_of_mails_to_the_one_that_is_gone_are_the_kept_one_s(kept: Contact, lost: Contact, owner: User) -> None:
    tokens = [unsubscribe_token(lost.pk, kind) for kind in ConsentKind]

    merge(kept, lost, by=owner, at=NOW)

    assert [meant_by(token) for token in tokens] == [(kept, kind) for kind in ConsentKind]
    assert contact_of(preference_token(lost.pk)) == kept


def test_the_people_of_two_customers_stay_apart_and_their_mails_go_on(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    message = factories.message(factories.contact(lost))

    merge(kept, lost, by=owner, at=NOW)

    assert (now(message).state, message.customer) == (State.PLANNED, kept)


def test_who_is_at_both_customers_becomes_one_and_their_second_greeting_is_cancelled(
    company: Company, owner: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    who = {"name": "Anna Berg", "email": "anna@example.com", **BIRTHDAY}
    one, other = factories.contact(kept, **who), factories.contact(lost, **who)
    own, second = birthday(one), birthday(other)

    merge(kept, lost, by=owner, at=NOW)

    assert list(kept.contacts.all()) == [one]
    assert (now(own).state, now(second).state, second.customer) == (State.PLANNED, State.CANCELLED, kept)


@pytest.mark.parametrize("occasion", ["anniversary:{}:2026", "thank-you:customer:{}"])
@pytest.mark.parametrize("is_planned", [True, False])
def test_what_is_about_a_customer_comes_once_for_both(
    company: Company, owner: User, occasion: str, is_planned: bool
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    factories.message(factories.contact(lost), occasion=occasion.format(lost.pk), state=State.SENT)
    if is_planned:
        factories.message(factories.contact(kept), occasion=occasion.format(kept.pk))

    merge(kept, lost, by=owner, at=NOW)

    assert Message.objects.get(occasion=occasion.format(kept.pk)).state == State.CANCELLED


def test_what_waits_and_is_about_the_customer_that_goes_is_cancelled(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    waiting = factories.message(factories.contact(lost), occasion=f"anniversary:{lost.pk}:2026")

    merge(kept, lost, by=owner, at=NOW)

    assert (now(waiting).state, waiting.detail) == (State.CANCELLED, f"Merged into {kept.name}.")


def test_the_last_touchpoint_and_the_due_day_are_those_of_both(company: Company, owner: User) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    factories.interaction(lost)
    Customer.objects.filter(pk=kept.pk).update(risk_stale_since=None)

    merged = merge(kept, lost, by=owner, at=NOW).customer

    merged.refresh_from_db()
    assert (merged.last_touchpoint_at, merged.last_touchpoint_on) == (NOW, TODAY)
    assert merged.risk_stale_since == NOW


def test_nobody_is_merged_into_themselves_or_across_customers(company: Company, kept: Contact, owner: User) -> None:
    with pytest.raises(ValueError, match="itself"):
        merge(kept, kept, by=owner, at=NOW)
    with pytest.raises(ValueError, match="two customers"):
        merge(kept, factories.contact(), by=owner, at=NOW)


def test_the_second_of_two_who_merge_the_same_is_told(kept: Contact, lost: Contact, owner: User) -> None:
    other = Contact.objects.get(pk=lost.pk)
    merge(kept, lost, by=owner, at=NOW)

    with pytest.raises(Gone):
        merge(kept, other, by=owner, at=NOW)


def test_a_worker_hands_over_one_greeting_after_a_merge(kept: Contact, lost: Contact, owner: User) -> None:
    birthday(kept)
    birthday(lost)

    merge(kept, lost, by=owner, at=NOW)

    assert dict(deliver(now=lambda: NOW)) == {"sent": 1}
