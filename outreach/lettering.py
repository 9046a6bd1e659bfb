"""Letters: what somebody writes to one contact by hand, sent by the ledger like every other mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Company, User
from customers.models import Contact
from outreach import gate
from outreach.models import Approval, Format, Message, MessageKind, State, format_for

# Time to think better of it.
STOPPABLE_FOR = timedelta(minutes=2)
KIND_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Reader:
    """A contact of the customer, and in words why they can not be written to, or why it waits."""

    contact: Contact
    why_not: str = ""
    waits: str = ""

    @property
    def format(self) -> Format:
        """In which form the contact gets recaps."""
        return format_for(self.contact)

    @classmethod
    def by(cls, ruling: gate.Ruling | None, contact: Contact) -> "Reader":
        """As the gate would rule on what is written now."""
        if ruling is None:
            return cls(contact)
        return cls(contact, waits=ruling.sentence) if ruling.state == State.PLANNED else cls(contact, ruling.sentence)


def draft(contact: Contact, subject: str, text: str, *, at: datetime) -> Message:
    """The letter as it would be planned now; nothing is saved."""
    due_at = at + STOPPABLE_FOR
    return Message(
        kind=MessageKind.LETTER,
        customer=contact.customer,
        contact=contact,
        own_subject=subject,
        own_text=text,
        due_at=due_at,
        dated_at=due_at,
        expires_at=due_at + KIND_FOR,
    )


def readers(contacts: Sequence[Contact], *, company: Company, at: datetime) -> list[Reader]:
    """What the gate would say of a letter to each, in at most five queries."""
    drafts = [draft(contact, "", "", at=at) for contact in contacts]
    facts = gate.gather(drafts, at=at + STOPPABLE_FOR, company=company)
    rulings = [gate.ruling_on(letter, facts) for letter in drafts]
    return [Reader.by(ruling, contact) for ruling, contact in zip(rulings, contacts, strict=True)]


def plan_letter(
    key: UUID, contact: Contact, subject: str, text: str, *, by: User, at: datetime
) -> tuple[Message, bool]:
    """The letter and whether it is new: for each key there is one, however often it is asked for."""
    letter = draft(contact, subject, text, at=at)
    waits = Approval.objects.ask_for(MessageKind.LETTER, contact.customer.segment_id)
    fields = {name: getattr(letter, name) for name in _PLANNED}
    fields |= {"state": State.PROPOSED if waits else State.PLANNED, "decided_by": by, "decided_at": at}
    return Message.objects.get_or_create(occasion=f"letter:{key}", defaults=fields)


_PLANNED = (
    *("kind", "customer", "contact", "own_subject", "own_text"),
    *("due_at", "dated_at", "expires_at"),
)
