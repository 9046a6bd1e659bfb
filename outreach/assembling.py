"""Assembling a mail: the same bytes at each try.

Django's own assembly takes 3 ms a mail and the standard library's classes half a millisecond, as long as handing it
over. Every mail here has the same simple build, so its lines are written one after the other and only the encodings are
the library's.
"""

import base64
import binascii
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.header import Header
from email.policy import Compat32
from email.utils import formataddr
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.html import format_html

from retention_crm.lib.text import clean_line

LINE_END = "\r\n"
# Above this share of octets that need three characters each, base64 is the shorter encoding.
_DENSE = 6
_LONGEST_LINE = 76
_LONGEST_WORD = 60


def words(value: str, name: str) -> str:
    """The value of the header of that name: one line of text, encoded and folded where it needs to be."""
    value = clean_line(value)
    if _is_plain(value):
        return _folded(value, name)
    short = _encoded_word(value)
    if _fits(short, name):
        return short
    return Header(value, "utf-8", header_name=name).encode(linesep=LINE_END)


@lru_cache(maxsize=4096)
def mailbox(person: str, address: str, name: str) -> str:
    """A header value that names a person; nothing in the name can end it early or add another address."""
    person = clean_line(person)
    if _is_plain(person):
        return _folded(formataddr((person, address)), name)
    short = f"{_encoded_word(person)} <{address}>"
    if _fits(short, name):
        return short
    header = Header(person, "utf-8", header_name=name)
    header.append(f"<{address}>", "us-ascii")
    return header.encode(linesep=LINE_END)


def _folded(value: str, name: str) -> str:
    """Folding takes longer than all the rest of a mail, so it is left out where the line is short enough."""
    return value if _fits(value, name) else Header(value, header_name=name).encode(linesep=LINE_END)


def _fits(value: str, name: str) -> bool:
    return len(name) + 2 + len(value) <= _LONGEST_LINE


def _encoded_word(value: str) -> str:
    """The whole of it as one word of RFC 2047, which takes a tenth of the time that looking for the best form takes."""
    return f"=?utf-8?b?{b64encode(value.encode(errors='replace')).decode()}?="


class _Written(Compat32):
    """The library's classic policy for headers that are encoded and folded already."""

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


WIRE = _Written(linesep=LINE_END, mangle_from_=False)


def _is_plain(value: str) -> bool:
    """Whether it may stand in a header as it is: it can be folded, and no part of it looks like an encoded word."""
    return value.isascii() and "=?" not in value and all(len(word) < _LONGEST_WORD for word in value.split())


@lru_cache(maxsize=4096)
def deliverable(address: str) -> str | None:
    """The address as it is written into an envelope, its domain in ASCII; None if no server would take it."""
    local, at, domain = address.strip().rpartition("@")
    try:
        written = f"{local}{at}{punycode(domain)}"
        validate_email(written)
    except (ValidationError, UnicodeError):
        return None
    return written if written.isascii() and len(local) <= 64 and len(written) <= 254 else None


@dataclass(frozen=True)
class Calendar:
    """An appointment for the calendar of the reader; `method` says what to do with it (RFC 6047)."""

    method: str
    content: bytes

    @property
    def content_type(self) -> str:
        return f'text/calendar; method={self.method}; charset="utf-8"'


@dataclass(frozen=True)
class Attached:
    """A file that comes with a mail; its name is plain ASCII."""

    name: str
    content_type: str
    content: bytes


class Mail(EmailMultiAlternatives):
    """A mail with a text and an HTML part whose bytes depend on nothing but what it was built from.

    `sender` and `to` are bare addresses that were found deliverable, as they go into the envelope; `lines` are all its
    headers in order, encoded and folded. `bounce_to` stands in the envelope in the sender's place, if it is not empty.
    Backends that speak to a provider instead of a server read the fields, and those headers that no field holds.
    """

    bounce_to = ""
    metadata: dict[str, str]

    def __init__(
        self,
        *,
        sender: str,
        lines: Sequence[tuple[str, str]],
        boundary: str,
        html: str | None,
        calendar: Calendar | None = None,
        attached: Attached | None = None,
        **fields: Any,
    ) -> None:
        others = {name: value.replace(LINE_END, "") for name, value in lines if name not in _OF_FIELDS}
        super().__init__(**fields, headers=others, alternatives=[(html, "text/html")] if html is not None else [])
        self.calendar, self.attached = calendar, attached
        if attached is not None:
            self.attach(attached.name, attached.content, attached.content_type)
        if calendar is not None:
            # Providers take no third way to read a mail, but know an attached appointment by its type.
            self.attach("invite.ics", calendar.content.decode(), calendar.content_type)
        self.sender = sender
        self.lines = list(lines)
        self.boundary = boundary
        self.html = html

    @property
    def page(self) -> str:
        """How a browser shows it: one in plain text as it is written."""
        return self.html if self.html is not None else format_html("<pre>{}</pre>", self.body)

    def wire(self) -> bytes:
        """The whole mail as it goes over the wire, without what SMTP adds to it."""
        content_type, content = self._words()
        if self.attached is not None:
            whole = f"Content-Type: {content_type}\r\n\r\n".encode() + content
            content_type, content = _multipart("mixed", f"{self.boundary}-m", [whole, _file(self.attached)])
        head = [
            f"Content-Type: {content_type}",
            "MIME-Version: 1.0",
            *(f"{name}: {value}" for name, value in self.lines),
            "",
            "",
        ]
        return LINE_END.join(head).encode("ascii") + content

    def _words(self) -> tuple[str, bytes]:
        """What the mail says in each of its forms: the type of it all, and the content."""
        parts = [_part('text/plain; charset="utf-8"', str(self.body))]
        if self.html is not None:
            parts.append(_part('text/html; charset="utf-8"', self.html))
        if self.calendar is not None:
            # The last is the best a program can show, so the appointment comes after the words (RFC 2046).
            parts.append(_part(self.calendar.content_type, self.calendar.content.decode()))
        return _multipart("alternative", self.boundary, parts)

    def message(self, *, policy: Any = None) -> Any:
        """The same for backends that want to look into it. It keeps to its own policy."""
        return message_from_bytes(self.wire(), policy=WIRE)


_OF_FIELDS = frozenset({"Subject", "From", "To", "Reply-To"})


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> tuple[str, bytes]:
    line = f"--{boundary}".encode()
    content = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"
    return f'multipart/{subtype}; boundary="{boundary}"', content


def _file(attached: Attached) -> bytes:
    head = [
        f"Content-Type: {attached.content_type}",
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{attached.name}"',
        "",
        "",
    ]
    return LINE_END.join(head).encode("ascii") + base64.encodebytes(attached.content).replace(b"\n", b"\r\n")


def _part(content_type: str, content: str) -> bytes:
    content = LINE_END.join(content.replace(LINE_END, "\n").replace("\r", "\n").split("\n"))
    octets = content.encode(errors="replace")
    if (len(octets) - len(content)) * _DENSE > len(octets):
        encoding, written = "base64", base64.encodebytes(octets).replace(b"\n", b"\r\n")
    else:
        encoding, written = "quoted-printable", binascii.b2a_qp(octets)
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + written
