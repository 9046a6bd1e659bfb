"""Handing one mail to the configured mailer over one reused connection, and reading what became of it.

What counts is what is known: a mail the server refused was not taken, one it accepted was, and one whose line broke
after the content began may be either. Only the last is `LOST`, and nothing automatic is done about it.
"""

import smtplib
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from anymail.exceptions import AnymailAPIError, AnymailError
from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from outreach.assembling import Mail
from outreach.models import SendingPause
from outreach.refusals import cause_of_failure, cause_of_refusal

_BROKEN = (OSError, smtplib.SMTPException)


class CannotConnect(Exception):
    """The mail server can not be reached, or has a `cause` not to take anything; no mail has been handed over."""

    def __init__(self, words: str, cause: SendingPause.Cause | None = None) -> None:
        super().__init__(words)
        self.cause = cause


class InvalidMail(Exception):
    """The mail can not be put into the form the protocol asks for; says why."""


class Verdict(Enum):
    ACCEPTED = "accepted"
    LATER = "later"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True)
class Outcome:
    """What became of a mail; `words` are the server's or ours, `bad_address` says the address does not exist.

    A `cause` says that the refusal is not about this mail: all others would be refused as well.
    """

    verdict: Verdict
    words: str = ""
    bad_address: bool = False
    cause: SendingPause.Cause | None = None


@dataclass(frozen=True)
class Envelope:
    """A mail ready to be handed over: nothing about it can fail any more but the line and the server."""

    mail: Mail
    sender: str = ""
    recipient: str = ""
    content: bytes = b""


ACCEPTED = Outcome(Verdict.ACCEPTED)
# To MAIL, RCPT and DATA.
_GO_ON = ({250}, {250, 251}, {354})


class Transport:
    """One connection to the mailer, opened when needed and kept until `close`.

    Each mail is announced, then submitted and answered, or withdrawn; none of it raises for what a server or a line may
    do. The server works between `announce` and `submit` and between `submit` and `answer`; the caller is free meantime.
    A server that takes commands in one go (RFC 2920) is asked all at once, another one command at a time.
    """

    def __init__(self, backend: BaseEmailBackend | None = None) -> None:
        self.backend: Any = backend or mailers.default
        self._outcome: Outcome | None = None

    def open(self) -> None:
        """Makes sure there is a connection; raises CannotConnect with what the server or the system said."""
        try:
            if self.backend.open() and self._is_smtp:
                self._smtp.ehlo_or_helo_if_needed()
        except _BROKEN as error:
            self._forget()
            raise CannotConnect(_words(error), cause_of_failure(error)) from error

    def close(self) -> None:
        try:
            self.backend.close()
        except _BROKEN:
            self._forget()

    def prepare(self, mail: Mail) -> Envelope:
        """Writes all that is sent; raises InvalidMail for what can not be written down."""
        if not self._is_smtp:
            return Envelope(mail)
        try:
            content = mail.wire()
        except (ValueError, LookupError) as error:
            raise InvalidMail(str(error)) from error
        return Envelope(mail, mail.bounce_to or mail.sender, mail.to[0], _framed(content))

    def announce(self, envelope: Envelope) -> None:
        """Begins to ask the server whether it takes the mail. No content is sent, so nothing is handed over by it."""
        self._outcome = None
        if self._is_smtp:
            commands = _commands(envelope)
            try:
                self._smtp.send("".join(commands) if self._takes_all_at_once else commands[0])
            except _BROKEN as error:
                self._outcome = self._break_off(Verdict.LATER, error)

    def withdraw(self) -> None:
        """Leaves the mail announced unsent. A server that waits for the content lets go only when the line ends."""
        if self._is_smtp:
            self._forget()

    def submit(self, envelope: Envelope) -> None:
        """Hands over the mail announced; `answer` tells what became of it."""
        if not self._is_smtp:
            self._outcome = self._by_provider(envelope.mail)
        elif self._outcome is None:
            self._outcome = self._negotiate(envelope) or self._send(envelope)

    def answer(self) -> Outcome:
        """What became of the mail submitted; waits for the server."""
        if self._outcome is not None:
            return self._outcome
        try:
            code, said = self._smtp.getreply()
        except _BROKEN as error:
            return self._break_off(Verdict.LOST, error)
        return ACCEPTED if code == 250 else self._refusal(".", code, said)

    @property
    def _is_smtp(self) -> bool:
        return isinstance(self.backend, SmtpBackend)

    @property
    def _smtp(self) -> smtplib.SMTP:
        return cast(smtplib.SMTP, self.backend.connection)

    @property
    def _takes_all_at_once(self) -> bool:
        return self._smtp.has_extn("pipelining")

    def _negotiate(self, envelope: Envelope) -> Outcome | None:
        """None if the server waits for the content; until then it can not have taken the mail."""
        commands = _commands(envelope)
        try:
            for number, command in enumerate(commands):
                if number and not self._takes_all_at_once:
                    self._smtp.send(command)
                code, said = self._smtp.getreply()
                if code not in _GO_ON[number]:
                    unread = len(commands) - number - 1 if self._takes_all_at_once else 0
                    return self._refusal(command[:4], code, said, unread=unread)
        except _BROKEN as error:
            return self._break_off(Verdict.LATER, error)
        return None

    def _send(self, envelope: Envelope) -> Outcome | None:
        try:
            self._smtp.send(envelope.content)
        except _BROKEN as error:
            return self._break_off(Verdict.LOST, error)
        return None

    def _break_off(self, verdict: Verdict, error: Exception) -> Outcome:
        self._forget()
        return Outcome(verdict, _words(error))

    def _refusal(self, command: str, code: int, said: bytes, *, unread: int = 0) -> Outcome:
        """What a refusal means; `unread` replies to commands behind the one refused are passed over."""
        text = said.decode(errors="replace")
        try:
            # A server that waits for the content of what it refused learns from the end of the line that none comes.
            if code == 421 or any(self._smtp.getreply()[0] == 354 for _number in range(unread)):
                raise smtplib.SMTPServerDisconnected
            self._smtp.rset()
        except _BROKEN:
            self._forget()
        if 400 <= code < 500:
            return Outcome(Verdict.LATER, f"{code} {text}")
        cause = cause_of_refusal(command, code, text)
        return Outcome(Verdict.REFUSED, f"{code} {text}", bad_address=text.startswith("5.1.1"), cause=cause)

    def _forget(self) -> None:
        """Drops a dead connection without speaking to it; the next mail opens a new one."""
        connection = getattr(self.backend, "connection", None)
        if connection is not None:
            connection.close()
            self.backend.connection = None

    def _by_provider(self, mail: Mail) -> Outcome:
        try:
            self.backend.send_messages([mail])
        except AnymailAPIError as error:
            status = error.status_code
            if status is None:
                return Outcome(Verdict.LOST, _words(error))
            if status in {401, 403}:
                return Outcome(Verdict.REFUSED, _words(error), cause=SendingPause.Cause.CREDENTIALS)
            later = status == 429 or status >= 500
            return Outcome(Verdict.LATER if later else Verdict.REFUSED, _words(error))
        except (AnymailError, ValueError) as error:
            return Outcome(Verdict.REFUSED, _words(error))
        except OSError as error:
            return Outcome(Verdict.LOST, _words(error))
        return ACCEPTED


def _commands(envelope: Envelope) -> list[str]:
    """What is asked before the content."""
    return [f"MAIL FROM:<{envelope.sender}>\r\n", f"RCPT TO:<{envelope.recipient}>\r\n", "DATA\r\n"]


def _framed(content: bytes) -> bytes:
    """As it stands between DATA and the server's answer: lines that begin with a dot get another, a dot ends it."""
    end = b"" if content.endswith(b"\r\n") else b"\r\n"
    return content.replace(b"\r\n.", b"\r\n..") + end + b".\r\n"


def _words(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
