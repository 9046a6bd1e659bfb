"""A real SMTP server for tests: keeps what it accepts, and can refuse or break off where it is told to."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """`answers` are used up one a mail: a reply such as "451 4.3.0 later", DROP_BEFORE or DROP_AFTER the final dot.

    It takes commands in one go (RFC 2920), as common servers do, and says so unless `pipelining` is False.
    """

    DROP_BEFORE = "drop before the dot"
    DROP_AFTER = "drop after the dot"

    def __init__(self, *, pipelining: bool = True) -> None:
        self.pipelining = pipelining
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.rcpt_answers: dict[str, str] = {}
        self.answers: list[str] = []
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def url(self) -> str:
        """As EMAIL_URL names it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def message_ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in str(mail["To"])]

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], *(["250-PIPELINING"] if self.pipelining else []), *responses[1:]]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        refusal = self.rcpt_answers.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer in {self.DROP_BEFORE, self.DROP_AFTER}:
            if answer == self.DROP_AFTER:
                self._keep(envelope)
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if answer.startswith("2"):
            self._keep(envelope)
        return answer

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))


@contextmanager
def running(*, pipelining: bool = True) -> Iterator[Sink]:
    """A sink on a free loopback port, in a thread of its own."""
    sink = Sink(pipelining=pipelining)
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        sink.connections += 1
        return SMTP(sink, loop=loop)

    server = loop.run_until_complete(loop.create_server(protocol, sink.host, 0))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


def mailers(sink: Sink, **options: Any) -> dict[str, Any]:
    """The MAILERS setting that sends to it."""
    return {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": sink.host, "port": sink.port, "timeout": 5, **options},
        }
    }
