"""Rules about what a message is about: whether it is still true, and still in time."""

from datetime import date

from django.utils.translation import gettext as _

from customers.models import Contact
from outreach.gate.facts import Facts
from outreach.gate.ruling import Ruling
from outreach.models import Message, MessageKind, State
from retention_crm.lib import clock

_ASKING = frozenset({MessageKind.SURVEY.value, MessageKind.REMINDER.value})


def too_late(message: Message, facts: Facts) -> Ruling | None:
    if message.expires_at > facts.at:
        return None
    return Ruling(State.EXPIRED, "too_late", _("It would have come too late to be kind."))


def answered(message: Message, facts: Facts) -> Ruling | None:
    invitation = message.invitation
    if invitation is None or getattr(invitation, "response", None) is None:
        return None
    return Ruling(State.CANCELLED, "answered", _("They have answered meanwhile."))


def no_longer_true(message: Message, facts: Facts) -> Ruling | None:
    """A greeting whose day was corrected, a survey whose link no longer works."""
    invitation = message.invitation
    if message.kind in _ASKING and (invitation is None or not invitation.is_open(facts.at)):
        return Ruling(State.CANCELLED, "no_longer_true", _("The invitation was withdrawn."))
    if message.kind == MessageKind.BIRTHDAY and not _is_birthday(message, facts):
        return Ruling(State.CANCELLED, "no_longer_true", _("The birthday was changed; it is not on this day."))
    if message.kind == MessageKind.EVENT and not _is_event(message, facts):
        return Ruling(State.CANCELLED, "no_longer_true", _("The day was changed or taken out; it is not this one."))
    if message.kind == MessageKind.ANNIVERSARY and not _is_anniversary(message, facts):
        return Ruling(State.CANCELLED, "no_longer_true", _("The anniversary or the main contact was changed."))
    return None


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
