"""The order of handing over: the server is asked while the ledger is told, and the content waits for the ledger."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core import mail as outbox
from django.db import InterfaceError, connection

from outreach import claiming
from outreach.assembling import Mail
from outreach.delivery import deliver
from outreach.models import Message, State
from outreach.sweeping import sweep
from outreach.tests.reading import text_of
from outreach.transport import Outcome, Transport, Verdict
from tests import factories, smtp_sink
from tests.factories import NOW
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = NOW - timedelta(days=300)


@pytest.fixture(params=[True, False], ids=["asked all at once", "asked one by one"])
def sink(request: pytest.FixtureRequest, settings: Any) -> Iterator[Sink]:
    with smtp_sink.running(pipelining=request.param) as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


@pytest.fixture
def at_the_marker(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], object]], None]:
    """Makes something happen just before the ledger is told; it is given the number of the hand-over."""

    def arrange(happens: Callable[[int], object]) -> None:
        real, calls = claiming.begin_submitting, []

        def begin(*args: Any, **options: Any) -> bool:
            calls.append(args)
            happens(len(calls))
            return real(*args, **options)

        monkeypatch.setattr(claiming, "begin_submitting", begin)

    return arrange


def run(**options: Any) -> dict[str, int]:
    return dict(deliver(now=lambda: NOW, **options))


def greetings(number: int) -> list[Message]:
    """Messages in the order in which they are due."""
    return [factories.message(due_at=NOW - timedelta(hours=9 - count)) for count in range(number)]


def states(messages: list[Message]) -> list[str]:
    known = dict(Message.objects.values_list("pk", "state"))
    return [known[message.pk] for message in messages]


def as_after_two_minutes() -> dict[str, int]:
    Message.objects.filter(state__in=[State.LEASED, State.SUBMITTING]).update(lease_until=LONG_AGO)
    return sweep(at=NOW)


def asked(sink: Sink, monkeypatch: pytest.MonkeyPatch, *, breaks: bool = False) -> threading.Event:
    """Set when the server is asked about a mail; with `breaks` it hangs up instead of answering."""
    event = threading.Event()
    answer = sink.handle_MAIL

    async def handle(server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        event.set()
        if breaks:
            assert server.transport is not None
            server.transport.close()
        return await answer(server, session, envelope, address, options)

    monkeypatch.setattr(sink, "handle_MAIL", handle)
    return event


def test_the_server_is_asked_before_the_ledger_has_answered_but_gets_no_content(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, at_the_marker: Any
) -> None:
    messages = greetings(1)
    event = asked(sink, monkeypatch)
    seen = []
    at_the_marker(lambda _number: seen.append((event.wait(5), states(messages), len(sink.mails))))
    assert run() == {"sent": 1}
    assert seen == [(True, ["leased"], 0)]
    assert len(sink.mails) == 1


def test_there_is_never_more_than_one_message_whose_fate_is_open(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, at_the_marker: Any
) -> None:
    messages = greetings(4)
    seen = []
    at_the_marker(lambda _number: seen.append(states(messages)))
    assert run(batch=2) == {"sent": 4}
    assert [found.count("submitting") for found in seen] == [0, 1, 1, 1]
    # The one that is open has been answered for: its outcome is written by the marker of the next.
    assert [len(found) - found.count("planned") - found.count("leased") for found in seen] == [0, 1, 2, 3]


def test_a_message_taken_back_gets_no_content_and_the_next_a_new_line(sink: Sink, at_the_marker: Any) -> None:
    messages = greetings(3)

    def withdraw(number: int) -> None:
        if number == 2:
            Message.objects.filter(pk=messages[1].pk).update(state=State.CANCELLED, reason="consent_withdrawn")

    at_the_marker(withdraw)
    assert run() == {"sent": 2, "taken_back": 1}
    assert states(messages) == ["sent", "cancelled", "sent"]
    assert [mail["To"].addresses[0].addr_spec for mail in sink.mails] == [
        message.contact.email for message in (messages[0], messages[2]) if message.contact
    ]
    assert sink.connections == 2


@pytest.mark.parametrize("breaks", [False, True], ids=["line holds", "line breaks"])
def test_without_the_database_nothing_is_sent(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, at_the_marker: Any, breaks: bool
) -> None:
    messages = greetings(3)

    def lose(number: int) -> None:
        if number == 2:
            if breaks:
                assert asked(sink, monkeypatch, breaks=True) is not None
            connection.connection.close()

    at_the_marker(lose)
    with pytest.raises(InterfaceError):
        run()
    connection.close()
    # The outcome of the first could not be written any more, so nobody can say; the others have not begun.
    assert states(messages) == ["submitting", "leased", "leased"]
    assert len(sink.mails) == 1
    assert as_after_two_minutes() == {"again": 2, "unknown": 1, "expired": 0}
    monkeypatch.undo()
    assert len(sink.mails) == 1


def test_a_line_that_breaks_before_the_content_leaves_the_message_to_be_tried_again(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message,) = greetings(1)
    with monkeypatch.context() as patch:
        asked(sink, patch, breaks=True)
        assert run() == {"waiting": 1}
    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (State.PLANNED, "later", 1)
    assert dict(deliver(now=lambda: NOW + timedelta(minutes=2))) == {"sent": 1}
    assert len(sink.mails) == 1


def test_a_worker_that_dies_before_the_ledger_has_answered_has_sent_nothing(sink: Sink, at_the_marker: Any) -> None:
    messages = greetings(2)

    def die(number: int) -> None:
        raise SystemExit

    at_the_marker(die)
    with pytest.raises(SystemExit):
        run()
    assert (states(messages), sink.mails) == (["leased", "leased"], [])
    assert as_after_two_minutes() == {"again": 2, "unknown": 0, "expired": 0}


def test_what_fails_while_a_message_is_under_way_does_not_cost_its_outcome(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = greetings(2)
    real, claims = claiming.claim, []

    def claim(**options: Any) -> dict[int, int]:
        claims.append(options)
        if len(claims) == 2:
            raise MemoryError
        return real(**options)

    monkeypatch.setattr(claiming, "claim", claim)
    with pytest.raises(MemoryError):
        run(batch=1)
    assert states(messages) == ["sent", "planned"]


def test_a_refused_recipient_leaves_the_line_and_the_others_alone(sink: Sink) -> None:
    messages = greetings(3)
    assert messages[1].contact is not None
    sink.rcpt_answers[messages[1].contact.email] = "550 5.1.1 no such user"
    assert run() == {"sent": 2, "failed": 1}
    assert states(messages) == ["sent", "failed", "sent"]
    assert (len(sink.mails), sink.connections) == (2, 1)


def test_a_server_that_hangs_up_behind_a_refusal_has_refused(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = greetings(2)

    async def refuse(server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        monkeypatch.undo()
        await server.push("550 5.1.1 no such user")
        assert server.transport is not None
        server.transport.close()
        return "250 not heard any more"

    monkeypatch.setattr(sink, "handle_RCPT", refuse)
    assert run() == {"failed": 1, "sent": 1}
    assert states(messages) == ["failed", "sent"]
    assert sink.connections == 2


def test_a_server_that_waits_for_the_content_of_what_it_refused_gets_none(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked all at once it may say "go on" in spite of the refusal; then only the end of the line tells it."""
    messages = greetings(2)

    async def refuse(server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        is_first = messages[0].contact is not None and messages[0].contact.email == address
        return "550 5.1.1 no such user" if is_first else "250 OK"

    monkeypatch.setattr(sink, "handle_RCPT", refuse)
    assert run() == {"failed": 1, "sent": 1}
    assert states(messages) == ["failed", "sent"]
    assert (len(sink.mails), sink.connections) == (1, 2 if sink.pipelining else 1)


def test_lines_of_dots_arrive_as_they_were_written(sink: Sink) -> None:
    text = ".\n..\n.hidden\n\nend\n.\n"
    lines = [("Subject", "Dots"), ("From", "a@b.example"), ("To", "c@d.example")]
    transport = Transport()
    transport.open()
    for _number in range(2):
        mail = Mail(sender="a@b.example", lines=lines, boundary="=_1", html=".x", body=text, to=["c@d.example"])
        envelope = transport.prepare(mail)
        transport.announce(envelope)
        transport.submit(envelope)
        assert transport.answer() == Outcome(Verdict.ACCEPTED)
    transport.close()
    assert [text_of(mail) for mail in sink.mails] == [text, text]


def test_a_provider_is_not_asked_beforehand_and_gets_each_mail_once(at_the_marker: Any) -> None:
    messages = greetings(2)
    at_the_marker(lambda number: Message.objects.filter(pk=messages[1].pk).update(state=State.CANCELLED))
    assert run() == {"sent": 1, "taken_back": 1}
    assert [mail.to for mail in outbox.outbox] == [[messages[0].contact.email]] if messages[0].contact else False
