"""Inviting to meetings: who of the guests hears by mail that there is one, that it changed, or that it is off."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from customers.models import Contact
from interactions.models import Meeting
from outreach.cancelling import UNSENT, cancel
from outreach.lettering import STOPPABLE_FOR
from outreach.models import Approval, MeetingMail, Message, MessageKind, Says, Sentence, State

_KIND_FOR = {
    Says.INVITATION: MessageKind.MEETING,
    Says.CHANGE: MessageKind.MEETING,
    Says.CANCELLATION: MessageKind.MEETING_OFF,
}


def invited(meeting: Meeting) -> set[int]:
    """The ids of contacts who have heard of the meeting by mail, or are about to."""
    mails = MeetingMail.objects.filter(meeting=meeting).exclude(says=Says.CANCELLATION)
    told = mails.filter(message__state__in=[State.SENT, State.UNKNOWN, State.SUBMITTING, *UNSENT])
    return {pk for pk in told.values_list("message__contact_id", flat=True) if pk}


def tell(meeting: Meeting, guests: Collection[Contact], *, by: User, at: datetime) -> list[Message]:
    """Puts what the guests are to hear of a planned meeting into the ledger, once for each of its versions.

    What waits with an older version is called off; who was invited and does not take part any more hears that, also
    where `guests` is empty.
    """
    with transaction.atomic():
        now = Meeting.objects.select_for_update().select_related("customer").get(pk=meeting.pk)
        _call_off_older(now, at)
        arrived = _arrived(now)
        planned = [
            _plan(now, contact, Says.CHANGE if contact.pk in arrived else Says.INVITATION, by=by, at=at)
            for contact in guests
            if now.is_planned
        ]
        takes_part = set(now.guests.values_list("contact_id", flat=True))
        gone = Contact.objects.filter(pk__in=arrived - takes_part)
        planned += [_plan(now, contact, Says.CANCELLATION, by=by, at=at) for contact in gone]
    return [message for message in planned if message is not None]


def tell_off(meeting: Meeting, *, by: User, at: datetime) -> list[Message]:
    """Tells those who were invited that a cancelled meeting is off; who was not invited yet will not be."""
    with transaction.atomic():
        now = Meeting.objects.select_for_update().select_related("customer").get(pk=meeting.pk)
        _call_off_older(now, at)
        contacts = Contact.objects.filter(pk__in=_arrived(now))
        planned = [_plan(now, contact, Says.CANCELLATION, by=by, at=at) for contact in contacts]
    return [message for message in planned if message is not None]


def _arrived(meeting: Meeting) -> set[int]:
    """Who was told to come, by their ids, and has not been told since that they need not."""
    latest: dict[int, str] = {}
    told = MeetingMail.objects.filter(meeting=meeting, message__contact__isnull=False).order_by("message_id")
    is_off = Q(says=Says.CANCELLATION, message__state__in=UNSENT)
    may_have = told.filter(is_off | Q(message__state__in=[State.SENT, State.UNKNOWN, State.SUBMITTING]))
    for contact, says in may_have.values_list("message__contact_id", "says"):
        latest[contact] = says
    return {contact for contact, says in latest.items() if says != Says.CANCELLATION}


def _call_off_older(meeting: Meeting, at: datetime) -> None:
    older = Message.objects.filter(meeting_mail__meeting=meeting).exclude(meeting_mail__says=Says.CANCELLATION)
    if meeting.is_planned:
        older = older.filter(meeting_mail__sequence__lt=meeting.sequence)
    cancel(older, reason="meeting_changed", why=Sentence("meeting_changed"), at=at, states=UNSENT)


def _plan(meeting: Meeting, contact: Contact, says: Says, *, by: User, at: datetime) -> Message | None:
    """The row of the ledger; none where there is one for this version of the meeting already."""
    kind, due_at = _KIND_FOR[says], at + STOPPABLE_FOR
    waits = Approval.objects.ask_for(kind, meeting.customer.segment_id)
    fields: dict[str, Any] = {
        "kind": kind,
        "state": State.PROPOSED if waits else State.PLANNED,
        "customer": meeting.customer,
        "contact": contact,
        "due_at": due_at,
        "dated_at": due_at,
        # Once it has begun there is nothing to come to.
        "expires_at": max(meeting.starts_at, due_at + STOPPABLE_FOR),
        "decided_by": by,
        "decided_at": at,
    }
    occasion = f"meeting:{meeting.pk}:{meeting.sequence}:{contact.pk}"
    message, is_new = Message.objects.get_or_create(occasion=occasion, defaults=fields)
    if not is_new:
        return None
    MeetingMail.objects.create(message=message, meeting=meeting, says=says, sequence=meeting.sequence)
    return message
