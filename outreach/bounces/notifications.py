"""Reading mails that came back: delivery status notifications (RFC 3464) and reports of abuse (RFC 5965).

Anybody can write to the address they come to, so nothing is believed but what shows a key of ours: the address it was
sent to, which is signed, or the Message-ID of the mail it returns, which only those who got the mail can know.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message as Parsed
from email.utils import parsedate_to_datetime

from outreach.bounces.addresses import message_pk_in
from outreach.bounces.hardness import is_hard
from outreach.bounces.noting import Happening, What
from outreach.models import Message
from retention_crm.lib import text

# What is read of a mail: the reports stand before the returned mail, which may be long.
LONGEST = 256 * 1024
_SENT_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Original-Mail-From", "Return-Path")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_OUR_MESSAGE_ID = re.compile(r"<?([0-9a-f]{32})@")
_ARRIVED = frozenset({"delivered", "relayed", "expanded"})


class Unreadable(Exception):
    """It tells nothing about a mail of ours; says why."""


def happenings(raw: bytes, *, at: datetime) -> list[Happening]:
    """What a mail tells; nothing for an automatic reply, which is no bounce. Raises Unreadable."""
    try:
        return _read(message_from_bytes(raw[:LONGEST]), raw, at)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # The standard parser gives up in many ways on what is only half a mail.
        raise Unreadable(f"It can not be parsed: {error}") from error


def _read(mail: Parsed, raw: bytes, at: datetime) -> list[Happening]:
    reports = list(_reports(mail))
    if not reports:
        if _is_automatic_reply(mail):
            return []
        raise Unreadable("It is no delivery status notification.")
    message = _message(mail, reports)
    if message is None:
        raise Unreadable("It is about no mail of ours.")
    name = _value(mail, "Message-ID") or hashlib.sha256(raw).hexdigest()
    return [
        Happening(
            key="mail:" + hashlib.sha256(f"{name}\x1f{message.pk}\x1f{address}\x1f{what}".encode()).hexdigest(),
            what=what,
            happened_at=_moment(mail, at),
            address=address,
            words=words,
            message=message,
        )
        for what, address, words in map(_told, reports)
        if what is not None
    ]


def _reports(mail: Parsed) -> Iterator[Parsed]:
    """One block of fields for each recipient, of whichever kind of report this is."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status" and part.is_multipart():
            yield from (block for block in _blocks(part) if block["Action"])
        if kind == "message/feedback-report":
            yield from (block for block in _blocks(part) if block["Feedback-Type"])
    if mail["X-Failed-Recipients"] and mail.get_content_type() == "text/plain":
        yield _as_report(mail)


def _blocks(part: Parsed) -> list[Parsed]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Parsed)] if isinstance(payload, list) else []


def _as_report(mail: Parsed) -> Parsed:
    """The report that Exim of old did not write: its text names who was not reached, and what their server said."""
    report = Parsed()
    report["Action"] = "failed"
    report["Final-Recipient"] = f"rfc822; {_value(mail, 'X-Failed-Recipients').partition(',')[0].strip()}"
    before_copy = _content(mail).partition("------ This is a copy")[0]
    report["Diagnostic-Code"] = text.clean_line(before_copy)[-600:]
    return report


def _told(report: Parsed) -> tuple[What | None, str, str]:
    """What happened, to whom, and the words of the server."""
    address = _address(report, "Original-Recipient") or _address(report, "Final-Recipient")
    if report["Feedback-Type"]:
        is_complaint = _value(report, "Feedback-Type").casefold() in {"abuse", "fraud"}
        return (What.COMPLAINED if is_complaint else None), _address(report, "Original-Rcpt-To"), ""
    status, words = _value(report, "Status"), _value(report, "Diagnostic-Code").partition(";")[2].strip()
    words = words or _value(report, "Diagnostic-Code")
    action = _value(report, "Action").casefold()
    said = f"{status} {words}".strip()
    if action == "failed":
        return (What.BOUNCED if is_hard(status, words) else What.NOT_YET), address, said
    if action == "delayed":
        return What.NOT_YET, address, said
    return (What.DELIVERED if action in _ARRIVED else None), address, said


def _message(mail: Parsed, reports: list[Parsed]) -> Message | None:
    returned = list(_returned(mail))
    rows = Message.objects.select_related("contact")
    for part in (mail, *reports, *returned):
        for address in _ADDRESS.findall(" ".join(_value(part, name) for name in _SENT_TO)):
            pk = message_pk_in(address)
            if pk is not None:
                return rows.filter(pk=pk).first()
    keys = [ours[1] for part in returned if (ours := _OUR_MESSAGE_ID.match(_value(part, "Message-ID")))]
    found = (rows.sent_as(key, _told(report)[1]).first() for key in keys for report in reports)
    return next(filter(None, found), None)


def _returned(mail: Parsed) -> Iterator[Parsed]:
    """The mail that came back, or its headers."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            yield from _blocks(part)
        if part.get_content_type() == "text/rfc822-headers":
            yield message_from_string(_content(part))


def _content(part: Parsed) -> str:
    content = part.get_payload(decode=True)
    return content.decode(errors="replace") if isinstance(content, bytes) else ""


def _is_automatic_reply(mail: Parsed) -> bool:
    says = _value(mail, "Auto-Submitted").casefold()
    return says.startswith("auto-replied") or bool(mail["X-Autoreply"] or mail["X-Autorespond"])


def _moment(mail: Parsed, at: datetime) -> datetime:
    """When it was written, as far as that can be believed."""
    try:
        written = parsedate_to_datetime(_value(mail, "Date"))
    except (ValueError, TypeError):
        return at
    written = written if written.tzinfo else written.replace(tzinfo=UTC)
    return min(written, at) if written.year > 2000 else at


def _address(report: Parsed, name: str) -> str:
    """The address of a field such as `rfc822; amira@example.com`."""
    found = _ADDRESS.search(_value(report, name).rpartition(";")[2])
    return found[0].strip("<>") if found else ""


def _value(part: Parsed, name: str) -> str:
    return text.clean_line(str(part.get(name, "")))
