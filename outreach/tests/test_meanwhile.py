"""What happens between planning and handing over: who left, answered, was erased or merged gets nothing any more."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import time as time_of_day
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox

from accounts.models import Company, User
from customers.models import ConsentKind, Contact
from outreach import claiming
from outreach.accounting import account
from outreach.delivery import deliver
from outreach.erasing import erase
from outreach.merging import merge
from outreach.models import Message, MessageKind, State
from outreach.tasks import deliver as deliver_tick
from outreach.unsubscribing import withdraw
from retention_crm.lib import clock
from tests import factories, smtp_sink
from tests.celery_workers import worker
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db(transaction=True)

BIRTHDAY = {"birthday_day": TODAY.day, "birthday_month": TODAY.month}
PATIENCE = 90

type Happening = Callable[[Message, User], object]


def leave(message: Message, by: User) -> None:
    assert message.contact
    withdraw(message.contact, [ConsentKind.GREETINGS, ConsentKind.SURVEYS], NOW)


def be_erased(message: Message, by: User) -> None:
    assert message.contact
    erase(message.contact, by=by, at=NOW)


def be_merged(message: Message, by: User) -> None:
    assert message.contact
    merge(factories.contact(message.contact.customer), message.contact, by=by, at=NOW)


def be_merged_with_the_customer(message: Message, by: User) -> None:
    contact = message.contact
    assert contact
    kept = factories.customer(by)
    factories.contact(kept, name=contact.name, email=contact.email)
    merge(kept, contact.customer, by=by, at=NOW)


def answer(message: Message, by: User) -> None:
    assert message.invitation
    factories.response(message.invitation)


CALLED_BACK: dict[Happening, str] = {
    leave: "consent_withdrawn",
    be_erased: "erased",
    be_merged: "merged",
    be_merged_with_the_customer: "merged",
}


@pytest.fixture
def reminder(company: Company, owner: User) -> Message:
    """What can be answered, too."""
    contact = factories.contact(factories.customer(owner), **BIRTHDAY)
    return factories.message(contact, kind=MessageKind.REMINDER, invitation=factories.invitation(contact))


@pytest.mark.parametrize("happens", [*CALLED_BACK, answer], ids=lambda happens: happens.__name__)
def test_before_a_worker_takes_it(reminder: Message, owner: User, happens: Happening) -> None:
    happens(reminder, owner)

    deliver(now=lambda: NOW)

    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == (State.CANCELLED, CALLED_BACK.get(happens, "answered"))
    assert outbox.outbox == []


@pytest.mark.parametrize("happens", CALLED_BACK, ids=lambda happens: happens.__name__)
def test_after_a_worker_took_it_and_wrote_the_mail(
    reminder: Message, owner: User, happens: Happening, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = claiming.begin_submitting

    def begin(*args: Any, **options: Any) -> bool:
        happens(reminder, owner)
        return real(*args, **options)

    monkeypatch.setattr(claiming, "begin_submitting", begin)

    assert dict(deliver(now=lambda: NOW)) == {"taken_back": 1}

    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == (State.CANCELLED, CALLED_BACK[happens])
    assert (reminder.subject, reminder.body, reminder.sent_to) == ("", "", "")
    assert outbox.outbox == []


@pytest.mark.processes
def test_what_is_called_back_while_two_workers_send_is_sent_or_called_back_and_never_both(broker: None) -> None:
    at = clock.now()
    today = clock.today("Europe/Stockholm", at)
    Company(pk=1, quiet_from=time_of_day(), quiet_until=time_of_day()).save()
    owner, segment = factories.user(), factories.segment()
    greetings = []
    for _number in range(90):
        contact = factories.contact(
            factories.customer(owner, segment=segment), birthday_day=today.day, birthday_month=today.month
        )
        due = {"due_at": at - timedelta(seconds=5), "expires_at": at + timedelta(hours=1)}
        greetings.append(factories.message(contact, occasion=f"birthday:{contact.pk}:{today.year}", **due))
    with smtp_sink.running() as sink, ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(worker(name, EMAIL_URL=sink.url))
        deadline = time.monotonic() + PATIENCE
        while not sink.mails:
            assert time.monotonic() < deadline
            deliver_tick.delay()
            time.sleep(0.1)
        # From the one due last on, towards the workers.
        for number, greeting in enumerate(reversed(greetings)):
            list(CALLED_BACK)[number % 3](greeting, owner)
            deliver_tick.delay()
        while Message.objects.waiting().exists():
            assert time.monotonic() < deadline, dict(Message.objects.values_list("pk", "state"))
            deliver_tick.delay()
            time.sleep(0.1)
        taken = [identifier.strip("<>").partition("@")[0] for identifier in sink.message_ids]

    sent = Message.objects.filter(state=State.SENT).values_list("mail_key", flat=True)
    assert sorted(taken) == sorted(key.hex for key in sent)
    fates = dict(Message.objects.filter(pk__in=[row.pk for row in greetings]).values_list("pk", "state"))
    assert set(fates.values()) == {State.SENT, State.CANCELLED}
    assert not Contact.objects.filter(pk__in=[row.contact_id for row in greetings[1::3]]).exists()
    assert account(at=clock.now()).balances
