"""What the rules look at, loaded for a whole batch in a fixed small number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Prefetch, Q, prefetch_related_objects

from accounts.models import Company
from customers.models import Contact
from interactions.models import NoticeFor
from outreach.models import (
    CUSTOMER_KINDS,
    MeetingMail,
    Message,
    MessageKind,
    NotificationChoice,
    State,
    Suppression,
    Ways,
)
from surveys.models import DETRACTOR_MAX

# What was handed over, or may have been.
GONE_OUT = (State.SENT, State.UNKNOWN)
MEETING_KINDS = (MessageKind.MEETING, MessageKind.MEETING_OFF)
GOING_OUT = (State.PLANNED, State.LEASED, State.SUBMITTING)

_SHARED = (
    *("customer__owner", "recipient", "interaction", "dated_event", "wish", "owner_change__former"),
    *("invitation__survey__published__questions", "invitation__response", "invitation__occasion"),
    Prefetch("notice_for", NoticeFor.objects.select_related("notice", "follow_up")),
)


class Trouble(NamedTuple):
    """What stands between a customer and us: since when, and the words or the score of it."""

    at: datetime
    words: str
    score: int


@dataclass
class Facts:
    """What the rules may look at besides the message; `troubles` by the name of the rule and the id of the customer."""

    at: datetime
    company: Company
    suppressed: set[str] = field(default_factory=set)
    troubles: dict[tuple[str, int], "Trouble"] = field(default_factory=dict)
    others: "Others" = field(default_factory=lambda: Others([], []))
    ways: Ways = field(default_factory=dict)

    def trouble(self, rule: str, message: Message) -> "Trouble | None":
        """What of that kind stands between us and the message's customer at this moment."""
        found = self.troubles.get((rule, message.customer_id or 0))
        if found is None:
            return None
        is_yet_to_come = rule == "overdue_promise" and found.at >= self.at
        is_past = rule == "detractor" and found.at <= self.at - timedelta(days=self.company.detractor_rest_days)
        return None if is_yet_to_come or is_past else found


class Others:
    """Other messages to the same customers, and to whoever has the same addresses."""

    def __init__(self, neighbours: Iterable[tuple[int, str]], messages: Iterable[Message]) -> None:
        """`neighbours` are the ids of contacts with their addresses."""
        self._address = {pk: address.lower() for pk, address in neighbours}
        self._at_address: dict[str, list[Message]] = {}
        self._to_customer: dict[int, list[Message]] = {}
        self._supposed: dict[int, datetime] = {}
        self.planned: list[Message] = []
        for message in messages:
            self._add(message)
            if message.state == State.PLANNED:
                self.planned.append(message)

    def _add(self, message: Message) -> None:
        if message.customer_id is not None:
            self._to_customer.setdefault(message.customer_id, []).append(message)
        address = self._address.get(message.contact_id or 0)
        if address:
            self._at_address.setdefault(address, []).append(message)

    def suppose_gone(self, message: Message, at: datetime) -> None:
        """For looking ahead: from that moment on, as if it had been handed over then."""
        known = {
            name: getattr(message, name) for name in ("pk", "kind", "customer_id", "contact", "due_at", "dated_at")
        }
        self._add(Message(state=State.SENT, finished_at=at, **known))
        self._supposed[message.pk] = at

    def is_supposed(self, message: Message) -> bool:
        return message.pk in self._supposed

    def at_address_of(self, message: Message, at: datetime) -> list[Message]:
        """To the same address: those that went out lately or are to go out."""
        address = self._address.get(message.contact_id or 0, "")
        return [other for other in self._at_address.get(address, []) if self._counts(other, message, at)]

    def gone_to(self, message: Message, at: datetime) -> list[Message]:
        """To the same customer or the same address: those that went out lately, or may have."""
        to_customer = self._to_customer.get(message.customer_id or 0, [])
        found = {
            other.pk: other
            for other in (*to_customer, *self.at_address_of(message, at))
            if other.state in GONE_OUT and self._counts(other, message, at)
        }
        return list(found.values())

    def _counts(self, other: Message, message: Message, at: datetime) -> bool:
        """Whether it is another one, and not one that is only supposed to go out later."""
        is_later = other.state in GONE_OUT and self._supposed.get(other.pk, at) > at
        return other.pk != message.pk and not is_later


def load(pks: Sequence[int]) -> list[Message]:
    """The messages with all that the rules and the composer look at, in the order they are due.

    In at most sixteen small queries: one that joins so many tables takes the database longer to plan than to run, and
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
    of_meetings = [message for message in messages if message.kind in MEETING_KINDS]
    prefetch_related_objects(of_meetings, Prefetch("meeting_mail", MeetingMail.objects.for_the_gate()))
    of_promises = [message for message in messages if message.kind == MessageKind.PROMISE_KEPT]
    prefetch_related_objects(of_promises, "promise_mail__follow_up")
    return messages


def gather(messages: Sequence[Message], *, at: datetime, company: Company, until: datetime | None = None) -> Facts:
    """The facts about these messages (from `load`) at that moment, in at most five queries.

    With `until` also what there will be by then: promises that fall due, and what is planned for the same customers.
    """
    to_customers = [message for message in messages if message.is_for_customer]
    contacts = [message.contact for message in to_customers if message.contact is not None]
    customers = {message.customer_id for message in to_customers if message.customer_id is not None}
    addresses = [contact.email for contact in contacts if contact.email]
    return Facts(
        at=at,
        company=company,
        suppressed=Suppression.objects.among(addresses),
        troubles=_troubles(customers, at, company, until or at),
        others=_others(to_customers, customers, addresses, at, company, until),
        ways=NotificationChoice.objects.ways(
            {message.recipient_id or 0 for message in messages if message.notification_kind}
        ),
    )


# Of each customer the oldest open complaint, the promise that is late for longest, the newest bad answer among the last
# answers of its contacts (who answered better since is content), and the last change of owner they do not know of.
_TROUBLES = """
(
    SELECT DISTINCT ON (customer_id) 'open_complaint', customer_id, opened_at, what, 0
    FROM interactions_complaint WHERE customer_id = ANY(%(customers)s) AND resolved_at IS NULL
    ORDER BY customer_id, opened_at, id
) UNION ALL (
    SELECT DISTINCT ON (customer_id) 'overdue_promise', customer_id, due_at, title, 0
    FROM interactions_followup
    WHERE customer_id = ANY(%(customers)s) AND is_promise AND done_at IS NULL AND due_at < %(until)s
    ORDER BY customer_id, due_at, id
) UNION ALL (
    SELECT DISTINCT ON (customer_id) 'detractor', customer_id, answered_at, '', score
    FROM (
        SELECT DISTINCT ON (contact_id) id, customer_id, answered_at, score
        FROM surveys_response WHERE customer_id = ANY(%(customers)s) AND answered_at > %(rested)s AND score IS NOT NULL
        ORDER BY contact_id, answered_at DESC, id DESC
    ) last
    WHERE score <= %(detractor)s ORDER BY customer_id, answered_at DESC, id DESC
) UNION ALL (
    SELECT DISTINCT ON (o.customer_id)
           'owner_changed', o.customer_id, o.changed_at, coalesce(nullif(u.name, ''), u.email), 0
    FROM customers_ownerchange o JOIN accounts_user u ON u.id = o.owner_id
    WHERE o.customer_id = ANY(%(customers)s) AND o.announced_at IS NULL
    ORDER BY o.customer_id, o.changed_at DESC, o.id DESC
)
"""


def _troubles(
    customers: Collection[int], at: datetime, company: Company, until: datetime
) -> dict[tuple[str, int], Trouble]:
    """In one query, since each takes the ORM longer to write than the database to answer."""
    parameters: dict[str, Any] = {
        "customers": list(customers),
        "until": until,
        "rested": at - timedelta(days=company.detractor_rest_days),
        "detractor": DETRACTOR_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TROUBLES, parameters)
        return {(rule, customer): Trouble(*rest) for rule, customer, *rest in cursor.fetchall()}


def _others(
    own: Sequence[Message],
    customers: Collection[int],
    addresses: Sequence[str],
    at: datetime,
    company: Company,
    until: datetime | None,
) -> Others:
    """Of the last days as far back as any rule looks; the batch's `own` are at hand and not fetched once more."""
    neighbours = list(Contact.objects.at_addresses(addresses).values_list("pk", "email"))
    since = at - timedelta(days=max(company.gap_days, company.survey_cooldown_days))
    gone_out = Q(state__in=GONE_OUT, finished_at__gt=since)
    to_customers = gone_out | Q(state=State.PLANNED, due_at__lte=until) if until else gone_out
    rows = Message.objects.filter(
        Q(to_customers, customer_id__in=customers)
        | Q(gone_out | Q(state__in=GOING_OUT), contact_id__in=[pk for pk, _address in neighbours]),
        kind__in=CUSTOMER_KINDS,
    ).exclude(pk__in=[message.pk for message in own])
    shown = rows.select_related("contact").order_by("pk")
    fetched = shown.only(
        *("kind", "state", "customer_id", "due_at", "dated_at", "finished_at"),
        *("contact__name", "contact__birthday_month", "contact__birthday_day"),
    )
    return Others(neighbours, [*fetched, *own])
