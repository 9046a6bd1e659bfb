"""A greeting the gate held back stands on Today with its reason, as a call, until somebody has called."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, OwnerChange
from dashboard.today import collect
from outreach.delivery import deliver
from outreach.models import Message, MessageKind, State
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
YESTERDAY = NOW - timedelta(days=1)


def broken_promise(message: Message) -> None:
    factories.follow_up(message.customer, title="Send the samples", is_promise=True, due_at=YESTERDAY)


def bad_answer(message: Message) -> None:
    factories.response(factories.invitation(message.contact), score=3, answered_at=YESTERDAY)


def new_owner(message: Message) -> None:
    assert message.customer is not None
    owner = message.customer.owner
    OwnerChange.objects.create(customer=message.customer, former=factories.user(), owner=owner, changed_at=YESTERDAY)


def twice_in_a_week(message: Message) -> None:
    values: dict[str, Any] = {"kind": MessageKind.SURVEY, "state": State.SENT, "finished_at": YESTERDAY}
    factories.message(message.contact, due_at=YESTERDAY, **values)
    Message.objects.filter(pk=message.pk).update(kind=MessageKind.THANK_YOU)


def too_late_at_night(message: Message) -> None:
    Customer.objects.update(time_zone="Pacific/Kiritimati")
    Message.objects.filter(pk=message.pk).update(kind=MessageKind.THANK_YOU)


REASONS: list[tuple[Callable[[Message], None], str, str]] = [
    (broken_promise, "overdue_promise", "We promised “Send the samples” by 25 November 2026. Keep it first, or call."),
    (bad_answer, "detractor", "They scored us 3 of 10 on 25 November 2026. Call instead."),
    (new_owner, "owner_changed", "Mia Berg looks after them since 25 November 2026; introduce yourself first."),
    (twice_in_a_week, "budget", "They got another message on 25 November 2026 (Survey invitation)"),
    (too_late_at_night, "quiet_hours", "would be too late; call instead."),
]


def held(user: User) -> list[Message]:
    sections = collect(user, at=NOW, company=Company.current())
    return [row for section in sections if section.key == "held" for row in section.rows]


@pytest.mark.parametrize(("trouble", "rule", "sentence"), REASONS, ids=[rule for _make, rule, _words in REASONS])
def test_it_is_a_call_for_the_owner_until_the_call_is_logged(
    owner: User,
    teammate: User,
    login: Callable[[User], Client],
    trouble: Callable[[Message], None],
    rule: str,
    sentence: str,
) -> None:
    customer = factories.customer(owner, name="Lindqvist AB", customer_since=TODAY)
    contact = factories.contact(customer, birthday_month=TODAY.month, birthday_day=TODAY.day)
    message = factories.message(contact)
    trouble(message)
    assert dict(deliver(now=lambda: NOW)) == {"held": 1}

    assert [(row.pk, row.detail.startswith(sentence) or sentence in row.detail) for row in held(owner)] == [
        (message.pk, True)
    ]
    assert held(teammate) == []
    message.refresh_from_db()
    assert message.reason == rule
    page = login(owner).get(reverse("today")).content.decode()
    assert sentence in page
    assert "Call instead" in page

    factories.interaction(customer, author=owner, happened_at=NOW)

    assert held(owner) == []


def test_what_only_waits_is_no_call(owner: User) -> None:
    customer = factories.customer(owner)
    contact = factories.contact(customer)
    waiting = factories.message(contact, kind=MessageKind.THANK_YOU, expires_at=NOW + timedelta(days=9))
    factories.message(contact, kind=MessageKind.SURVEY, state=State.SENT, finished_at=YESTERDAY, due_at=YESTERDAY)
    assert dict(deliver(now=lambda: NOW)) == {"waiting": 1}
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("planned", "budget")
    assert held(owner) == []


def test_once_the_owner_is_introduced_the_greeting_goes_out(owner: User) -> None:
    contact = factories.contact(factories.customer(owner), birthday_month=TODAY.month, birthday_day=TODAY.day)
    message = factories.message(contact)
    new_owner(message)
    factories.interaction(contact.customer, author=owner, happened_at=NOW)
    assert dict(deliver(now=lambda: NOW)) == {"sent": 1}
