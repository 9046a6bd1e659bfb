"""Rules about what a message is about: whether it is still true, and still in time."""

from django.utils.translation import gettext as _

from outreach.gate.facts import Facts
from outreach.gate.ruling import Ruling
from outreach.models import Message, MessageKind, State
from retention_crm.lib import clock


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
    """A greeting whose birthday was corrected, a survey whose link no longer works."""
    invitation = message.invitation
    if message.kind == MessageKind.SURVEY and (invitation is None or not invitation.is_open(facts.at)):
        return Ruling(State.CANCELLED, "no_longer_true", _("The invitation was withdrawn."))
    if message.kind == MessageKind.BIRTHDAY and not _is_birthday(message, facts):
        return Ruling(State.CANCELLED, "no_longer_true", _("The birthday was changed; it is not on this day."))
    return None


def _is_birthday(message: Message, facts: Facts) -> bool:
    contact = message.contact
    if contact is None or contact.birthday_month is None or contact.birthday_day is None:
        return False
    day = clock.today(contact.effective_time_zone, message.dated_at)
    return day == clock.birthday_in(
        day.year,
        contact.birthday_month,
        contact.birthday_day,
        leap_day_on_march_1=facts.company.leap_day_on_march_1,
    )
