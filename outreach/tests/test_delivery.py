"""Handing over: what the server said decides what becomes of a message, and nothing is sent twice."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage as MailMessage
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import FollowUp
from outreach import claiming, delivery
from outreach.delivery import MOST_ATTEMPTS, deliver, pause
from outreach.models import Message, MessageKind, State, Suppression
from outreach.sweeping import sweep
from outreach.transport import Envelope, Transport
from retention_crm.lib.masking import mask
from tests import factories, smtp_sink
from tests.factories import NOW, TODAY
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


def run(at: datetime = NOW, **options: Any) -> dict[str, int]:
    return dict(deliver(now=lambda: at, **options))


def address_of(mail: MailMessage) -> str:
    return str(mail["To"].addresses[0].addr_spec)


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_a_due_greeting_is_sent_once_and_what_was_sent_is_kept(sink: Sink) -> None:
    message = factories.message()
    assert run() == {"sent": 1}
    assert run() == {}
    (mail,) = sink.mails
    message.refresh_from_db()
    assert (message.state, message.attempts, message.finished_at) == (State.SENT, 1, NOW)
    assert message.contact is not None
    assert message.sent_to == message.contact.email == address_of(mail)
    assert message.subject == str(mail["Subject"])
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
    assert message.body.strip() == mask(text).strip() != text.strip()


def test_what_is_not_due_waits(sink: Sink) -> None:
    factories.message(due_at=NOW + timedelta(seconds=1))
    assert run() == {}
    assert run(NOW + timedelta(seconds=1)) == {"sent": 1}


def test_all_go_over_one_connection_in_the_order_they_are_due(sink: Sink) -> None:
    messages = [factories.message(due_at=NOW - timedelta(minutes=number)) for number in range(1, 8)]
    assert run(batch=3) == {"sent": 7}
    assert sink.connections == 1
    assert [address_of(mail) for mail in sink.mails] == [m.contact.email for m in reversed(messages) if m.contact]


def test_a_slow_server_gets_what_is_left_of_a_batch_by_another_claim(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [factories.message(due_at=NOW - timedelta(minutes=number)) for number in range(1, 4)]
    monkeypatch.setattr(delivery, "PATIENCE", 0)
    counts = run()
    assert counts["sent"] == 3
    assert counts["waiting"] == 2 + 1
    assert [address_of(mail) for mail in sink.mails] == [m.contact.email for m in reversed(messages) if m.contact]
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_what_the_gate_stops_is_not_sent_and_says_why(sink: Sink) -> None:
    held = factories.message()
    factories.complaint(held.customer, what="Late delivery")
    late = factories.message(expires_at=NOW)
    lost = factories.message()
    Customer.objects.filter(messages=lost).update(lost_on=TODAY)
    assert run() == {"held": 1, "expired": 1, "cancelled": 1}
    assert sink.mails == []
    assert state(held) == ("held", "open_complaint")
    assert "Late delivery" in held.detail
    assert (state(late), state(lost)) == (("expired", "too_late"), ("cancelled", "lost"))


@pytest.mark.parametrize("answer", ["421 4.3.2 going down", "451 4.3.0 try later", "452 4.2.2 mailbox full"])
def test_a_definite_not_now_is_tried_again_later_with_the_same_message_id(sink: Sink, answer: str) -> None:
    message = factories.message()
    sink.answers = [answer]
    assert run() == {"waiting": 1}
    message.refresh_from_db()
    assert (message.state, message.reason) == ("planned", "later")
    assert answer[:3] in message.detail
    assert timedelta(seconds=45) < message.due_at - NOW < timedelta(seconds=75)
    assert run(NOW + timedelta(seconds=40)) == {}
    assert run(NOW + timedelta(minutes=2)) == {"sent": 1}
    assert sink.message_ids == [f"<{message.mail_key.hex}@testserver>"]


def test_the_others_of_the_batch_are_not_held_up_by_one_refusal(sink: Sink) -> None:
    for _number in range(5):
        factories.message()
    sink.answers = ["250 OK", "421 closing", "451 later", "250 OK"]
    assert run() == {"sent": 3, "waiting": 2}


def test_a_definite_no_fails_and_is_not_tried_again(sink: Sink) -> None:
    message = factories.message()
    sink.answers = ["554 5.7.1 spam"]
    assert run() == {"failed": 1}
    assert state(message) == ("failed", "refused")
    assert run(NOW + timedelta(hours=1)) == {}
    assert not Suppression.objects.exists()


def test_news_for_an_address_that_does_not_exist_is_for_the_owner_to_tell(sink: Sink) -> None:
    contact = factories.contact()
    row = factories.notice_for(contact.customer, "mail")
    factories.message(contact, kind="notice", notice_for=row)
    sink.rcpt_answers[contact.email] = "550 5.1.1 no such user"
    assert run() == {"failed": 1}
    row.refresh_from_db()
    assert (row.how, row.reasons, row.is_to_be_told) == ("call", ["no_mail"], True)


def test_an_address_that_does_not_exist_is_never_written_to_again(sink: Sink) -> None:
    message = factories.message()
    assert message.contact is not None
    sink.rcpt_answers[message.contact.email] = "550 5.1.1 no such user"
    assert run() == {"failed": 1}
    assert state(message) == ("failed", "bad_address")
    assert FollowUp.objects.get().title.startswith(f"Ask {message.contact.name} for a better address")
    another = factories.message(message.contact)
    assert run() == {"held": 1}
    assert state(another) == ("held", "suppressed")


def test_it_is_given_up_after_many_attempts(sink: Sink) -> None:
    message = factories.message(attempts=MOST_ATTEMPTS - 1)
    sink.answers = ["451 later"]
    assert run() == {"failed": 1}
    assert state(message) == ("failed", "gave_up")


@pytest.mark.parametrize("drop", [Sink.DROP_BEFORE, Sink.DROP_AFTER])
class TestALineThatBreaks:
    def test_customer_mail_is_unknown_and_never_sent_again_by_itself(self, sink: Sink, drop: str) -> None:
        message, other = factories.message(due_at=NOW - timedelta(hours=1)), factories.message()
        sink.answers = [drop]
        assert run() == {"unknown": 1, "sent": 1}
        assert state(message) == ("unknown", "line_lost")
        assert state(other) == ("sent", "")
        sweep(at=NOW)
        assert run(NOW + timedelta(hours=1)) == {}
        assert len(sink.mails) == (2 if drop == Sink.DROP_AFTER else 1)

    def test_a_staff_alert_is_sent_again(self, sink: Sink, owner: User, drop: str) -> None:
        customer = factories.customer(owner, next_due_on=TODAY - timedelta(days=3))
        factories.follow_up(customer)
        message = factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST)
        sink.answers = [drop]
        assert run() == {"waiting": 1}
        assert run(NOW + timedelta(minutes=2)) == {"sent": 1}
        assert state(message) == ("sent", "")


def test_a_server_that_cannot_be_reached_costs_nobody_an_attempt(settings: Any, sink: Sink) -> None:
    messages = [factories.message() for _number in range(3)]
    settings.MAILERS = smtp_sink.mailers(sink, port=1)
    assert run() == {"waiting": 3}
    for message in messages:
        assert state(message) == ("planned", "no_connection")
        assert (message.attempts, message.due_at) == (0, NOW + timedelta(minutes=1))
    settings.MAILERS = smtp_sink.mailers(sink)
    assert run(NOW + timedelta(minutes=1)) == {"sent": 3}


@pytest.mark.parametrize(
    "address", ["a b@example.com", "x\n@example.com", "ü@example.com", "two@example.com, three@example.com"]
)
def test_an_address_no_server_takes_holds_only_its_own_message(sink: Sink, address: str) -> None:
    bad, good = factories.message(due_at=NOW - timedelta(hours=1)), factories.message()
    Contact.objects.filter(messages=bad).update(email=address)
    assert run() == {"held": 1, "sent": 1}
    assert state(bad) == ("held", "no_address")
    assert state(good) == ("sent", "")


class Interrupted(Transport):
    """A transport during which something happens, at the moment the content would be sent."""

    def __init__(self, happens: Callable[[EmailMessage], object]) -> None:
        super().__init__()
        self.happens = happens

    def submit(self, envelope: Envelope) -> None:
        self.happens(envelope.mail)
        super().submit(envelope)


class TestCrashes:
    def test_nothing_is_open_in_the_database_while_the_server_is_spoken_to(self, sink: Sink) -> None:
        message = factories.message()
        seen = []

        def look(mail: EmailMessage) -> None:
            seen.append((connection.in_atomic_block, Message.objects.get(pk=message.pk).state))

        run(transport=Interrupted(look))
        assert seen == [(False, "submitting")]

    def test_a_worker_killed_in_the_middle_leaves_one_unknown_and_the_rest_to_others(self, sink: Sink) -> None:
        messages = [factories.message(due_at=NOW - timedelta(minutes=9 - number)) for number in range(4)]

        def die_at_the_third(mail: EmailMessage) -> None:
            if len(sink.mails) == 2:
                raise SystemExit

        with pytest.raises(SystemExit):
            # Without `finish`, as after kill -9: what was not committed is lost.
            delivery.Run(lambda: NOW, Interrupted(die_at_the_third)).batch(50)
        Message.objects.filter(state__in=["leased", "submitting"]).update(lease_until=NOW - timedelta(days=300))
        assert sweep(at=NOW) == {"again": 1, "unknown": 1, "expired": 0}
        assert run() == {"sent": 1}
        states = [state(message)[0] for message in messages]
        assert states == ["sent", "sent", "unknown", "sent"]
        assert len(sink.message_ids) == len(set(sink.message_ids)) == 3

    def test_who_wakes_up_after_the_lease_was_taken_over_sends_nothing(self, sink: Sink) -> None:
        message = factories.message()
        (token,) = claiming.claim(at=NOW, limit=1).values()
        Message.objects.update(lease_until=NOW - timedelta(days=300))
        sweep(at=NOW)
        claiming.claim(at=NOW, limit=1)
        assert not claiming.begin_submitting(message, token, after=None, at=NOW)
        assert claiming.settle([claiming.Settlement(message.pk, token, State.SENT)], at=NOW) == 0
        assert state(message)[0] == "leased"

    def test_an_outcome_that_comes_after_the_sweep_still_counts(self, sink: Sink) -> None:
        message = factories.message()

        def overslept(mail: EmailMessage) -> None:
            Message.objects.update(lease_until=NOW - timedelta(days=300))
            assert sweep(at=NOW)["unknown"] == 1

        run(transport=Interrupted(overslept))
        assert state(message) == ("sent", "")

    def test_what_is_cancelled_between_the_gate_and_the_hand_over_is_not_sent(self, sink: Sink) -> None:
        first, second = factories.message(due_at=NOW - timedelta(hours=1)), factories.message()

        def withdraw(mail: EmailMessage) -> None:
            Message.objects.filter(pk=second.pk).update(state=State.CANCELLED, reason="consent_withdrawn")

        assert run(transport=Interrupted(withdraw)) == {"sent": 1, "taken_back": 1}
        assert (state(first)[0], state(second)) == ("sent", ("cancelled", "consent_withdrawn"))


def test_pauses_double_to_six_hours_and_are_spread() -> None:
    assert all(timedelta(seconds=48) <= pause(0) <= timedelta(seconds=72) for _number in range(50))
    assert timedelta(minutes=6.4) <= pause(3) <= timedelta(minutes=9.6)
    assert pause(30) <= timedelta(hours=7.2)
    assert len({pause(2) for _number in range(20)}) > 1


def test_the_time_is_limited_and_says_that_there_is_more(sink: Sink) -> None:
    for _number in range(4):
        factories.message()
    assert run(batch=2, seconds=0) == {"sent": 2, "more": 1}
    assert run(batch=2) == {"sent": 2}


def test_nothing_due_costs_at_most_two_queries(django_assert_max_num_queries: Any, sink: Sink) -> None:
    Company.current()
    with django_assert_max_num_queries(2):
        assert run() == {}
    assert sink.connections == 0
