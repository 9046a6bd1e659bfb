"""The gate: everything that is checked just before a message is handed over, and the reason in words.

Each rule has a name, looks at one message whose rows were loaded for the whole batch, and says nothing or what is to
become of the message. The first rule that speaks decides. A message that was held is for a person to look at; one that
was cancelled is no longer wanted by anyone; one that expired came too late to be kind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Company
from customers.models import Contact
from interactions.models import Complaint
from outreach.models import Message, MessageKind, State, Suppression
from retention_crm.lib import clock


@dataclass(frozen=True)
class Ruling:
    """What is to become of a message that may not be handed over: its state, the rule's name, a sentence for people."""

    state: State
    rule: str
    sentence: str


@dataclass
class Facts:
    """What the rules may look at besides the message."""

    at: datetime
    company: Company
    suppressed: set[str] = field(default_factory=set)


Rule = Callable[[Message, Facts], Ruling | None]
_SHARED = ("customer__owner", "recipient", "interaction", "invitation__survey", "invitation__response")


def load(pks: Sequence[int]) -> list[Message]:
    """The messages with all that the rules and the composer look at, in the order they are due.

    In at most seven small queries: one that joins so many tables takes the database longer to plan than to run, and
    gives each message an owner and a survey of its own.
    """
    complaints = Complaint.objects.open().filter(customer_id=OuterRef("customer_id")).order_by("opened_at", "pk")
    messages = list(
        Message.objects.filter(pk__in=pks)
        .select_related("contact", "customer")
        .prefetch_related(*_SHARED)
        .annotate(
            complaint_since=Subquery(complaints.values("opened_at")[:1]),
            complaint_what=Subquery(complaints.values("what")[:1]),
        )
        .order_by("due_at", "pk")
    )
    for message in messages:
        # Nearly always the same row; loading it twice for each message would take as long as all the rest.
        if message.contact and message.customer and message.contact.customer_id == message.customer_id:
            message.contact.customer = message.customer
    return messages


def check(messages: Sequence[Message], *, at: datetime, company: Company) -> dict[int, Ruling]:
    """Rulings for those of the messages (from `load`) that may not be handed over; the others may."""
    addresses = [message.contact.email for message in messages if message.contact is not None]
    facts = Facts(at=at, company=company, suppressed=Suppression.objects.among(addresses))
    rulings = {}
    for message in messages:
        ruling = next((ruling for rule in RULES if (ruling := rule(message, facts))), None)
        if ruling is not None:
            rulings[message.pk] = ruling
    return rulings


def too_late(message: Message, facts: Facts) -> Ruling | None:
    if message.expires_at > facts.at:
        return None
    return Ruling(State.EXPIRED, "too_late", _("It would have come too late to be kind."))


def erased(message: Message, facts: Facts) -> Ruling | None:
    wanted = (message.customer, message.contact) if message.is_for_customer else (message.recipient,)
    if all(row is not None for row in wanted):
        return None
    return Ruling(State.CANCELLED, "erased", _("The person it was for is no longer in the system."))


def left(message: Message, facts: Facts) -> Ruling | None:
    if message.recipient is None or message.recipient.is_active:
        return None
    return Ruling(State.CANCELLED, "left", _("The member of staff no longer works here."))


def lost(message: Message, facts: Facts) -> Ruling | None:
    if message.customer is None or not message.customer.is_lost:
        return None
    return Ruling(State.CANCELLED, "lost", _("The customer has left us."))


def deceased(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or not message.contact.deceased:
        return None
    return Ruling(State.CANCELLED, "deceased", _("The contact has died."))


def do_not_contact(message: Message, facts: Facts) -> Ruling | None:
    contact, customer = message.contact, message.customer
    if not ((contact and contact.do_not_contact) or (customer and customer.do_not_contact)):
        return None
    return Ruling(State.CANCELLED, "do_not_contact", _("They asked not to be contacted."))


def no_consent(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or allows(message.contact, message.kind):
        return None
    return Ruling(State.CANCELLED, "no_consent", _("They do not want this kind of message."))


def allows(contact: Contact, kind: str) -> bool:
    """Whether the contact's consent covers that kind of message."""
    return {
        MessageKind.BIRTHDAY: contact.allows_greetings,
        MessageKind.THANK_YOU: contact.allows_thanks,
        MessageKind.SURVEY: contact.allows_surveys,
    }[MessageKind(kind)]


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


def no_address(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or message.contact.email:
        return None
    return Ruling(
        State.HELD, "no_address", _("There is no e-mail address for %(name)s.") % {"name": message.contact.name}
    )


def suppressed(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or message.contact.email not in facts.suppressed:
        return None
    return Ruling(
        State.HELD,
        "suppressed",
        _("Mail to %(address)s came back as undeliverable. Ask for a better address.")
        % {"address": message.contact.email},
    )


def open_complaint(message: Message, facts: Facts) -> Ruling | None:
    since: datetime | None = getattr(message, "complaint_since", None)
    if not message.is_for_customer or since is None or message.customer is None:
        return None
    day = date_format(since.astimezone(clock.zone(message.customer.owner.time_zone)), "DATE_FORMAT")
    what = getattr(message, "complaint_what", "")
    sentence = _("Open complaint since %(date)s: %(what)s. Call instead.") % {"date": day, "what": what}
    return Ruling(State.HELD, "open_complaint", sentence)


RULES: tuple[Rule, ...] = (
    too_late,
    erased,
    left,
    lost,
    deceased,
    do_not_contact,
    no_consent,
    answered,
    no_longer_true,
    no_address,
    suppressed,
    open_complaint,
)
