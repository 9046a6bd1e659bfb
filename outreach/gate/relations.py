"""Rules about how things stand with the customer: a friendly automatic mail would hurt where something is owed.

They concern what goes out by itself; what a person writes to one customer may be the very thing that puts it right.
"""

from datetime import datetime

from outreach.gate.facts import Facts
from outreach.gate.ruling import Ruling
from outreach.models import Message, MessageKind, Sentence, State, Written
from retention_crm.lib import clock
from retention_crm.lib.drawing import is_drawn

AUTOMATIC = frozenset(
    kind.value
    for kind in (
        *(MessageKind.BIRTHDAY, MessageKind.ANNIVERSARY, MessageKind.EVENT),
        *(MessageKind.THANK_YOU, MessageKind.RECOMMEND, MessageKind.SURVEY, MessageKind.REMINDER),
    )
)
_GREETINGS = frozenset(kind.value for kind in (MessageKind.BIRTHDAY, MessageKind.ANNIVERSARY, MessageKind.EVENT))
# What somebody asked for is no greeting, but as little welcome while something is owed.
_WITH_CARE = AUTOMATIC | {MessageKind.YOU_SAID.value, MessageKind.PROMISE_KEPT.value}


def _is_automatic(message: Message) -> bool:
    return message.kind in AUTOMATIC and message.customer is not None


def _needs_care(message: Message) -> bool:
    return message.kind in _WITH_CARE and message.customer is not None


def _day(message: Message, moment: datetime) -> Written:
    """The date by the clock of who looks after the customer."""
    zone = message.customer.owner.time_zone if message.customer else ""
    return Written("day", clock.today(zone, moment))


def open_complaint(message: Message, facts: Facts) -> Ruling | None:
    complaint = facts.trouble("open_complaint", message)
    if complaint is None or not _needs_care(message):
        return None
    why = Sentence("open_complaint", date=_day(message, complaint.at), what=complaint.words)
    return Ruling(State.HELD, "open_complaint", why)


def overdue_promise(message: Message, facts: Facts) -> Ruling | None:
    promise = facts.trouble("overdue_promise", message)
    if promise is None or not _needs_care(message):
        return None
    why = Sentence("overdue_promise", date=_day(message, promise.at), what=promise.words)
    return Ruling(State.HELD, "overdue_promise", why)


def detractor(message: Message, facts: Facts) -> Ruling | None:
    """One unhappy person speaks for the customer; a better answer of the same person since ends it.

    That their wish was heard may be the very thing such a person waits for.
    """
    answer = facts.trouble("detractor", message)
    if answer is None or not _is_automatic(message):
        return None
    why = Sentence("detractor", date=_day(message, answer.at), score=answer.score)
    return Ruling(State.HELD, "detractor", why)


def owner_changed(message: Message, facts: Facts) -> Ruling | None:
    change = facts.trouble("owner_changed", message)
    if change is None or not _needs_care(message):
        return None
    why = Sentence("owner_changed", date=_day(message, change.at), owner=change.words)
    return Ruling(State.HELD, "owner_changed", why)


def held_out(message: Message, facts: Facts) -> Ruling | None:
    """The last rule of all: only who would be greeted now tells by going without what greetings are worth."""
    drawn = is_drawn("greeting", message.contact_id or 0, facts.company.greetings_held_out_every)
    if not drawn or message.kind not in _GREETINGS:
        return None
    return Ruling(State.CANCELLED, "held_out", Sentence("held_out"))
