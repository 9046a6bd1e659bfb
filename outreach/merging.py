"""Merging contacts and customers, with what that means for the ledger: nobody is greeted twice for it.

What waits for a contact that goes is cancelled; what is about a thing of theirs (a birthday, an anniversary, a day) and
went out already counts for the one that stays: its own row of that occasion is written as cancelled, so that no planner
writes it anew.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from customers import merging
from customers.merging import Gone, Twins
from customers.models import Contact, Customer, DatedEvent
from interactions.logging import refresh_touchpoints
from outreach.cancelling import UNSENT, cancel
from outreach.deciding import BY_HAND
from outreach.models import Message, MessageQuerySet, State
from outreach.planning import one_at_a_time
from surveys.models import Invitation

__all__ = ["Gone", "merge"]

MERGED = "merged"
# It went out, or may have, or is just going.
_GONE_OUT = Q(state__in=[State.SENT, State.UNKNOWN, State.SUBMITTING])
# Somebody did not want them to get it.
_DROPPED = Q(state=State.CANCELLED, reason=BY_HAND)
# What occasions begin with that are about a row itself; its id comes next.
_ABOUT = {
    Contact: ("birthday",),
    Customer: ("anniversary", "thank-you:customer"),
    DatedEvent: ("event",),
    Invitation: ("invitation", "reminder"),
}


def merge[M: (Contact, Customer)](kept: M, lost: M, *, by: User, at: datetime) -> M:
    """Everything that belongs to the second belongs to the first, and the second is gone; returns the first as it is.

    Two customers, or two contacts of one. Of two customers the contacts stay apart, but for those who have the same
    name and mail address. Raises Gone if one of the two is no longer there. There is no way back.
    """
    if kept.pk == lost.pk:
        raise ValueError("A row cannot be merged into itself.")
    with transaction.atomic():
        one_at_a_time()
        if isinstance(kept, Customer) and isinstance(lost, Customer):
            return _customers(*merging.locked(kept, lost), by, at)
        return _contacts_of_one(kept, lost, by, at)


def _contacts_of_one(kept: Contact, lost: Contact, by: User, at: datetime) -> Contact:
    if kept.customer_id != lost.customer_id:
        raise ValueError("Contacts of two customers are merged when these are.")
    customer = Customer.objects.select_for_update().filter(pk=kept.customer_id).first()
    if customer is None:
        raise Gone
    kept, lost = merging.locked(kept, lost)
    _contacts(kept, lost, by, at)
    Customer.objects.filter(pk=customer.pk).mark_risk_stale(at)
    return kept


def _contacts(kept: Contact, lost: Contact, by: User, at: datetime) -> None:
    waiting = Message.objects.filter(contact=lost)
    cancel(waiting, reason=MERGED, detail=_into(kept.name), at=at, states=UNSENT)
    twins = merging.join_contacts(kept, lost, by=by, at=at)
    _count_as_had(Message.objects.filter(contact=kept), twins, lost.name, at)


def _customers(kept: Customer, lost: Customer, by: User, at: datetime) -> Customer:
    for stays, goes in merging.same_people(kept, lost):
        _contacts(*merging.locked(stays, goes), by, at)
    about = [
        message.pk
        for message in Message.objects.filter(customer=lost, state__in=UNSENT)
        if _renamed(message.occasion, [Twins(Customer, kept.pk, lost.pk)])
    ]
    cancel(Message.objects.filter(pk__in=about), reason=MERGED, detail=_into(kept.name), at=at, states=UNSENT)
    twins = merging.join_customers(kept, lost, by=by, at=at)
    _count_as_had(Message.objects.filter(customer=kept), twins, lost.name, at)
    refresh_touchpoints([kept.pk], at=at)
    kept.refresh_from_db()
    return kept


def _into(name: str) -> str:
    return _("Merged into %(name)s.") % {"name": name}


def _count_as_had(messages: MessageQuerySet, twins: list[Twins], name: str, at: datetime) -> None:
    """Occasions of the row that is gone count as had by its twin."""
    had = [
        (occasion, message)
        for message in messages.filter(_GONE_OUT | _DROPPED)
        if (occasion := _renamed(message.occasion, twins))
    ]
    detail = _("They had this as %(name)s, who was merged into them.") % {"name": name}
    rows = [
        Message(
            occasion=occasion,
            kind=message.kind,
            state=State.CANCELLED,
            reason=MERGED,
            detail=detail,
            customer_id=message.customer_id,
            contact_id=message.contact_id,
            due_at=message.due_at,
            expires_at=message.expires_at,
            dated_at=message.dated_at,
            finished_at=at,
        )
        for occasion, message in had
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    own = Message.objects.filter(occasion__in=[occasion for occasion, _message in had])
    cancel(own, reason=MERGED, detail=detail, at=at, states=UNSENT)


def _renamed(occasion: str, twins: Iterable[Twins]) -> str:
    """The same occasion of the twin that stays; empty if it is about neither of them."""
    for pair in twins:
        for word in _ABOUT.get(pair.model, ()):
            former = f"{word}:{pair.lost}"
            if occasion == former or occasion.startswith(f"{former}:"):
                return f"{word}:{pair.kept}{occasion.removeprefix(former)}"
    return ""
