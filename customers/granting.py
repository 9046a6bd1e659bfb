"""Perks: granted to one customer or to all of a segment, used, and each of it taken back."""

from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import User
from customers.models import Customer, Perk, Segment


def grant(perk: Perk, *, by: User, on: date) -> Perk:
    """Gives a customer this new perk."""
    perk.granted_by, perk.granted_on = by, on
    perk.save()
    return perk


def grant_to_segment(segment: Segment, like: Perk, *, by: User, on: date) -> tuple[UUID, int]:
    """Each customer we have in the segment gets one of their own; returns what names them all, and how many there are.

    Who comes into the segment later gets none by itself.
    """
    key = uuid4()
    with transaction.atomic():
        customers = Customer.objects.editable_by(by).kept().filter(segment=segment).order_by("pk")
        made = Perk.objects.bulk_create(
            [
                Perk(
                    customer_id=customer,
                    kind=like.kind,
                    words=like.words,
                    value=like.value,
                    expires_on=like.expires_on,
                    granted_by=by,
                    granted_on=on,
                    grant_key=key,
                )
                for customer in customers.values_list("pk", flat=True)
            ],
            batch_size=1000,
        )
    return key, len(made)


def take_back_grant(key: UUID, *, by: User, at: datetime) -> int:
    """All that one click granted and nobody has used is taken back; returns how many that were."""
    rows = Perk.objects.editable_by(by).standing().filter(grant_key=key, used_on=None)
    return rows.order_by().update(withdrawn_at=at)


def use(perk: Perk, *, by: User, on: date) -> bool:
    """The customer made use of it; false if they did already, or it was taken back."""
    rows = Perk.objects.standing().filter(pk=perk.pk, used_on=None)
    return bool(rows.order_by().update(used_on=on, used_by=by))


def take_back_use(perk: Perk) -> bool:
    """It was not used after all."""
    return bool(Perk.objects.used().filter(pk=perk.pk).order_by().update(used_on=None, used_by=None))


def withdraw(perk: Perk, *, at: datetime) -> bool:
    """It is theirs no longer; false for one that was used or taken back before."""
    rows = Perk.objects.standing().filter(pk=perk.pk, used_on=None)
    return bool(rows.order_by().update(withdrawn_at=at))


def restore(perk: Perk) -> bool:
    """It is theirs again."""
    rows = Perk.objects.filter(pk=perk.pk, withdrawn_at__isnull=False)
    return bool(rows.order_by().update(withdrawn_at=None))
