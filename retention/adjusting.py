"""What somebody who knows a customer adds to the health or takes from it, for a month and with a reason."""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from customers.models import Customer
from retention.models import Judgement

COUNTS_FOR = timedelta(days=30)


def judge(judgement: Judgement, *, by: User, on: date, at: datetime) -> Judgement:
    """Saves it, in the place of the one there may be; it counts from the company's day `on` on for thirty days."""
    with transaction.atomic():
        # Two who judge at once take turns.
        Customer.objects.select_for_update(of=("self",)).get(pk=judgement.customer_id)
        Judgement.objects.open().filter(customer=judgement.customer_id).update(ended_at=at)
        judgement.made_by, judgement.made_at, judgement.expires_on = by, at, on + COUNTS_FOR
        judgement.save()
    return judgement


def take_back(judgement: Judgement, *, at: datetime) -> bool:
    """It no longer counts, and the one it replaced does again; false if it was taken back or replaced before."""
    with transaction.atomic():
        Customer.objects.select_for_update(of=("self",)).get(pk=judgement.customer_id)
        if not Judgement.objects.open().filter(pk=judgement.pk).update(ended_at=at):
            return False
        before = Judgement.objects.filter(customer=judgement.customer_id, ended_at=judgement.made_at)
        replaced = before.exclude(pk=judgement.pk).first()
        if replaced is not None:
            Judgement.objects.filter(pk=replaced.pk).update(ended_at=None)
    return True


def put_back(judgement: Judgement, *, at: datetime) -> bool:
    """It counts again after all, instead of the one it had replaced; false if there is a newer one, or it does."""
    with transaction.atomic():
        Customer.objects.select_for_update(of=("self",)).get(pk=judgement.customer_id)
        others = Judgement.objects.filter(customer=judgement.customer_id).exclude(pk=judgement.pk)
        if others.filter(made_at__gt=judgement.made_at).exists():
            return False
        if not Judgement.objects.filter(pk=judgement.pk, ended_at__isnull=False).exists():
            return False
        others.open().update(ended_at=judgement.made_at)
        Judgement.objects.filter(pk=judgement.pk).update(ended_at=None)
    return True
