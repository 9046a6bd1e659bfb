"""Putting a customer into the trash, restoring what lies there, and emptying it, with what that means for messages."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from customers import removing
from customers.journaling import Journal
from customers.models import Customer, Merge, Step, Trashed, TrashedQuerySet
from customers.removing import NotBack
from interactions.logging import refresh_touchpoints
from outreach.models import Message, ProviderEvent, Sentence
from outreach.planning import one_at_a_time
from outreach.stopping import set_going, stop

__all__ = ["NotBack", "empty", "forget", "remove_customer", "restore"]

TRASHED = "trashed"


def remove_customer(customer: Customer, *, by: User, at: datetime) -> Trashed | None:
    """The customer is gone with everything about them, and nothing is planned or sent; None if somebody was quicker.

    Messages stay in the ledger; those that waited are cancelled, and wait again once the customer is restored.
    """
    with transaction.atomic():
        one_at_a_time()
        if not Customer.objects.select_for_update().filter(pk=customer.pk):
            return None
        theirs = Message.objects.filter(customer=customer)
        stopped = stop(theirs, reason=TRASHED, why=Sentence("deleted"), at=at)
        trashed = removing.remove(customer, name=customer.name, by=by, at=at)
        Journal(trashed).stopped(Message, stopped)
        return trashed


def restore(trashed: Trashed, *, at: datetime) -> None:
    """It is there again with what belonged to it; messages that are still in time wait again. Raises NotBack."""
    with transaction.atomic():
        one_at_a_time()
        locked = Trashed.objects.select_for_update(of=("self",)).filter(pk=trashed.pk).first()
        if locked is None:
            raise NotBack
        is_customer = locked.model == Customer._meta.label
        customer = locked.row_pk if is_customer else locked.customer_id
        stopped = [row for step in locked.steps.filter(how=Step.How.STOPPED) for row in step.rows or ()]
        removing.bring_back(locked)
        set_going(stopped, reason=TRASHED, at=at)
        if customer is not None:
            refresh_touchpoints([customer], at=at)


def forget(trashed: TrashedQuerySet) -> int:
    """Deletes these for good; mails to a customer among them lose their words and addresses. Returns how many."""
    with transaction.atomic():
        rows = list(trashed.select_for_update(of=("self",)))
        steps = Step.objects.filter(trashed__in=rows, model=Message._meta.label)
        told = {pk for pks in steps.values_list("pks", flat=True) for pk in pks}
        ProviderEvent.objects.filter(message__in=told).update(words="")
        Message.objects.filter(pk__in=told, customer=None).update(
            sent_to="", subject="", body="", own_subject="", own_text="", detail="", said=None
        )
        Trashed.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return len(rows)


def empty(*, at: datetime) -> int:
    """Deletes for good whose time is over, and what merges kept to be taken back; returns how many things it were."""
    Step.objects.filter(merge__in=Merge.objects.outdated(at).order_by().values("pk")).delete()
    return forget(Trashed.objects.outdated(at))
