"""Changes to customers and contacts that touch more than the one row."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import User
from customers.handing_over import note_owner
from customers.models import ConsentChange, ConsentKind, Contact, Customer, Segment, StageChange


def save_customer(
    customer: Customer, *, by: User, at: datetime, changed: Collection[str] = (), introduce: bool = False
) -> None:
    """Saves a new customer, or these fields of one; the next due day follows at once, and the risk is marked stale.

    Only the fields named are written, so that a touchpoint logged meanwhile by somebody else stands. Who was given to
    another owner counts as not told of it; with `introduce` a mail from the new owner tells them.
    """
    with transaction.atomic():
        is_noted = not {"owner", "stage"}.isdisjoint(changed)
        before = Customer.objects.select_for_update().get(pk=customer.pk) if is_noted else customer
        customer.save(update_fields=[*changed, "sort_key"] if customer.pk else None)
        if before.owner_id != customer.owner_id:
            note_owner(customer, former=before.owner, by=by, at=at, introduce=introduce)
        if before.stage != customer.stage:
            StageChange.objects.create(
                customer=customer, former=before.stage, stage=customer.stage, changed_at=at, changed_by=by
            )
        _follow_up_on(customer, at)


def save_contact(contact: Contact, *, by: User, at: datetime, consent_changed: Collection[ConsentKind] = ()) -> None:
    """Saves a new or changed contact and keeps a record of each kind of consent that became another.

    The kinds that are not named stay as they are in the database, whatever the object says: the contact may have
    withdrawn one by a link since it was read. There is one main contact at most; the latest wins. Who has left the
    company is written to no more.
    """
    with transaction.atomic():
        # Everything that decides about the main contact waits here, so that two at once cannot both win.
        Customer.objects.select_for_update().get(pk=contact.customer_id)
        stored = Contact.objects.select_for_update().get(pk=contact.pk) if contact.pk else Contact()
        before = {kind: stored.allows(kind) for kind in ConsentKind}
        if contact.left_on and not stored.left_on:
            contact.do_not_contact, contact.is_primary = True, False
        for kind in ConsentKind:
            if contact.pk and kind not in consent_changed:
                setattr(contact, f"allows_{kind}", before[kind])
        if contact.is_primary:
            contact.customer.contacts.filter(is_primary=True).exclude(pk=contact.pk).update(is_primary=False)
        contact.save()
        if (stored.is_champion, stored.left_on) != (contact.is_champion, contact.left_on):
            Customer.objects.filter(pk=contact.customer_id).mark_risk_stale(at)
        ConsentChange.objects.bulk_create(
            ConsentChange(
                contact=contact,
                kind=kind,
                granted=contact.allows(kind),
                source=ConsentChange.Source.STAFF,
                changed_by=by,
                changed_at=at,
            )
            for kind in ConsentKind
            if contact.allows(kind) != before[kind]
        )


def mark_lost(customer: Customer, *, on: date, at: datetime) -> None:
    """The customer has left; nothing falls due any more, and automatic messages stop at the gate."""
    _set_lost(customer, on, at)


def win_back(customer: Customer, *, at: datetime) -> None:
    """The customer is kept again; the cadence counts on from the last touchpoint."""
    _set_lost(customer, None, at)


def _set_lost(customer: Customer, on: date | None, at: datetime) -> None:
    with transaction.atomic():
        customer.lost_on = on
        customer.save(update_fields=["lost_on"])
        _follow_up_on(customer, at)


def _follow_up_on(customer: Customer, at: datetime) -> None:
    row = Customer.objects.filter(pk=customer.pk)
    row.recompute_due()
    row.mark_risk_stale(at)
    customer.refresh_from_db(fields=["next_due_on", "risk_stale_since"])


def save_segment(segment: Segment, *, at: datetime) -> int:
    """Saves a segment; the customers without a cadence of their own fall due by its new one. Returns how many.

    The risk of all of them is computed anew where it follows other rules now.
    """
    with transaction.atomic():
        before = Segment.objects.filter(pk=segment.pk).values_list("counts_as_contact", "horizon_days").first()
        segment.save()
        if before is not None and before != (segment.counts_as_contact, segment.horizon_days):
            Customer.objects.filter(segment=segment).mark_risk_stale(at)
        return segment.customers.filter(cadence_days__isnull=True).recompute_due()


_MOVE = """
WITH former AS (
    SELECT id, segment_id FROM customers_customer WHERE id = ANY(%(ids)s) AND segment_id <> %(to)s
    ORDER BY id FOR NO KEY UPDATE
), moved AS (
    UPDATE customers_customer c SET segment_id = %(to)s FROM former WHERE c.id = former.id
)
SELECT id, segment_id FROM former
"""


def move_to_segment(customer_ids: Collection[int], segment: Segment, *, at: datetime) -> dict[int, int]:
    """Moves these customers; they fall due by the segment's cadence. Returns the former segment of each that moved."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_MOVE, {"ids": list(customer_ids), "to": segment.pk})
            former = dict(cursor.fetchall())
        moved = Customer.objects.filter(pk__in=former)
        moved.recompute_due()
        moved.mark_risk_stale(at)
    return former
