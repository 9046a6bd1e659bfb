"""Who brought whom."""

from datetime import datetime

from django.db import transaction

from customers.models import Customer


class NotThem(Exception):
    """A customer brings neither themselves nor whoever brought them."""


def refer(brought: Customer, *, by: Customer, at: datetime) -> None:
    """The first customer was brought by the second; whoever was said before is no longer. Raises NotThem."""
    with transaction.atomic():
        rows = Customer.objects.select_for_update().order_by("pk")
        locked = {row.pk: row for row in rows.filter(pk__in=[brought.pk, by.pk])}
        if len(locked) < 2 or locked[by.pk].referred_by_id == brought.pk:
            raise NotThem
        if locked[brought.pk].referred_by_id != by.pk:
            Customer.objects.filter(pk=brought.pk).update(referred_by=by, referral_noted_at=at)


def take_back(brought: Customer) -> None:
    """Nobody brought them, as far as is known."""
    Customer.objects.filter(pk=brought.pk).update(referred_by=None, referral_noted_at=None)
