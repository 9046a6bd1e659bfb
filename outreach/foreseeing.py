"""Foreseeing: what is about to go out, and what the gate would say about it then. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import Company, User
from outreach import gate
from outreach.gate import Ruling
from outreach.models import CUSTOMER_KINDS, Message, MessageQuerySet, State

AHEAD = timedelta(hours=36)
# No message is in time for longer than that after it was due.
_OLDEST = timedelta(days=31)
# Counting further costs more than the number is worth.
COUNTED_TO = 1000
GROUPS: dict[str, tuple[State, ...]] = {
    "waits": (State.PROPOSED,),
    "goes": (State.PLANNED, State.LEASED, State.SUBMITTING),
    "held": (State.HELD,),
}


@dataclass(frozen=True)
class Group:
    """Messages in the order they are due; `after` is the place to go on from, if there are more."""

    name: str
    pks: list[int]
    count: int
    after: int | None


def ahead(user: User, name: str, *, at: datetime, size: int, after: int | None = None) -> Group:
    """Messages to customers of a group that are due within 36 hours and not too late, as far as the user sees them."""
    visible = Message.objects.visible_to(user)
    rows = visible.filter(
        state__in=GROUPS[name],
        kind__in=CUSTOMER_KINDS,
        due_at__gt=at - _OLDEST,
        due_at__lte=at + AHEAD,
        expires_at__gt=at,
    ).order_by("due_at", "pk")
    count = rows.order_by()[: COUNTED_TO + 1].count()
    found = list(_from(rows, visible, after).values_list("pk", flat=True)[: size + 1])
    return Group(name, found[:size], count, found[size - 1] if len(found) > size else None)


def _from(rows: MessageQuerySet, visible: MessageQuerySet, after: int | None) -> MessageQuerySet:
    last = visible.filter(pk=after).values_list("due_at", flat=True).first() if after else None
    return rows if last is None else rows.filter(Q(due_at__gt=last) | Q(due_at=last, pk__gt=after))


def forecast(messages: Sequence[Message], *, at: datetime, company: Company) -> dict[int, Ruling]:
    """What the gate would say of messages from `gate.load` when each is due; those it would let pass are missing.

    Of one that is held it is what the gate says now, since now is when a person may let it go; that it would be put off
    to a better hour counts only once it is due.
    """
    held = [message for message in messages if message.state == State.HELD]
    due = {message.pk for message in held if message.due_at <= at}
    now = gate.check(held, at=at, company=company)
    then = gate.foresee([message for message in messages if message.state != State.HELD], at=at, company=company)
    return then | {pk: ruling for pk, ruling in now.items() if ruling.state != State.PLANNED or pk in due}


def in_the_way(message: Message, *, at: datetime, company: Company) -> list[Ruling]:
    """All that speaks against sending a message from `gate.load` now, one rule behind the other.

    The last one may be a rule nobody may set aside, or one that only puts it off.
    """
    found: list[Ruling] = []
    kept = message.released_rules
    try:
        while ruling := gate.check([message], at=at, company=company).get(message.pk):
            found.append(ruling)
            if ruling.state != State.HELD or ruling.rule not in gate.RELEASABLE:
                break
            message.released_rules = [*message.released_rules, ruling.rule]
    finally:
        message.released_rules = kept
    return found
