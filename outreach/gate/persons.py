"""Rules about whom a message is for: whether they are there, may be written to, and want to be."""

from customers.models import SAMPLE_DOMAIN, Contact
from outreach.assembling import deliverable
from outreach.gate.facts import Facts
from outreach.gate.ruling import Ruling
from outreach.models import Message, Sentence, State
from outreach.unsubscribing import CONSENT_FOR


def erased(message: Message, facts: Facts) -> Ruling | None:
    wanted = (message.customer, message.contact) if message.is_for_customer else (message.recipient,)
    if all(row is not None for row in wanted):
        return None
    return Ruling(State.CANCELLED, "erased", Sentence("erased"))


def left(message: Message, facts: Facts) -> Ruling | None:
    if message.recipient is None or message.recipient.is_active:
        return None
    return Ruling(State.CANCELLED, "left", Sentence("left"))


def sample(message: Message, facts: Facts) -> Ruling | None:
    customer, contact = message.customer, message.contact
    is_invented = contact is not None and contact.email.lower().endswith(f".{SAMPLE_DOMAIN}")
    if not (is_invented or (customer is not None and customer.is_sample)):
        return None
    return Ruling(State.CANCELLED, "sample", Sentence("sample"))


def lost(message: Message, facts: Facts) -> Ruling | None:
    """Who has left is written to only to be asked why."""
    invitation = message.invitation
    if message.customer is None or not message.customer.is_lost or (invitation and invitation.is_about_leaving):
        return None
    return Ruling(State.CANCELLED, "lost", Sentence("lost"))


def deceased(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or not message.contact.deceased:
        return None
    return Ruling(State.CANCELLED, "deceased", Sentence("deceased"))


def do_not_contact(message: Message, facts: Facts) -> Ruling | None:
    contact, customer = message.contact, message.customer
    if not ((contact and contact.do_not_contact) or (customer and customer.do_not_contact)):
        return None
    return Ruling(State.CANCELLED, "do_not_contact", Sentence("do_not_contact"))


def no_consent(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or _allows(message.contact, message.kind):
        return None
    return Ruling(State.CANCELLED, "no_consent", Sentence("no_consent"))


def _allows(contact: Contact, kind: str) -> bool:
    """Whether the contact's consent covers that kind of message; what a person writes needs none."""
    consent = CONSENT_FOR.get(kind)
    return consent is None or contact.allows(consent)


def no_address(message: Message, facts: Facts) -> Ruling | None:
    """None at all, or one that no mail server would take."""
    contact = message.contact
    if contact is None or (contact.email and deliverable(contact.email)):
        return None
    if contact.email:
        return Ruling(State.HELD, "no_address", Sentence("bad_address", name=contact.name, address=contact.email))
    return Ruling(State.HELD, "no_address", Sentence("no_address", name=contact.name))


def suppressed(message: Message, facts: Facts) -> Ruling | None:
    if message.contact is None or message.contact.email not in facts.suppressed:
        return None
    return Ruling(State.HELD, "suppressed", Sentence("suppressed", address=message.contact.email))
