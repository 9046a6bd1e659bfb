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


class CannotConnect(Exception):
    """The mail server can not be reached or refuses the login; no mail has been handed over."""


class InvalidMail(Exception):
    """The mail can not be put into the form the protocol asks for; says why."""


class Verdict(Enum):
    ACCEPTED = "accepted"
    LATER = "later"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True)
class Outcome:
    """What became of a mail; `words` are the server's or ours, `bad_address` says the address does not exist."""

    verdict: Verdict
    words: str = ""
    bad_address: bool = False


@dataclass(frozen=True)
class Envelope:
    """A mail ready to be handed over: nothing about it can fail any more but the line and the server."""

    mail: Mail
    sender: str = ""
    recipients: tuple[str, ...] = ()
    content: bytes = b""


ACCEPTED = Outcome(Verdict.ACCEPTED)


class Transport:
    """One connection to the mailer, opened when needed and kept until `close`."""

    def __init__(self, backend: BaseEmailBackend | None = None) -> None:
        self.backend: Any = backend or mailers.default

    def open(self) -> None:
        """Makes sure there is a connection; raises CannotConnect with what the server or the system said."""
        try:
            self.backend.open()
        except (OSError, smtplib.SMTPException) as error:
            raise CannotConnect(_words(error)) from error

    def close(self) -> None:
        try:
            self.backend.close()
        except (OSError, smtplib.SMTPException):
            self._forget()

    def prepare(self, mail: Mail) -> Envelope:
        """Writes all that is sent; raises InvalidMail for what can not be written down."""
        if not isinstance(self.backend, SmtpBackend):
            return Envelope(mail)
        try:
            content = mail.message().as_bytes()
        except (ValueError, LookupError) as error:
            raise InvalidMail(str(error)) from error
        return Envelope(mail, mail.sender, tuple(mail.to), content)

    def hand_over(self, envelope: Envelope) -> Outcome:
        """Hands over one mail; never raises for what a server or a line may do."""
        if isinstance(self.backend, SmtpBackend):
            return self._by_smtp(envelope)
        return self._by_provider(envelope.mail)

    def _by_smtp(self, envelope: Envelope) -> Outcome:
        smtp = cast(smtplib.SMTP, self.backend.connection)
        try:
            smtp.ehlo_or_helo_if_needed()
            code, words = smtp.mail(envelope.sender)
            for recipient in envelope.recipients if code == 250 else ():
                code, words = smtp.rcpt(recipient)
                if code not in {250, 251}:
                    break
        except (OSError, smtplib.SMTPException) as error:
            # The content has not been sent, so the server can not have taken the mail.
            self._forget()
            return Outcome(Verdict.LATER, _words(error))
        if code not in {250, 251}:
            return self._refusal(smtp, code, words)
        try:
            code, words = smtp.data(envelope.content)
        except smtplib.SMTPDataError as error:
            return self._refusal(smtp, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._forget()
            return Outcome(Verdict.LOST, _words(error))
        return ACCEPTED if code == 250 else self._refusal(smtp, code, words)

    def _refusal(self, smtp: smtplib.SMTP, code: int, words: bytes | str) -> Outcome:
        text = words.decode(errors="replace") if isinstance(words, bytes) else words
        try:
            if code == 421:
                raise smtplib.SMTPServerDisconnected
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._forget()
        if 400 <= code < 500:
            return Outcome(Verdict.LATER, f"{code} {text}")
        return Outcome(Verdict.REFUSED, f"{code} {text}", bad_address=text.startswith("5.1.1"))

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
            later = status == 429 or status >= 500
            return Outcome(Verdict.LATER if later else Verdict.REFUSED, _words(error))
        except (AnymailError, ValueError) as error:
            return Outcome(Verdict.REFUSED, _words(error))
        except OSError as error:
            return Outcome(Verdict.LOST, _words(error))
        return ACCEPTED


def _words(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
