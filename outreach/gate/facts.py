"""What the rules look at, loaded for a whole batch in a fixed small number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import Company
from customers.models import Contact, OwnerChange
from interactions.models import Complaint, FollowUp
from outreach.models import CUSTOMER_KINDS, Message, State, Suppression
from surveys.models import Response

# What was handed over, or may have been.
GONE_OUT = (State.SENT, State.UNKNOWN)
GOING_OUT = (State.PLANNED, State.LEASED, State.SUBMITTING)

_SHARED = ("customer__owner", "recipient", "interaction", "dated_event", "invitation__survey", "invitation__response")


@dataclass
class Facts:
    """What the rules may look at besides the message; by the id of the customer where nothing else is said."""

    at: datetime
    company: Company
    suppressed: set[str] = field(default_factory=set)
    complaints: dict[int, Complaint] = field(default_factory=dict)
    promises: dict[int, FollowUp] = field(default_factory=dict)
    bad_answers: dict[int, Response] = field(default_factory=dict)
    owner_changes: dict[int, OwnerChange] = field(default_factory=dict)
    others: "Others" = field(default_factory=lambda: Others([], []))


class Others:
    """Other messages to the same customers, and to whoever has the same addresses."""

    def __init__(self, neighbours: Iterable[Contact], messages: Iterable[Message]) -> None:
        self._address = {contact.pk: contact.email.lower() for contact in neighbours}
        self._at_address: dict[str, list[Message]] = {}
        self._to_customer: dict[int, list[Message]] = {}
        for message in messages:
            if message.customer_id is not None:
                self._to_customer.setdefault(message.customer_id, []).append(message)
            address = self._address.get(message.contact_id or 0)
            if address:
                self._at_address.setdefault(address, []).append(message)

    def at_address_of(self, message: Message) -> list[Message]:
        """To the same address: those that went out lately or are to go out."""
        address = self._address.get(message.contact_id or 0, "")
        return [other for other in self._at_address.get(address, []) if other.pk != message.pk]

    def gone_to(self, message: Message) -> list[Message]:
        """To the same customer or the same address: those that went out lately, or may have."""
        to_customer = self._to_customer.get(message.customer_id or 0, [])
        found = {other.pk: other for other in (*to_customer, *self.at_address_of(message)) if other.state in GONE_OUT}
        return [other for pk, other in found.items() if pk != message.pk]


def load(pks: Sequence[int]) -> list[Message]:
    """The messages with all that the rules and the composer look at, in the order they are due.

    In at most seven small queries: one that joins so many tables takes the database longer to plan than to run, and
    gives each message an owner and a survey of its own.
    """
    messages = list(
        Message.objects.filter(pk__in=pks)
        .select_related("contact", "customer")
        .prefetch_related(*_SHARED)
        .order_by("due_at", "pk")
    )
    for message in messages:
        # Nearly always the same row; loading it twice for each message would take as long as all the rest.
        if message.contact and message.customer and message.contact.customer_id == message.customer_id:
            message.contact.customer = message.customer
    return messages


def gather(messages: Sequence[Message], *, at: datetime, company: Company) -> Facts:
    """The facts about these messages (from `load`) at that moment, in at most seven queries."""
    to_customers = [message for message in messages if message.is_for_customer]
    contacts = [message.contact for message in to_customers if message.contact is not None]
    customers = {message.customer_id for message in to_customers if message.customer_id is not None}
    addresses = [contact.email for contact in contacts if contact.email]
    return Facts(
        at=at,
        company=company,
        suppressed=Suppression.objects.among(addresses),
        complaints=_complaints(customers),
        promises=_promises(customers, at),
        bad_answers=_bad_answers(customers, at - timedelta(days=company.detractor_rest_days)),
        owner_changes=_owner_changes(customers),
        others=_others(customers, addresses, at, company),
    )


def _complaints(customers: Collection[int]) -> dict[int, Complaint]:
    """The oldest open one of each customer."""
    rows = Complaint.objects.open().filter(customer_id__in=customers).only("customer_id", "what", "opened_at")
    return {row.customer_id: row for row in rows.order_by("customer_id", "opened_at", "pk").distinct("customer_id")}


def _promises(customers: Collection[int], at: datetime) -> dict[int, FollowUp]:
    """The open one of each customer that is past its time for longest."""
    late = FollowUp.objects.promises().due_by(at).filter(customer_id__in=customers)
    rows = late.only("customer_id", "title", "due_at").order_by("customer_id", "due_at", "pk")
    return {row.customer_id: row for row in rows.distinct("customer_id")}


def _bad_answers(customers: Collection[int], since: datetime) -> dict[int, Response]:
    """The newest one of each customer among the last answers of its contacts: who answered better since is content."""
    recent = Response.objects.filter(customer_id__in=customers, answered_at__gt=since)
    last = recent.order_by("contact_id", "-answered_at", "-pk").distinct("contact_id")
    bad = [row for row in last.only("customer_id", "contact_id", "score", "answered_at") if row.is_detractor]
    return {row.customer_id: row for row in sorted(bad, key=lambda row: (row.answered_at, row.pk))}


def _owner_changes(customers: Collection[int]) -> dict[int, OwnerChange]:
    """The last change of owner of each customer who does not know yet."""
    rows = OwnerChange.objects.untold().filter(customer_id__in=customers).select_related("owner")
    last = rows.order_by("customer_id", "-changed_at", "-pk").distinct("customer_id")
    return {row.customer_id: row for row in last}


def _others(customers: Collection[int], addresses: Sequence[str], at: datetime, company: Company) -> Others:
    """Of the last days as far back as any rule looks."""
    neighbours = list(Contact.objects.at_addresses(addresses).only("email"))
    since = at - timedelta(days=max(company.budget_days, company.survey_cooldown_days))
    gone_out = Q(state__in=GONE_OUT, finished_at__gt=since)
    rows = Message.objects.filter(
        Q(gone_out, customer_id__in=customers)
        | Q(gone_out | Q(state__in=GOING_OUT), contact_id__in=[contact.pk for contact in neighbours]),
        kind__in=CUSTOMER_KINDS,
    )
    shown = rows.select_related("contact").order_by("pk")
    return Others(
        neighbours,
        shown.only(
            *("kind", "state", "customer_id", "due_at", "dated_at", "finished_at"),
            *("contact__name", "contact__birthday_month", "contact__birthday_day"),
        ),
    )
