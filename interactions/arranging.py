"""Arranging meetings: planned, changed, cancelled, and what became of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from customers.models import Contact
from interactions.models import FollowUp, Guest, Interaction, Meeting, Outcome
from interactions.scheduling import within_hours

# What a guest reads in the invitation; a change of any of it is a new version of the appointment.
SHOWN = ("title", "agenda", "place", "starts_at", "minutes")
# Whoever was kept waiting hears from us the same working day.
APOLOGY_HOURS = 4
# These say that it took place, or that somebody did not come; after any other it is still to be held.
_ENDED = (Outcome.HELD, Outcome.MISSED_BY_US, Outcome.MISSED_BY_THEM)


def arrange(meeting: Meeting, contacts: Collection[Contact]) -> tuple[Meeting, bool]:
    """Saves a new one with who takes part, and whether it is new: there is one for each `uid`."""
    fields = {name: getattr(meeting, name) for name in (*SHOWN, "customer", "host", "created_at")}
    with transaction.atomic():
        stored, is_new = Meeting.objects.get_or_create(uid=meeting.uid, defaults=fields)
        if is_new:
            Guest.objects.bulk_create(Guest(meeting=stored, contact=contact) for contact in contacts)
    return stored, is_new


def rearrange(meeting: Meeting, fields: dict[str, Any], contacts: Collection[Contact]) -> bool:
    """Changes a planned one as it is now; false if it is not planned any more. What is the same stays as it is."""
    with transaction.atomic():
        now = Meeting.objects.select_for_update().planned().filter(pk=meeting.pk).first()
        if now is None:
            return False
        wanted, before = {contact.pk for contact in contacts}, set(now.guests.values_list("contact_id", flat=True))
        new = {name: fields[name] for name in SHOWN}
        if wanted != before or any(getattr(now, name) != value for name, value in new.items()):
            Meeting.objects.filter(pk=now.pk).update(**new, sequence=now.sequence + 1)
            now.guests.exclude(contact__in=wanted).delete()
            Guest.objects.bulk_create(Guest(meeting=now, contact_id=pk) for pk in sorted(wanted - before))
        meeting.refresh_from_db()
    return True


def call_off(meeting: Meeting, because: str, *, at: datetime) -> bool:
    """Cancels a planned one; false if it was not planned any more."""
    with transaction.atomic():
        now = Meeting.objects.select_for_update().planned().filter(pk=meeting.pk).first()
        if now is None:
            return False
        now.cancelled_at, now.cancelled_because, now.sequence = at, because, now.sequence + 1
        now.save(update_fields=["cancelled_at", "cancelled_because", "sequence"])
        meeting.refresh_from_db()
    return True


def settle(meeting: int, interaction: Interaction) -> bool:
    """What was logged is what became of the planned meeting with that id; one that is put off stays planned."""
    if interaction.outcome not in _ENDED:
        return False
    planned = Meeting.objects.planned().filter(pk=meeting, customer=interaction.customer_id)
    return bool(planned.update(interaction=interaction))


def apologise(missed: Interaction, *, by: User, at: datetime) -> tuple[FollowUp, bool]:
    """A call to say sorry for an appointment we missed, and whether it is new: there is one for each."""
    customer = missed.customer
    fields = {
        "customer": customer,
        "assignee": by,
        "source": missed,
        "title": _("Call and apologise: we missed an appointment"),
        "due_at": within_hours(APOLOGY_HOURS, by, at=at, country=customer.country or by.company.country),
        "created_at": at,
    }
    return FollowUp.objects.get_or_create(occasion=f"apology:{missed.pk}", defaults=fields)
