"""The mailbox that undeliverable mails come back to, read over IMAP.

What was understood is marked as seen. What was not is left unseen and flagged, so that a person who opens the mailbox
finds it, and so that it is told of once. Two who read at the same time read the same, which counts once.
"""

import imaplib
import logging
import ssl
from collections import Counter
from datetime import datetime

from outreach.bounces.notifications import LONGEST, Unreadable, happenings
from outreach.bounces.noting import take_note
from retention_crm.environment import Mailbox

log = logging.getLogger(__name__)

_PATIENCE = 20.0
_MOST = 500
_SEEN, _FLAGGED = r"(\Seen)", r"(\Flagged)"


class CannotRead(Exception):
    """The mailbox can not be opened or was lost; says what the server or the system said."""


def read_bounces(box: Mailbox, *, at: datetime, context: ssl.SSLContext | None = None) -> Counter[str]:
    """Takes note of what has come back since the last time; returns how many of each, `left` those not understood.

    Raises CannotRead; what was read until then is kept, the rest is read the next time.
    """
    counts: Counter[str] = Counter()
    try:
        server = imaplib.IMAP4_SSL(
            box.host, box.port, ssl_context=context or ssl.create_default_context(), timeout=_PATIENCE
        )
        with server:
            server.login(box.user, box.password)
            _open(server, box.folder)
            for uid in _new(server):
                counts.update(_read_one(server, uid, at))
    except (OSError, imaplib.IMAP4.error) as error:
        raise CannotRead(str(error) or type(error).__name__) from error
    return counts


def _open(server: imaplib.IMAP4, folder: str) -> None:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    state, said = server.select(f'"{quoted}"')
    if state != "OK":
        raise imaplib.IMAP4.error(f"{folder}: {said[0]!r}")


def _new(server: imaplib.IMAP4) -> list[str]:
    _state, found = server.uid("SEARCH", "UNSEEN", "UNFLAGGED")
    return [uid.decode() for uid in (found[0] or b"").split()][:_MOST]


def _read_one(server: imaplib.IMAP4, uid: str, at: datetime) -> Counter[str]:
    _state, answer = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST}>)")
    raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
    if raw is None:
        # Somebody moved it meanwhile.
        return Counter()
    try:
        found = happenings(raw, at=at)
    except Unreadable as error:
        server.uid("STORE", uid, "+FLAGS", _FLAGGED)
        log.warning("Mail %s among the bounces is left unread and flagged. %s", uid, error)
        return Counter(left=1)
    noted = take_note(found, at=at)
    server.uid("STORE", uid, "+FLAGS", _SEEN)
    return noted
