"""Events of mail providers: django-anymail's views check and read them, the ledger takes note of them.

Anymail gives what it read to a Django signal. Its views are asked here to give it to a list instead: then it is plain
who does what with it, and a body nobody can read is told from a ledger that is not there.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.http import HttpRequest

from outreach.bounces.addresses import message_pk_of
from outreach.bounces.configuration import METADATA, VIEWS, configured
from outreach.bounces.hardness import has_code, is_hard
from outreach.bounces.noting import Happening, What
from outreach.models import Message

_PLAIN = {
    EventType.DELIVERED: What.DELIVERED,
    EventType.DEFERRED: What.NOT_YET,
    EventType.COMPLAINED: What.COMPLAINED,
    EventType.UNSUBSCRIBED: What.UNSUBSCRIBED,
    EventType.FAILED: What.REFUSED,
}
# A provider refuses an address of which it heard that before.
_HEARD_BEFORE = {
    RejectReason.INVALID: What.BOUNCED,
    RejectReason.BOUNCED: What.BOUNCED,
    RejectReason.SPAM: What.COMPLAINED,
    RejectReason.UNSUBSCRIBED: What.UNSUBSCRIBED,
}
# The fields in which providers put how bad it is, and what those say that do not blame the address.
_GRADES = frozenset({"event", "type", "bouncetype", "bounce_type", "bouncesubtype", "severity", "status", "state"})
_SOFT = re.compile(r"soft|transient|temporary|undetermined|mailboxfull", re.IGNORECASE)
_SPARKPOST_HARD = frozenset({"10", "30"})
_OUR_MESSAGE_ID = re.compile(r"<?([0-9a-f]{32})@")


class Unreadable(Exception):
    """The body is not what this provider sends."""


def events_in(request: HttpRequest) -> list[AnymailTrackingEvent]:
    """What the configured provider tells; raises Unreadable, or Anymail's SuspiciousOperation for a forgery."""
    found: list[AnymailTrackingEvent] = []
    collector = SimpleNamespace(send=lambda *, event, **_context: found.append(event))
    view = VIEWS[configured()]
    # Some views choose between two signals for themselves; what they read is the same.
    collecting: Any = type(
        view.__name__, (view,), {"signal": property(lambda self: collector, lambda self, _given: None)}
    )
    try:
        collecting.as_view()(request)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise Unreadable from error
    return [event for event in found if isinstance(event, AnymailTrackingEvent)]


def happenings(events: list[AnymailTrackingEvent], *, at: datetime) -> Iterator[Happening]:
    """Those that say what became of a mail. Openings and clicks are not looked at: that would be watching people."""
    for event in events:
        what = _what(event)
        if what is not None:
            yield Happening(
                key=_key(event),
                what=what,
                happened_at=event.timestamp or at,
                address=event.recipient or "",
                words=" ".join(filter(None, [event.mta_response or event.description])),
                message=_message(event),
            )


def _what(event: AnymailTrackingEvent) -> What | None:
    if event.event_type in _PLAIN:
        return _PLAIN[event.event_type]
    if event.event_type == EventType.REJECTED:
        return _HEARD_BEFORE.get(event.reject_reason, What.REFUSED)
    if event.event_type == EventType.BOUNCED:
        return What.BOUNCED if _blames_the_address(event) else What.NOT_YET
    return None


def _blames_the_address(event: AnymailTrackingEvent) -> bool:
    grades = dict(_grades(event.esp_event))
    if "bounce_class" in grades:
        return grades["bounce_class"] in _SPARKPOST_HARD
    if any(_SOFT.search(grade) for grade in grades.values()):
        return False
    words = f"{event.mta_response or ''} {event.description or ''}"
    if has_code(words):
        return is_hard("", words)
    is_graded_hard = any("hard" in grade.casefold() for grade in grades.values())
    return is_graded_hard or event.reject_reason in {RejectReason.INVALID, RejectReason.BOUNCED}


def _grades(told: Any, depth: int = 3) -> Iterator[tuple[str, str]]:
    if not isinstance(told, Mapping):
        return
    for name, value in told.items():
        if isinstance(value, str | int) and str(name).casefold() in _GRADES | {"bounce_class"}:
            yield str(name).casefold(), str(value)
        elif depth:
            yield from _grades(value, depth - 1)


def _key(event: AnymailTrackingEvent) -> str:
    """The same for the same event however often it is told; providers that name no event have its time instead."""
    moment = "" if event.event_id or event.timestamp is None else event.timestamp.isoformat()
    parts = [event.event_id, event.event_type, event.message_id, (event.recipient or "").casefold(), moment]
    digest = hashlib.sha256("\x1f".join(str(part or "") for part in parts).encode()).hexdigest()
    return f"{configured()}:{digest}"


def _message(event: AnymailTrackingEvent) -> Message | None:
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    pk = message_pk_of(str(metadata.get(METADATA, "")))
    rows = Message.objects.select_related("contact")
    if pk is not None:
        return rows.filter(pk=pk).first()
    ours = _OUR_MESSAGE_ID.match(event.message_id or "")
    return rows.sent_as(ours[1], event.recipient or "").first() if ours else None
