"""Merging two rows that are the same person or the same customer: one stays, with all that belonged to the other.

Each step is written down, so that it can be taken back.

What belongs to a row is found by the relations of the models, of whatever app, so that a new one is not forgotten.
What becomes of the messages is for `outreach.merging`, which everybody calls; here is what it calls.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.db.models import ForeignObjectRel, Model, OuterRef, Subquery

from accounts.models import User
from customers import changing
from customers.comparing import compare, dropped, take_over
from customers.handing_over import note_owner
from customers.journaling import Journal, Stayed, play_back
from customers.models import (
    ConsentChange,
    ConsentKind,
    Contact,
    Customer,
    DatedEvent,
    FormerKey,
    Merge,
    OneOpenQuerySet,
    OwnerChange,
)
from retention_crm.lib import text

type Picks = Mapping[str, str]
NO_PICKS: Picks = MappingProxyType({})


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


def absorb(kept: Model, lost: Model, journal: Journal) -> list[Twins]:
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
                twins += absorb(rows.get(pk=row.twin), row, journal)
        journal.move(rows.filter(**{name: lost}), name, frm=lost.pk, to=kept.pk)
    journal.delete(type(lost)._base_manager.filter(pk=lost.pk))
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


def join_contacts(
    kept: Contact,
    lost: Contact,
    *,
    by: User,
    at: datetime,
    picks: Picks = NO_PICKS,
    part_of: Merge | None = None,
) -> Merge:
    """The second (both from `locked`) becomes the first, who allows only what both allowed.

    `picks` says what stays of what both say, by the names of `comparing.compare`.
    """
    merge = _record(kept.customer, lost, by=by, at=at, contact=kept, part_of=part_of)
    journal = Journal(merge)
    with journal.changing(Contact.objects.filter(pk=kept.pk)):
        choices = compare(kept, lost)
        take_over(kept, lost, choices, picks)
        withdrawn = [kind for kind in ConsentKind if kept.allows(kind) and not lost.allows(kind)]
        for kind in withdrawn:
            setattr(kept, f"allows_{kind}", False)
        kept.do_not_contact |= lost.do_not_contact
        kept.deceased |= lost.deceased
        kept.is_champion |= lost.is_champion
        kept.left_on = kept.left_on or lost.left_on
        others = kept.customer.contacts.exclude(pk=lost.pk)
        kept.is_primary |= lost.is_primary and not others.filter(is_primary=True).exists()
        twins = _join_events(kept, lost, journal) + absorb(kept, lost, journal)
        changing.save_contact(kept, by=by, at=at, consent_changed=withdrawn)
    _finish(merge, twins, dropped(choices, picks))
    return merge


def _join_events(kept: Contact, lost: Contact, journal: Journal) -> list[Twins]:
    """A special day that was entered for both is one day, or it would be greeted twice."""
    known = {_day(event): event for event in kept.events.all()}
    twins: list[Twins] = []
    for event in lost.events.all():
        if same := known.get(_day(event)):
            twins += absorb(same, event, journal)
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


def join_customers(kept: Customer, lost: Customer, *, by: User, at: datetime, picks: Picks = NO_PICKS) -> Merge:
    """The second (both from `locked`) becomes the first, whose owner looks after everything from now on.

    People of the second who stay people of their own have perhaps not met that owner, and count as not told. `picks`
    is as with `join_contacts`.
    """
    owner, is_strange = lost.owner, lost.owner_id != kept.owner_id and lost.contacts.exists()
    merge = _record(kept, lost, by=by, at=at)
    journal = Journal(merge)
    if lost.owner_id != kept.owner_id:
        journal.move(lost.follow_ups.open(), "assignee", frm=lost.owner_id, to=kept.owner_id)
        journal.move(lost.complaints.open(), "owner", frm=lost.owner_id, to=kept.owner_id)
    if kept.contacts.filter(is_primary=True).exists():
        with journal.changing(lost.contacts.filter(is_primary=True)):
            lost.contacts.filter(is_primary=True).update(is_primary=False)
    choices = compare(kept, lost)
    _end_doubled(kept, lost, journal, at)
    twins = absorb(kept, lost, journal)
    with journal.changing(Customer.objects.filter(pk=kept.pk)):
        take_over(kept, lost, choices, picks)
        kept.lost_on = max(kept.lost_on, lost.lost_on) if kept.lost_on and lost.lost_on else None
        kept.do_not_contact |= lost.do_not_contact
        kept.is_sample &= lost.is_sample
        _bring_nobody_by_themselves(kept, lost)
        kept.external_key = kept.external_key or lost.external_key
        kept.save()
    if lost.external_key and lost.external_key != kept.external_key:
        journal.made(FormerKey, [FormerKey.objects.create(customer=kept, key=lost.external_key).pk])
    if is_strange:
        known = set(kept.owner_changes.values_list("pk", flat=True))
        with journal.changing(kept.owner_changes.filter(announced_at=None)):
            note_owner(kept, former=owner, by=by, at=at)
        journal.made(OwnerChange, set(kept.owner_changes.values_list("pk", flat=True)) - known)
    _finish(merge, twins, dropped(choices, picks))
    return merge


def _bring_nobody_by_themselves(kept: Customer, lost: Customer) -> None:
    """Who brought the one that stays, or else the other; if one of the two brought the other, nobody did."""
    both = {kept.pk, lost.pk}
    first = next((one for one in (kept, lost) if one.referred_by_id and one.referred_by_id not in both), None)
    kept.referred_by_id = first.referred_by_id if first else None
    kept.referral_noted_at = first.referral_noted_at if first else None


def _end_doubled(kept: Customer, lost: Customer, journal: Journal, at: datetime) -> None:
    """What a customer has only one of that is open, and both have, is ended for the second."""
    for relation in relations(Customer):
        rows = _owning(relation)._default_manager.get_queryset()
        if isinstance(rows, OneOpenQuerySet):
            pks = list(rows.doubled(kept, lost).values_list("pk", flat=True))
            with journal.changing(rows.filter(pk__in=pks)):
                rows.filter(pk__in=pks).end_as_merged(on=kept.today(at), at=at)


def _record(customer: Customer, lost: Contact | Customer, *, by: User, at: datetime, **fields: Any) -> Merge:
    return Merge.objects.create(
        customer=customer, former_pk=lost.pk, former_name=lost.name, merged_by=by, merged_at=at, **fields
    )


def _finish(merge: Merge, twins: list[Twins], differing: dict[str, str]) -> None:
    merge.twins = [[pair.model._meta.label, pair.kept, pair.lost] for pair in twins]
    merge.differing = differing
    merge.save(update_fields=["twins", "differing"])


def twins_of(merge: Merge) -> list[Twins]:
    """All that became one, the two themselves among them."""
    return [Twins(apps.get_model(label), kept, lost) for label, kept, lost in merge.twins]


def take_apart(merge: Merge, *, by: User, at: datetime) -> list[Stayed]:
    """Both rows are what they were, with what belonged to each; what came since stays with the one that was kept.

    What came since and is about a person who goes back goes with them. Whoever said no meanwhile said it for both.
    """
    pair = twins_of(merge)[0]
    allowed = _consent(pair.kept) if pair.model is Contact else {}
    stayed = play_back(merge.steps.all())
    if pair.model is Contact:
        _keep_withdrawn(pair, allowed, since=merge.merged_at, by=by, at=at)
    else:
        _send_along(pair)
    merge.undone_at, merge.undone_by = at, by
    merge.save(update_fields=["undone_at", "undone_by"])
    merge.steps.all().delete()
    return stayed


def _consent(contact: int) -> dict[ConsentKind, bool]:
    found = Contact.objects.get(pk=contact)
    return {kind: found.allows(kind) for kind in ConsentKind}


def _keep_withdrawn(
    pair: Twins, allowed: Mapping[ConsentKind, bool], *, since: datetime, by: User, at: datetime
) -> None:
    """Who withdrew consent after the merge is written to under neither name."""
    changes = ConsentChange.objects.filter(contact=pair.kept, changed_at__gt=since).order_by("changed_at", "pk")
    latest = {change.kind: change.granted for change in changes}
    for kind in (kind for kind in ConsentKind if latest.get(kind) is False):
        Contact.objects.filter(pk__in=[pair.kept, pair.lost]).update(**{f"allows_{kind}": False})
    now = _consent(pair.kept)
    ConsentChange.objects.bulk_create(
        ConsentChange(
            contact_id=pair.kept,
            kind=kind,
            granted=now[kind],
            source=ConsentChange.Source.STAFF,
            changed_by=by,
            changed_at=at,
        )
        for kind in ConsentKind
        if now[kind] != allowed[kind]
    )


def _send_along(pair: Twins) -> None:
    people = Contact.objects.filter(customer=pair.lost).order_by().values("pk")
    for relation in relations(Customer):
        model = _owning(relation)
        if any(field.name == "contact" for field in model._meta.get_fields()):
            rows = model._base_manager.filter(**{relation.field.name: pair.kept}, contact__in=people)
            rows.update(**{relation.field.name: pair.lost})
