"""Messages made for a test, composed, and read again as their readers' programs read them."""

import email.policy
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

from accounts.models import Company
from customers.models import Contact
from outreach.assembling import Mail
from outreach.composing import Composer
from outreach.models import Message, MessageKind
from tests.factories import NOW


def a_message(contact: Contact | None, kind: str = MessageKind.BIRTHDAY, **fields: Any) -> Message:
    fields.setdefault("customer", contact.customer if contact else None)
    fields.setdefault("due_at", NOW)
    fields.setdefault("expires_at", NOW + timedelta(hours=10))
    fields.setdefault("dated_at", NOW)
    fields.setdefault("occasion", f"test:{kind}:{Message.objects.count()}")
    return Message.objects.create(kind=kind, contact=contact, **fields)


def build(message: Message, at: datetime = NOW) -> Mail:
    composer = Composer(company=Company.current(), at=at)
    composer.prepare([message])
    return composer.build(message)


def read(mail: Mail) -> EmailMessage:
    """The mail as its reader's program parses it, checked for what every mail has to be."""
    wire = mail.wire()
    assert mail.message().as_bytes() == wire
    assert wire.isascii()
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))
    assert b"\n" not in wire.replace(b"\r\n", b"")
    parsed = message_from_bytes(wire, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    words: Any = parsed
    if mail.attached:
        words, file = parsed.iter_parts()
        assert (file.get_filename(), file.get_content_type()) == (mail.attached.name, mail.attached.content_type)
        assert file.get_content() == mail.attached.content
    wanted = ["text/plain", *(["text/html"] if mail.html is not None else [])]
    wanted += ["text/calendar"] if mail.calendar else []
    assert [part.get_content_type() for part in words.iter_parts()] == wanted
    for part in words.iter_parts():
        assert part.defects == []
        assert part.get_content_charset() == "utf-8"
    for name in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID"):
        assert len(parsed.get_all(name, [])) <= 1
        assert parsed[name] is None or parsed[name].defects == ()
    return parsed


def part(mail: EmailMessage, subtype: str) -> str:
    found = mail.get_body((subtype,))
    assert found is not None
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


def named_in(mail: EmailMessage, header: str) -> str:
    """The name before an address; the standard parser of names leaves spaces between encoded words, RFC 2047 none."""
    raw = message_from_bytes(mail.as_bytes(policy=email.policy.SMTP), policy=email.policy.compat32)[header]
    if "=?" not in raw or raw.startswith('"'):
        display_name: str = mail[header].addresses[0].display_name
        return display_name
    return str(make_header(decode_header(raw.rpartition("<")[0].strip())))


def text_of(mail: EmailMessage) -> str:
    return part(mail, "plain")


def html_of(mail: EmailMessage) -> str:
    return part(mail, "html")
