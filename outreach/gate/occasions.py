"""Rules about what a message is about: whether it is still true, and still in time."""

from collections.abc import Callable
from datetime import date
from typing import Any

from customers.models import Contact
from interactions.models import How
from outreach.gate.facts import Facts
from outreach.gate.ruling import Ruling
from outreach.models import Message, MessageKind, Sentence, State, Way
from retention_crm.lib import clock


def too_late(message: Message, facts: Facts) -> Ruling | None:
    if message.expires_at > facts.at:
        return None
    return Ruling(State.EXPIRED, "too_late", Sentence("too_late"))


def answered(message: Message, facts: Facts) -> Ruling | None:
    invitation = message.invitation
    if invitation is None or not invitation.is_answered:
        return None
    return Ruling(State.CANCELLED, "answered", Sentence("answered"))


def chosen_otherwise(message: Message, facts: Facts) -> Ruling | None:
    """Whoever chose so since it was planned finds it on the bell or in the digest, or wants to hear nothing of it."""
    kind = message.notification_kind
    if not kind or facts.ways.get((message.recipient_id or 0, kind), Way.AT_ONCE) == Way.AT_ONCE:
        return None
    return Ruling(State.CANCELLED, "chosen_otherwise", Sentence("chosen_otherwise"))


def no_longer_true(message: Message, facts: Facts) -> Ruling | None:
    """A greeting whose day was corrected, a survey whose link no longer works, news they know already."""
    is_true, name = _STILL_TRUE.get(message.kind, (None, ""))
    if is_true is None or is_true(message, facts):
        return None
    return Ruling(State.CANCELLED, "no_longer_true", Sentence(name))


def _is_open(message: Message, facts: Facts) -> bool:
    return message.invitation is not None and message.invitation.is_open(facts.at)


def _is_to_be_told(message: Message, facts: Facts) -> bool:
    wish = message.wish
    return wish is not None and wish.wants_answer and not wish.is_open


def _is_news(message: Message, facts: Facts) -> bool:
    row = message.notice_for
    return row is not None and row.is_to_be_told and row.how == How.MAIL and row.notice.withdrawn_at is None


def _is_a_stranger(message: Message, facts: Facts) -> bool:
    change, customer = message.owner_change, message.customer
    if change is None or customer is None or change.announced_at is not None:
        return False
    return change.owner_id == customer.owner_id


def _is_meeting(message: Message, facts: Facts) -> bool:
    mail: Any = getattr(message, "meeting_mail", None)
    if mail is None:
        return False
    true: bool = mail.is_true(is_guest=mail.is_guest, was_invited=mail.was_invited, at=facts.at)
    return true


def _is_kept(message: Message, facts: Facts) -> bool:
    mail: Any = getattr(message, "promise_mail", None)
    return mail is not None and bool(mail.is_true)


def _is_birthday(message: Message, facts: Facts) -> bool:
    contact = message.contact
    if contact is None or contact.birthday_month is None or contact.birthday_day is None:
        return False
    return _falls_on(message, contact.birthday_month, contact.birthday_day, facts)


def _is_event(message: Message, facts: Facts) -> bool:
    event = message.dated_event
    return event is not None and _falls_on(message, event.month, event.day, facts)


def _is_anniversary(message: Message, facts: Facts) -> bool:
    contact, customer = message.contact, message.customer
    if contact is None or customer is None or not contact.is_primary:
        return False
    since = customer.customer_since
    return _local_day(message, contact).year > since.year and _falls_on(message, since.month, since.day, facts)


def _falls_on(message: Message, month: int, day: int, facts: Facts) -> bool:
    """Whether that day of every year is kept on the day the message was planned for, by the contact's calendar."""
    if message.contact is None:
        return False
    local = _local_day(message, message.contact)
    return local == clock.birthday_in(local.year, month, day, leap_day_on_march_1=facts.company.leap_day_on_march_1)


def _local_day(message: Message, contact: Contact) -> date:
    return clock.today(contact.effective_time_zone, message.dated_at)


# What has to be true of a kind of message, and the sentence that is said where it is not.
_STILL_TRUE: dict[str, tuple[Callable[[Message, Facts], bool], str]] = {
    MessageKind.SURVEY: (_is_open, "invitation_withdrawn"),
    MessageKind.REMINDER: (_is_open, "invitation_withdrawn"),
    MessageKind.BIRTHDAY: (_is_birthday, "birthday_changed"),
    MessageKind.EVENT: (_is_event, "event_changed"),
    MessageKind.ANNIVERSARY: (_is_anniversary, "anniversary_changed"),
    MessageKind.MEETING: (_is_meeting, "meeting_changed"),
    MessageKind.MEETING_OFF: (_is_meeting, "meeting_changed"),
    MessageKind.YOU_SAID: (_is_to_be_told, "wish_open"),
    MessageKind.PROMISE_KEPT: (_is_kept, "promise_open"),
    MessageKind.NOTICE: (_is_news, "news_known"),
    MessageKind.INTRODUCTION: (_is_a_stranger, "owner_known"),
}
