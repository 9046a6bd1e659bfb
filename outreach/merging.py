"""Merging contacts and customers, with what that means for the ledger: nobody is greeted twice for it.

What waits for a contact that goes is cancelled; what is about a thing of theirs (a birthday, an anniversary, a day) and
went out already counts for the one that stays: its own row of that occasion is written as cancelled, so that no planner
writes it anew. The same holds when a merge is taken back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from customers import merging
from customers.journaling import Journal, Stayed
from customers.merging import NO_PICKS, Gone, Picks, Twins
from customers.models import Contact, Customer, DatedEvent, Merge, Step
from interactions.logging import refresh_touchpoints
from outreach.cancelling import UNSENT, cancel
from outreach.deciding import BY_HAND
from outreach.models import Message, MessageQuerySet, Sentence, State, because
from outreach.planning import one_at_a_time
from outreach.stopping import set_going, stop
from surveys.models import Invitation

__all__ = ["Gone", "TooLate", "merge", "undo"]

MERGED = "merged"
# It went out, or may have, or is just going.
_GONE_OUT = Q(state__in=[State.SENT, State.UNKNOWN, State.SUBMITTING])
# Somebody did not want them to get it.
_DROPPED = Q(state=State.CANCELLED, reason=BY_HAND)
# What occasions begin with that are about a row itself; its id comes next.
_ABOUT = {
    Contact: ("birthday",),
    Customer: ("anniversary", "thank-you:customer", "thank-you:referral"),
    DatedEvent: ("event",),
    Invitation: ("invitation", "reminder"),
}
# What a message is about, by the label of its model.
_NAMED_BY = {
    "interactions.Interaction": "interaction",
    "interactions.FollowUp": "promise_mail__follow_up",
    "interactions.Meeting": "meeting_mail__meeting",
    "interactions.NoticeFor": "notice_for",
    "interactions.Wish": "wish",
    "customers.DatedEvent": "dated_event",
    "customers.OwnerChange": "owner_change",
    "surveys.Invitation": "invitation",
}


class TooLate(Exception):
    """It can not be taken back: somebody was quicker, it is too long ago, or the one that was kept is gone as well."""


def merge[M: (Contact, Customer)](kept: M, lost: M, *, by: User, at: datetime, picks: Picks = NO_PICKS) -> Merge:
    """Everything that belongs to the second belongs to the first, and the second is gone.

    Two customers, or two contacts of one. Of two customers the contacts stay apart, but for those who have the same
    name and mail address. `picks` says which of two values stays (see `customers.comparing`). Raises Gone if one of
    the two is no longer there. `undo` takes it back.
    """
    if kept.pk == lost.pk:
        raise ValueError("A row cannot be merged into itself.")
    with transaction.atomic():
        one_at_a_time()
        if isinstance(kept, Customer) and isinstance(lost, Customer):
            return _customers(*merging.locked(kept, lost), by, at, picks)
        return _contacts_of_one(kept, lost, by, at, picks)


def _contacts_of_one(kept: Contact, lost: Contact, by: User, at: datetime, picks: Picks) -> Merge:
    if kept.customer_id != lost.customer_id:
        raise ValueError("Contacts of two customers are merged when these are.")
    customer = Customer.objects.select_for_update().filter(pk=kept.customer_id).first()
    if customer is None:
        raise Gone
    kept, lost = merging.locked(kept, lost)
    done = _contacts(kept, lost, by, at, picks)
    Customer.objects.filter(pk=customer.pk).mark_risk_stale(at)
    return done


def _contacts(kept: Contact, lost: Contact, by: User, at: datetime, picks: Picks = NO_PICKS) -> Merge:
    stopped = stop(Message.objects.filter(contact=lost), reason=MERGED, why=Sentence("merged", name=kept.name), at=at)
    done = merging.join_contacts(kept, lost, by=by, at=at, picks=picks)
    why = Sentence("merged_had", name=lost.name)
    stopped += _count_as_had(Message.objects.filter(contact=kept), merging.twins_of(done), why, at)
    Journal(done).stopped(Message, stopped)
    return done


def _customers(kept: Customer, lost: Customer, by: User, at: datetime, picks: Picks) -> Merge:
    parts = [_contacts(*merging.locked(*same), by, at) for same in merging.same_people(kept, lost)]
    about = [
        message.pk
        for message in Message.objects.filter(customer=lost, state__in=UNSENT)
        if _renamed(message.occasion, [Twins(Customer, kept.pk, lost.pk)])
    ]
    stopped = stop(Message.objects.filter(pk__in=about), reason=MERGED, why=Sentence("merged", name=kept.name), at=at)
    done = merging.join_customers(kept, lost, by=by, at=at, picks=picks)
    why = Sentence("merged_had", name=lost.name)
    stopped += _count_as_had(Message.objects.filter(customer=kept), merging.twins_of(done), why, at)
    Journal(done).stopped(Message, stopped)
    Merge.objects.filter(pk__in=[part.pk for part in parts]).update(part_of=done)
    refresh_touchpoints([kept.pk], at=at)
    return done


def undo(merge: Merge, *, by: User, at: datetime) -> list[Stayed]:
    """Both are there again, each with what belonged to it; returns what somebody changed since, which stays so.

    What one of the two was sent counts for both: neither is greeted a second time for it. Raises TooLate.
    """
    with transaction.atomic():
        one_at_a_time()
        merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
        customer = Customer.objects.select_for_update().filter(pk=merge.customer_id).first()
        if customer is None or not merge.may_be_undone(at) or not _can_be_played_back(merge):
            raise TooLate
        # Of two people who came with their customers one may have been merged again since.
        parts = [part for part in merge.parts.order_by("-pk") if _can_be_played_back(part)]
        stayed = [row for part in (merge, *parts) for row in _undo(part, by, at)]
        back = {customer.pk} | {pair.lost for pair in merging.twins_of(merge) if pair.model is Customer}
        refresh_touchpoints(sorted(back), at=at)
        return stayed


def _can_be_played_back(merge: Merge) -> bool:
    pair = next(iter(merging.twins_of(merge)), None)
    return pair is not None and merge.steps.exists() and pair.model._base_manager.filter(pk=pair.kept).exists()


def _undo(merge: Merge, by: User, at: datetime) -> list[Stayed]:
    twins = merging.twins_of(merge)
    steps = list(merge.steps.all())
    (pair, *_rest), back = twins, [Twins(pair.model, pair.lost, pair.kept) for pair in twins]
    stayed = merging.take_apart(merge, by=by, at=at)
    whose = "contact" if pair.model is Contact else "customer"
    since = Q(finished_at__gte=merge.merged_at) | Q(state=State.SUBMITTING)
    theirs = Message.objects.filter(since, **{whose: pair.kept})
    why = Sentence("merged_meanwhile", name=merge.former_name)
    _count_as_had(theirs, back, why, at, **{f"{whose}_id": pair.lost})
    stopped = [row for step in steps if step.how == Step.How.STOPPED for row in step.rows or ()]
    set_going(stopped, reason=MERGED, at=at, except_for=_had_by_the_other(stopped, [*twins, *back]))
    _follow(steps, pair, merge.former_name, at)
    return stayed


def _had_by_the_other(stopped: list[dict[str, Any]], twins: list[Twins]) -> set[int]:
    """Those of the messages whose occasion the other of the two had, or was not to have."""
    messages = Message.objects.filter(pk__in=[row["pk"] for row in stopped]).values_list("occasion", "pk")
    twin_of = {pk: other for occasion, pk in messages if (other := _renamed(occasion, twins))}
    had = Message.objects.filter(_GONE_OUT | _DROPPED, occasion__in=twin_of.values())
    occasions = set(had.values_list("occasion", flat=True))
    return {pk for pk, occasion in twin_of.items() if occasion in occasions}


def _follow(steps: list[Step], pair: Twins, name: str, at: datetime) -> None:
    """What was planned meanwhile about something that went back goes to the contact it is of, or to nobody."""
    waiting = Message.objects.filter(state__in=UNSENT)
    for step in steps:
        about = _NAMED_BY.get(step.model)
        if not about or step.how != Step.How.MOVED or step.latter != pair.kept:
            continue
        concerned = waiting.filter(**{f"{about}__in": step.pks})
        if step.field == "contact":
            concerned.filter(contact=pair.kept).update(contact=pair.lost)
        elif step.field == "customer":
            strange = concerned.filter(customer=pair.kept)
            cancel(strange, reason=MERGED, why=Sentence("merged_back", name=name), at=at, states=UNSENT)


def _count_as_had(
    messages: MessageQuerySet, twins: list[Twins], why: Sentence, at: datetime, **whose: int
) -> list[dict[str, Any]]:
    """Occasions of the row that is gone count as had by its twin; returns what waited for them there, now stopped."""
    had = [
        (occasion, message)
        for message in messages.filter(_GONE_OUT | _DROPPED)
        if (occasion := _renamed(message.occasion, twins))
    ]
    rows = [
        Message(
            occasion=occasion,
            kind=message.kind,
            state=State.CANCELLED,
            **because(MERGED, why),
            due_at=message.due_at,
            expires_at=message.expires_at,
            dated_at=message.dated_at,
            finished_at=at,
            **({"customer_id": message.customer_id, "contact_id": message.contact_id} | whose),
        )
        for occasion, message in had
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    own = Message.objects.filter(occasion__in=[occasion for occasion, _message in had])
    return stop(own, reason=MERGED, why=why, at=at)


def _renamed(occasion: str, twins: Iterable[Twins]) -> str:
    """The same occasion of the twin that stays; empty if it is about neither of them."""
    for pair in twins:
        for word in _ABOUT.get(pair.model, ()):
            former = f"{word}:{pair.lost}"
            if occasion == former or occasion.startswith(f"{former}:"):
                return f"{word}:{pair.kept}{occasion.removeprefix(former)}"
    return ""
