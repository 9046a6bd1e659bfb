"""Deciding about single messages: approve, hold, send now, send anyway, rewrite, and settle what is not known.

Each decision is one UPDATE that asks for the state it was made for, so it either happens before a worker takes the
message or not at all; it returns how many messages it reached. Who decided last, and when, is kept with the message.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models.functions import Greatest

from accounts.models import User
from outreach import gate
from outreach.cancelling import STOPPABLE
from outreach.models import Message, MessageQuerySet, Sentence, State, because

BY_HAND = "by_hand"
UNDECIDED = (State.PROPOSED, State.PLANNED)
WRITABLE = (*UNDECIDED, State.HELD)
# What a worker or a sweep writes beside `unknown`.
_FATES = ("worker_died", "line_lost")


def possible(message: Message, *, at: datetime) -> frozenset[str]:
    """Names of what a person may decide about the message in its state; whether the gate agrees is not asked."""
    if not message.is_for_customer:
        return frozenset()
    in_time = message.expires_at > at
    found: set[str] = set()
    if message.state in WRITABLE:
        found |= {"edit", "cancel"}
    if message.state in UNDECIDED and in_time:
        found |= {"hold"} | ({"approve"} if message.state == State.PROPOSED else set())
        found |= {"now"} if message.state == State.PROPOSED or message.due_at > at else set()
    if message.state == State.HELD:
        found |= {"call"} | ({"anyway"} if in_time else set())
    if message.state == State.UNKNOWN:
        found |= {"settle"}
    return frozenset(found)


def approve(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """What waits for approval and is still in time goes out when it is due, or at once if that has passed."""
    waiting = messages.filter(state=State.PROPOSED, expires_at__gt=at)
    return _decide(waiting, by, at, state=State.PLANNED, due_at=Greatest("due_at", at))


def ask_again(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """Takes an approval back, unless a worker was quicker."""
    approved = messages.filter(state=State.PLANNED, decided_at__isnull=False)
    return _decide(approved, by, at, state=State.PROPOSED)


def hold(messages: MessageQuerySet, *, why: str, by: User, at: datetime) -> int:
    """Holds what waits or was only just taken by a worker; handing over begins only from `leased`."""
    said = because(BY_HAND, Sentence("held_by", name=str(by), why=why))
    stoppable = messages.filter(state__in=STOPPABLE)
    return _decide(stoppable, by, at, state=State.HELD, **said, finished_at=at, lease_until=None)


def resume(messages: MessageQuerySet, *, to: State, by: User, at: datetime) -> int:
    """Lets go what a person held: it is planned again, or waits for approval as it did before."""
    held = messages.filter(state=State.HELD, reason=BY_HAND, expires_at__gt=at)
    return _decide(held, by, at, **_waiting_again(to), due_at=Greatest("due_at", at))


def send_now(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """Makes it due at once; the gate is asked all the same."""
    waiting = messages.filter(state__in=UNDECIDED, expires_at__gt=at)
    return _decide(waiting, by, at, state=State.PLANNED, due_at=at)


def send_anyway(message: Message, rules: Collection[str], *, by: User, at: datetime) -> bool:
    """Sets rules of the gate aside for this one message and makes it due at once.

    Rules nobody may set aside stay in force, whatever is asked for; one that was not named holds it again.
    """
    released = sorted({*message.released_rules, *gate.RELEASABLE.intersection(rules)})
    held = Message.objects.filter(pk=message.pk, state=State.HELD, expires_at__gt=at)
    return bool(_decide(held, by, at, **_waiting_again(State.PLANNED), due_at=at, released_rules=released))


def rewrite(messages: MessageQuerySet, subject: str, text: str, *, by: User, at: datetime) -> int:
    """Gives a message a text of its own; empty ones bring the wording back."""
    writable = messages.filter(state__in=WRITABLE)
    return _decide(writable, by, at, own_subject=subject, own_text=text)


def drop(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """Cancels for good what waits or is held."""
    said = because(BY_HAND, Sentence("cancelled_by", name=str(by)))
    stoppable = messages.filter(state__in=(*STOPPABLE, State.HELD))
    return _decide(stoppable, by, at, state=State.CANCELLED, **said, finished_at=at, lease_until=None)


def it_arrived(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """Somebody knows better: it was sent. What was known before stays with it."""
    return _decide(messages.filter(state=State.UNKNOWN), by, at, state=State.SENT)


def leave_it(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """It stays unknown and is asked about no more."""
    return _decide(messages.filter(state=State.UNKNOWN), by, at)


def send_again(messages: MessageQuerySet, *, by: User, at: datetime) -> int:
    """Plans it once more, due at once, under the same Message-ID, by which their server may drop a second copy."""
    lost = messages.filter(state=State.UNKNOWN, expires_at__gt=at)
    return _decide(lost, by, at, **_waiting_again(State.PLANNED), due_at=at)


def open_again(messages: MessageQuerySet) -> int:
    """Takes back that it arrived or is to be left: it is asked about again."""
    decided = messages.filter(state__in=[State.SENT, State.UNKNOWN], reason__in=_FATES, decided_at__isnull=False)
    return decided.update(state=State.UNKNOWN, decided_by=None, decided_at=None)


def _waiting_again(state: State) -> dict[str, Any]:
    return {"state": state, "reason": "", "detail": "", "finished_at": None, "lease_until": None}


def _decide(messages: MessageQuerySet, by: User, at: datetime, **changes: Any) -> int:
    return messages.order_by().update(decided_by=by, decided_at=at, **changes)
