"""Merging two rows that are the same person or the same customer: one stays, with all that belonged to the other.

What belongs to a row is found by the relations of the models, of whatever app, so that a new one is not forgotten.
What becomes of the messages is for `outreach.merging`, which everybody calls; here is what it calls.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import ForeignObjectRel, Model, OuterRef, Subquery

from accounts.models import User
from customers import changing
from customers.handing_over import note_owner
from customers.models import ConsentKind, Contact, Customer, DatedEvent, Merge
from retention_crm.lib import clock, text


class Gone(Exception):
    """One of the two is no longer there: somebody else merged or erased it meanwhile."""


@dataclass(frozen=True)
class Twins:
    """Two rows of a model that became one, by their ids."""

    model: type[Model]
    kept: int
    lost: int


def relations(model: type[Model]) -> list[ForeignObjectRel]:
    """All by which rows of other models, or of the same, belong to a row of this one."""
    fields = model._meta.get_fields(include_hidden=True)
    return [
        field
        for field in fields
        if isinstance(field, ForeignObjectRel) and not field.many_to_many and field.related_model is not None
    ]


def belongings(row: Model) -> dict[str, int]:
    """How many rows of each model (by its label) belong to this one; those without any are left out."""
    counts: dict[str, int] = {}
    for relation in relations(type(row)):
        model = _owning(relation)
        number = model._base_manager.filter(**{relation.field.name: row}).count()
        if number:
            counts[model._meta.label] = counts.get(model._meta.label, 0) + number
    return counts


def absorb(kept: Model, lost: Model) -> list[Twins]:
    """Everything that belongs to one row belongs to the other from now on, and the first is deleted.

    Where both have a row of which there can be only one, the two become one in the same way. Returns all that did.
    """
    twins = [Twins(type(kept), kept.pk, lost.pk)]
    for relation in relations(type(kept)):
        rows, name = _owning(relation)._base_manager.all(), relation.field.name
        for beside in _unique_beside(relation):
            same = rows.filter(**{name: kept}, **{other: OuterRef(other) for other in beside})
            doubled = rows.filter(**{name: lost}).annotate(twin=Subquery(same.values("pk")[:1]))
            for row in doubled.filter(twin__isnull=False):
                twins += absorb(rows.get(pk=row.twin), row)
        rows.filter(**{name: lost}).update(**{name: kept})
    lost.delete()
    return twins


def _owning(relation: ForeignObjectRel) -> type[Model]:
    model = relation.related_model
    assert isinstance(model, type)
    return model


def _unique_beside(relation: ForeignObjectRel) -> Iterator[tuple[str, ...]]:
    """For each rule by which there is only one row: the fields that have to be equal beside the relation itself."""
    name, options = relation.field.name, _owning(relation)._meta
    if getattr(relation.field, "unique", False):
        yield ()
    for fields in (*options.unique_together, *(rule.fields for rule in options.total_unique_constraints)):
        if name in fields:
            yield tuple(field for field in fields if field != name)


def locked[M: (Contact, Customer)](kept: M, lost: M) -> tuple[M, M]:
    """Both as they are now, in a fixed order; nothing can be added to either until the transaction ends."""
    rows: Any = type(kept)._base_manager
    found = {row.pk: row for row in rows.select_for_update().filter(pk__in=[kept.pk, lost.pk]).order_by("pk")}
    if len(found) < 2:
        raise Gone
    return found[kept.pk], found[lost.pk]


# What is taken over where nothing stands.
_FILLED = ("preferred_name", "job_title", "email", "phone", "best_time", "language", "time_zone")
_BIRTHDAY = ("birthday_day", "birthday_month", "birthday_year")
# What is written down where it differed, beside the name.
_SHOWN_OF_CONTACT = (*_FILLED, "preferred_channel", "tone", *_BIRTHDAY)
_SHOWN_OF_CUSTOMER = ("segment", "stage", "language", "time_zone", "country", "cadence_days")
_LONGEST_NOTE = 1000


def join_contacts(kept: Contact, lost: Contact, *, by: User, at: datetime) -> list[Twins]:
    """The second (both from `locked`) becomes the first, who allows only what both allowed."""
    withdrawn = [kind for kind in ConsentKind if kept.allows(kind) and not lost.allows(kind)]
    for kind in withdrawn:
        setattr(kept, f"allows_{kind}", False)
    kept.do_not_contact |= lost.do_not_contact
    kept.deceased |= lost.deceased
    others = kept.customer.contacts.exclude(pk=lost.pk)
    kept.is_primary |= lost.is_primary and not others.filter(is_primary=True).exists()
    _fill(kept, lost)
    twins = _join_events(kept, lost)
    merge = _record(kept.customer, lost, by=by, at=at)
    merge.contact, merge.differing = kept, _differing(kept, lost, _SHOWN_OF_CONTACT)
    merge.save()
    twins += absorb(kept, lost)
    changing.save_contact(kept, by=by, at=at, consent_changed=withdrawn)
    return twins


def _fill(kept: Contact, lost: Contact) -> None:
    for name in _FILLED:
        setattr(kept, name, getattr(kept, name) or getattr(lost, name))
    same_day = (kept.birthday_day, kept.birthday_month) == (lost.birthday_day, lost.birthday_month)
    if kept.birthday_day is None or (same_day and kept.birthday_year is None):
        for name in _BIRTHDAY:
            setattr(kept, name, getattr(lost, name))


def _join_events(kept: Contact, lost: Contact) -> list[Twins]:
    """A special day that was entered for both is one day, or it would be greeted twice."""
    known = {_day(event): event for event in kept.events.all()}
    twins: list[Twins] = []
    for event in lost.events.all():
        if same := known.get(_day(event)):
            twins += absorb(same, event)
    return twins


def _day(event: DatedEvent) -> tuple[int, int, str]:
    return event.month, event.day, text.sort_key(event.name)


def same_people(kept: Customer, lost: Customer) -> list[tuple[Contact, Contact]]:
    """Contacts of the second who are at the first as well, by name and mail address; the first one's come first."""
    known: dict[tuple[str, str], Contact] = {}
    for contact in kept.contacts.exclude(email=""):
        known.setdefault(_person(contact), contact)
    found = ((known.get(_person(contact)), contact) for contact in lost.contacts.exclude(email=""))
    return [(same, contact) for same, contact in found if same is not None]


def _person(contact: Contact) -> tuple[str, str]:
    return contact.email.lower(), text.sort_key(contact.name)


def join_customers(kept: Customer, lost: Customer, *, by: User, at: datetime) -> list[Twins]:
    """The second (both from `locked`) becomes the first, whose owner looks after everything from now on.

    People of the second who stay people of their own have perhaps not met that owner, and count as not told.
    """
    owner, is_strange = lost.owner, lost.owner_id != kept.owner_id and lost.contacts.exists()
    if lost.owner_id != kept.owner_id:
        lost.follow_ups.open().filter(assignee=lost.owner).update(assignee=kept.owner)
        lost.complaints.open().filter(owner=lost.owner).update(owner=kept.owner)
    if kept.contacts.filter(is_primary=True).exists():
        lost.contacts.filter(is_primary=True).update(is_primary=False)
    merge = _record(kept, lost, by=by, at=at)
    merge.differing = _differing(kept, lost, _SHOWN_OF_CUSTOMER)
    merge.save()
    twins = absorb(kept, lost)
    kept.customer_since = min(kept.customer_since, lost.customer_since)
    kept.lost_on = max(kept.lost_on, lost.lost_on) if kept.lost_on and lost.lost_on else None
    kept.do_not_contact |= lost.do_not_contact
    kept.is_sample &= lost.is_sample
    kept.external_key = kept.external_key or lost.external_key
    kept.custom = lost.custom | kept.custom
    notes = dict.fromkeys(note for note in (kept.care_note.strip(), lost.care_note.strip()) if note)
    kept.care_note = "\n".join(notes)[:_LONGEST_NOTE]
    kept.save()
    if is_strange:
        note_owner(kept, former=owner, by=by, at=at)
    return twins


def _record(customer: Customer, lost: Contact | Customer, *, by: User, at: datetime) -> Merge:
    return Merge(customer=customer, former_pk=lost.pk, former_name=lost.name, merged_by=by, merged_at=at)


def _differing(kept: Model, lost: Model, names: tuple[str, ...]) -> dict[str, str]:
    """What was said of the second and is another thing than what is said of the first."""
    found = {}
    for name in names:
        value = getattr(lost, name)
        if value not in (None, "", getattr(kept, name)):
            display = getattr(lost, f"get_{name}_display", None)
            words = clock.zone_label(value) if name == "time_zone" else value
            found[name] = str(display() if display else words)
    return found
