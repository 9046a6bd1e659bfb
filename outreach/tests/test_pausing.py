"""Pausing: a refused login, sender or line stops all sending with one alert, costs no message anything, and ends."""

import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection

from accounts.models import User
from outreach import pausing
from outreach.accounting import account
from outreach.delivery import MOST_ATTEMPTS, deliver
from outreach.models import Message, SendingPause, State, Suppression
from outreach.pausing import Cause
from outreach.refusals import cause_of_failure, cause_of_refusal
from tests import factories, smtp_sink
from tests.factories import NOW
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


@pytest.fixture
def refused_sender(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server answers to MAIL FROM, as long as there is something in it."""
    answers = ["550 5.7.1 You may not send as this sender"]

    async def handle(server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if answers:
            return answers[0]
        envelope.mail_from = address
        return "250 OK"

    monkeypatch.setattr(sink, "handle_MAIL", handle, raising=False)
    return answers


def run(at: datetime = NOW, **options: Any) -> dict[str, int]:
    return dict(deliver(now=lambda: at, **options))


def greetings(number: int) -> list[Message]:
    return [factories.message(due_at=NOW - timedelta(hours=1, minutes=count)) for count in range(number)]


def rows() -> list[tuple[Any, ...]]:
    return list(Message.objects.order_by("pk").values_list("state", "reason", "attempts", "due_at"))


def pauses() -> list[tuple[str, bool]]:
    return [(pause.cause, pause.ended_at is None) for pause in SendingPause.objects.order_by("pk")]


def test_a_refused_login_pauses_once_and_all_messages_stay_due_as_they_were(settings: Any, sink: Sink) -> None:
    due = [message.due_at for message in greetings(3)]
    settings.MAILERS = smtp_sink.mailers(sink, username="crm", password="wrong")
    assert run() == {"waiting": 3}
    assert rows() == [("planned", "paused", 0, moment) for moment in due]
    assert pauses() == [(Cause.CREDENTIALS, True)]
    assert run() == {}
    assert run(NOW + MINUTE / 2) == {}
    assert sink.connections == 1
    assert not Suppression.objects.exists()


def test_a_refused_sender_pauses_with_the_words_of_the_server(sink: Sink, refused_sender: list[str]) -> None:
    due = [message.due_at for message in greetings(3)]
    assert run() == {"waiting": 3}
    assert rows() == [("planned", "paused", 0, moment) for moment in due]
    pause = SendingPause.objects.get()
    assert (pause.cause, pause.words) == (Cause.SENDER, "550 5.7.1 You may not send as this sender")
    assert (pause.began_at, pause.try_again_at, pause.began_by) == (NOW, NOW + MINUTE, None)
    assert not Suppression.objects.exists()


def test_a_server_without_the_wanted_encryption_pauses(settings: Any, sink: Sink) -> None:
    greetings(1)
    settings.MAILERS = smtp_sink.mailers(sink, use_tls=True)
    assert run() == {"waiting": 1}
    assert pauses() == [(Cause.SECURITY, True)]


def test_a_server_that_is_only_away_pauses_nothing(settings: Any, sink: Sink) -> None:
    greetings(1)
    settings.MAILERS = smtp_sink.mailers(sink, port=1)
    assert run() == {"waiting": 1}
    assert pauses() == []


def test_it_tries_with_one_message_at_growing_distances(sink: Sink, refused_sender: list[str]) -> None:
    greetings(3)
    run()
    tried, at = [], NOW
    while at < NOW + timedelta(hours=5):
        at += MINUTE / 2
        Message.objects.update(expires_at=at + MINUTE)
        if counts := run(at):
            assert counts == {"waiting": 1}
            tried.append((at - NOW) / MINUTE)
    assert tried == [1, 2, 4, 8, 16, 32, 64, 124, 184, 244]
    assert [(state, reason, attempts) for state, reason, attempts, _due in rows()] == [("planned", "paused", 0)] * 3
    assert pauses() == [(Cause.SENDER, True)]


def test_when_the_server_takes_it_all_go_on_at_once(sink: Sink, refused_sender: list[str]) -> None:
    greetings(3)
    run()
    refused_sender.clear()
    later = NOW + 2 * MINUTE
    assert run(later) == {"sent": 3, "more": 1}
    pause = SendingPause.objects.get()
    assert (pause.ended_at, pause.ended_by) == (later, None)
    assert len(set(sink.message_ids)) == len(sink.message_ids) == 3


def test_a_not_now_proves_nothing_and_the_others_are_not_tried(sink: Sink, refused_sender: list[str]) -> None:
    greetings(3)
    run()
    refused_sender.clear()
    sink.answers = ["451 later"]
    assert run(NOW + 2 * MINUTE) == {"waiting": 1}
    assert pauses() == [(Cause.SENDER, True)]


def test_what_the_gate_stops_is_no_attempt(sink: Sink, refused_sender: list[str]) -> None:
    messages = greetings(3)
    run()
    refused_sender.clear()
    # The oldest is tried first.
    factories.complaint(messages[2].customer)
    assert run(NOW + 2 * MINUTE) == {"held": 1, "sent": 2, "more": 1}


def test_no_attempt_is_spent_while_nothing_is_due(sink: Sink, refused_sender: list[str]) -> None:
    message, due = greetings(1)[0], NOW + timedelta(hours=3)
    run()
    Message.objects.update(due_at=due, expires_at=due + timedelta(hours=8))
    assert run(NOW + timedelta(hours=1)) == {}
    refused_sender.clear()
    assert run(due) == {"sent": 1, "more": 1}
    message.refresh_from_db()
    assert message.state == State.SENT


def test_attempts_do_not_wear_a_message_out(sink: Sink, refused_sender: list[str]) -> None:
    (message,) = greetings(1)
    for number in range(MOST_ATTEMPTS + 2):
        pausing.try_again_now(at=NOW + number * MINUTE)
        assert run(NOW + number * MINUTE) == {"waiting": 1}
    refused_sender.clear()
    sink.answers = ["451 later"]
    assert run(NOW + timedelta(hours=2)) == {"waiting": 1}
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.PLANNED, 1)


def test_a_click_tries_at_once(sink: Sink, refused_sender: list[str]) -> None:
    greetings(1)
    run()
    refused_sender.clear()
    assert pausing.try_again_now(at=NOW)
    assert run() == {"sent": 1, "more": 1}
    assert not pausing.try_again_now(at=NOW)


class TestAPersonStops:
    def test_nothing_is_sent_until_a_person_starts_it_again(self, sink: Sink, administrator: User) -> None:
        greetings(2)
        assert pausing.begin(Cause.PERSON, "", at=NOW, by=administrator)
        assert run(NOW + timedelta(hours=1)) == {}
        assert not pausing.try_again_now(at=NOW)
        assert pausing.start(administrator, at=NOW)
        assert run() == {"sent": 2}
        pause = SendingPause.objects.get()
        assert (pause.began_by, pause.ended_by) == (administrator, administrator)
        assert not pausing.start(administrator, at=NOW)

    def test_in_the_middle_of_a_batch_no_further_message_begins(
        self, sink: Sink, administrator: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        greetings(4)
        keep = sink._keep

        def stop(envelope: Any) -> None:
            keep(envelope)
            if len(sink.mails) == 2:
                click = threading.Thread(target=in_a_thread, args=(Cause.PERSON, administrator))
                click.start()
                click.join()

        monkeypatch.setattr(sink, "_keep", stop)
        counts = run()
        assert (counts["sent"], counts["waiting"]) == (2, 2)
        assert len(sink.mails) == 2
        assert sorted(row[0] for row in rows()) == ["planned", "planned", "sent", "sent"]

    def test_it_takes_the_place_of_a_pause_that_would_end_by_itself(
        self, sink: Sink, refused_sender: list[str], administrator: User
    ) -> None:
        greetings(1)
        run()
        assert pausing.begin(Cause.PERSON, "", at=NOW, by=administrator)
        refused_sender.clear()
        assert run(NOW + timedelta(hours=2)) == {}
        assert pauses() == [(Cause.SENDER, False), (Cause.PERSON, True)]

    def test_a_refusal_does_not_take_its_place(self, administrator: User) -> None:
        assert pausing.begin(Cause.PERSON, "", at=NOW, by=administrator)
        assert not pausing.begin(Cause.CREDENTIALS, "535", at=NOW + MINUTE)
        assert pauses() == [(Cause.PERSON, True)]


def in_a_thread(cause: Cause, by: User | None = None) -> bool:
    try:
        return pausing.begin(cause, "535 no", at=NOW + MINUTE, by=by)
    finally:
        connection.close()


def at_once(action: Any) -> list[Any]:
    """The same on two real connections at the same moment."""
    found, barrier = [], threading.Barrier(2)

    def act() -> None:
        barrier.wait()
        try:
            found.append(action())
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_workers_at_once_make_one_pause() -> None:
    for _round in range(5):
        SendingPause.objects.all().delete()
        at_once(lambda: pausing.begin(Cause.CREDENTIALS, "535", at=NOW))
        assert pauses() == [(Cause.CREDENTIALS, True)]


def test_two_workers_at_once_try_one_message() -> None:
    for _round in range(5):
        SendingPause.objects.all().delete()
        pausing.begin(Cause.CREDENTIALS, "535", at=NOW)
        assert sorted(map(bool, at_once(lambda: pausing.take_probe(at=NOW + MINUTE)))) == [False, True]


def test_a_paused_ledger_is_not_stuck(administrator: User) -> None:
    factories.message(due_at=NOW - timedelta(hours=1))
    assert not account(at=NOW).balances
    pausing.begin(Cause.PERSON, "", at=NOW, by=administrator)
    assert account(at=NOW).balances


@pytest.mark.parametrize(
    ("command", "said", "cause"),
    [
        ("MAIL", "530 5.7.0 Authentication required", Cause.CREDENTIALS),
        ("MAIL", "535 5.7.8 Bad credentials", Cause.CREDENTIALS),
        ("RCPT", "550 5.7.57 Client not authenticated to send mail", Cause.CREDENTIALS),
        ("MAIL", "553 sender domain does not exist", Cause.SENDER),
        ("RCPT", "554 5.7.1 <a@b.example>: Relay access denied", Cause.SENDER),
        ("RCPT", "553 5.7.1 Sender address rejected: not owned by user crm", Cause.SENDER),
        (".", "550 5.7.60 Client does not have permissions to send as this sender", Cause.SENDER),
        (".", "550 5.7.26 This mail has been blocked because the sender is unauthenticated", Cause.SENDER),
        ("RCPT", "550 5.1.1 no such user", None),
        ("RCPT", "550 5.2.1 mailbox disabled, not accepting messages", None),
        (".", "554 5.7.1 spam", None),
        ("MAIL", "451 4.3.0 later", None),
        (".", "552 5.3.4 message too large", None),
        (".", "554", None),
    ],
)
def test_what_a_refusal_is_about(command: str, said: str, cause: Cause | None) -> None:
    code, _space, text = said.partition(" ")
    assert cause_of_refusal(command, int(code), text) == cause


def test_a_line_that_ends_while_it_is_secured_is_a_server_that_went_away() -> None:
    assert cause_of_failure(ssl.SSLCertVerificationError("self-signed certificate")) == Cause.SECURITY
    assert cause_of_failure(ssl.SSLEOFError("EOF")) is None
    assert cause_of_failure(ConnectionResetError()) is None
