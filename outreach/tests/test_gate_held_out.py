"""Some contacts get no automatic greeting, drawn by lot; nobody is asked to call instead."""

from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from outreach.gate.checking import check
from outreach.models import Message, MessageKind, Notification, State
from outreach.planning import plan
from retention_crm.lib.drawing import is_drawn
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


@pytest.fixture
def people(customer: Customer) -> list[Contact]:
    Company.objects.update(greetings_held_out_every=2)
    born = {"birthday_month": TODAY.month, "birthday_day": TODAY.day}
    return [factories.contact(factories.customer(customer.owner), **born) for _number in range(12)]


def rulings(messages: list[Message]) -> dict[int, Any]:
    return check(messages, at=NOW, company=Company.current())


def test_those_drawn_get_no_greeting_and_it_says_why(people: list[Contact]) -> None:
    messages = [factories.message(contact) for contact in people]
    found = rulings(messages)

    drawn = {contact.pk for contact in people if is_drawn("greeting", contact.pk, 2)}
    assert {message.contact_id for message in messages if message.pk in found} == drawn
    assert 0 < len(drawn) < 12
    assert {(ruling.state, ruling.rule) for ruling in found.values()} == {(State.CANCELLED, "held_out")}
    assert "Drawn by lot" in str(next(iter(found.values())).why)


def test_thanks_and_letters_are_no_greetings(people: list[Contact]) -> None:
    kinds = [MessageKind.THANK_YOU, MessageKind.LETTER]
    messages = [factories.message(contact, kind=kind) for contact in people for kind in kinds]
    assert rulings(messages) == {}


def test_what_would_be_held_anyway_is_held_and_not_counted_as_drawn(people: list[Contact]) -> None:
    drawn = next(contact for contact in people if is_drawn("greeting", contact.pk, 2))
    factories.complaint(drawn.customer)
    (ruling,) = rulings([factories.message(drawn)]).values()
    assert (ruling.state, ruling.rule) == (State.HELD, "open_complaint")


def test_without_a_lot_everybody_is_greeted(people: list[Contact]) -> None:
    Company.objects.update(greetings_held_out_every=0)
    assert rulings([factories.message(contact) for contact in people]) == {}


def test_a_greeting_left_out_rings_nowhere_and_is_not_planned_again(people: list[Contact]) -> None:
    plan(at=NOW)
    drawn = {contact.pk for contact in people if is_drawn("greeting", contact.pk, 2)}
    left_out = Message.objects.filter(contact__in=drawn)
    left_out.update(state=State.CANCELLED, reason="held_out", finished_at=NOW)
    plan(at=NOW)
    assert set(left_out.values_list("state", flat=True)) == {State.CANCELLED}
    assert not Notification.objects.exists()
