"""Rules about whom a message is for: whether they are there, may be written to, and want to be."""

from django.utils.translation import gettext as _

from customers.models import SAMPLE_DOMAIN, Contact
from outreach.assembling import deliverable
from outreach.gate.facts import Facts
from outreach.gate.ruling import Ruling
from outreach.models import Message, State
from outreach.unsubscribing import CONSENT_FOR


def erased(message: Message, facts: Facts) -> Ruling | None:
    wanted = (message.customer, message.contact) if message.is_for_customer else (message.recipient,)
    if all(row is not None for row in wanted):
        return None
    return Ruling(State.CANCELLED, "erased", _("The person it was for is no longer in the system."))


def left(message: Message, facts: Facts) -> Ruling | None:
    if message.recipient is None or message.recipient.is_active:
        return None
    return Ruling(State.CANCELLED, "left", _("The member of staff no longer works here."))


def sample(message: Message, facts: Facts) -> Ruling | None:
    customer, contact = message.customer, message.contact
    is_invented = contact is not None and contact.email.lower().endswith(f".{SAMPLE_DOMAIN}")
    if not (is_invented or (customer is not None and customer.is_sample)):
        return None
    return Ruling(State.CANCELLED, "sample", _("Sample data: they are invented, so no mail goes to them."))


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
    if message.contact is None or _allows(message.contact, message.kind):
        return None
    return Ruling(State.CANCELLED, "no_consent", _("They do not want this kind of message."))


def _allows(contact: Contact, kind: str) -> bool:
    """Whether the contact's consent covers that kind of message; what a person writes needs none."""
    consent = CONSENT_FOR.get(kind)
    return consent is None or contact.allows(consent)


def no_address(message: Message, facts: Facts) -> Ruling | None:
    """None at all, or one that no mail server would take."""
    contact = message.contact
    if contact is None or (contact.email and deliverable(contact.email)):
        return None
    words = {"name": contact.name, "address": contact.email}
    sentence = (
        _("No mail can be sent to “%(address)s”. Ask %(name)s for a better address.")
        if contact.email
        else _("There is no e-mail address for %(name)s.")
    )
    return Ruling(State.HELD, "no_address", sentence % words)


def suppressed(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or message.contact.email not in facts.suppressed:
        return None
    return Ruling(
        State.HELD,
        "suppressed",
        _("Mail to %(address)s came back as undeliverable. Ask for a better address.")
        % {"address": message.contact.email},
    )
