"""Losing a customer, and winning one back: what is kept of it, so that there is something to learn."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import User
from customers import changing
from customers.models import Customer
from interactions.models import Interaction, Kind
from retention.models import Ending, Loss, MayCall, PlanOutcome, RetentionPlan
from retention.planning import close, open_plan_of, reopen

YEAR = timedelta(days=365)


def lose(loss: Loss, *, by: User, at: datetime) -> Loss:
    """The customer has left, on the day and for the reasons of this new loss; who had left before did so then."""
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(pk=loss.customer_id)
        known = Loss.objects.open().filter(customer=customer).first()
        if known is not None and customer.is_lost:
            return known
        if known is None:
            loss.value = value_of_year(customer, until=loss.lost_on)
            loss.marked_by, loss.marked_at = by, at
            loss.save()
        changing.mark_lost(loss.customer, on=loss.lost_on, at=at)
        plan = open_plan_of(customer)
        if plan is not None:
            close(plan, PlanOutcome.LOST, "", by=by, at=at)
    return known or loss


def win_back(customer: Customer, *, by: User, on: date, at: datetime) -> Loss | None:
    """The customer is one again; returns the loss this ends, None if nothing was known of it."""
    return _end(customer, Ending.WON_BACK, by=by, on=on, at=at)


def take_back(customer: Customer, *, by: User, on: date, at: datetime) -> Loss | None:
    """They never left: it was marked by mistake, and does not count. The plan that ended with it goes on."""
    with transaction.atomic():
        loss = _end(customer, Ending.MISTAKE, by=by, on=on, at=at)
        ended = {"customer": customer, "outcome": PlanOutcome.LOST}
        plan = RetentionPlan.objects.filter(**ended, closed_at=loss.marked_at).first() if loss else None
        if plan is not None:
            reopen(plan, at=at)
    return loss


def _end(customer: Customer, ending: Ending, *, by: User, on: date, at: datetime) -> Loss | None:
    with transaction.atomic():
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
        loss = Loss.objects.open().filter(customer=customer).first()
        if loss is not None:
            loss.ending, loss.ended_by, loss.ended_on = ending, by, max(on, loss.lost_on)
            loss.save(update_fields=["ending", "ended_by", "ended_on"])
        changing.win_back(customer, at=at)
    return loss


def lose_again(loss: Loss, *, at: datetime) -> bool:
    """They are not back after all: the loss is open as before; false if there is another one by now, or it is."""
    with transaction.atomic():
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=loss.customer_id)
        if loss.is_open or customer.is_lost or Loss.objects.open().filter(customer=customer).exists():
            return False
        loss.ending, loss.ended_by, loss.ended_on = "", None, None
        loss.save(update_fields=["ending", "ended_by", "ended_on"])
        changing.mark_lost(customer, on=loss.lost_on, at=at)
    return True


def value_of_year(customer: Customer, *, until: date) -> Decimal:
    """What they bought in the year that ended on that day."""
    bought = Interaction.objects.filter(customer=customer, kind=Kind.PURCHASE, day__gt=until - YEAR, day__lte=until)
    total: Decimal | None = bought.aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


# The same in the migration that fills in those of before.
_RECORD = """
INSERT INTO retention_loss (customer_id, lost_on, suspected, confirmed, own_word, note, value, marked_at, ending)
SELECT k.id, k.lost_on, '{}', '', '', '', coalesce(bought.value, 0), %(at)s, ''
FROM customers_customer k
LEFT JOIN LATERAL (
    SELECT sum(amount) AS value FROM interactions_interaction i
    WHERE i.customer_id = k.id AND i.kind = 'purchase' AND i.day > k.lost_on - 365 AND i.day <= k.lost_on
) bought ON true
WHERE k.lost_on IS NOT NULL
  AND NOT EXISTS (SELECT FROM retention_loss l WHERE l.customer_id = k.id AND l.ending = '')
"""


def record_unrecorded(*, at: datetime) -> int:
    """Every customer who is lost has a loss, also where the day came another way; returns how many were missing."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"at": at})
        return int(cursor.rowcount)


def explain(loss: Loss, *, at: datetime) -> None:
    """Keeps what somebody says of why and when the customer left, as it is in this row."""
    with transaction.atomic():
        loss.value = value_of_year(loss.customer, until=loss.lost_on)
        loss.save(
            update_fields=[
                *("lost_on", "suspected", "confirmed", "said_by", "own_word", "competitor", "note", "value"),
            ]
        )
        if loss.is_open and loss.customer.lost_on != loss.lost_on:
            changing.mark_lost(loss.customer, on=loss.lost_on, at=at)


def interview(loss: Loss, *, by: User, on: date) -> None:
    """Keeps what somebody who left said in a last conversation, as it is in this row."""
    loss.interviewed_by, loss.interviewed_on = by, on
    loss.save(update_fields=["missed", "back_if", "may_call", "call_on", "interviewed_by", "interviewed_on"])


def leave_alone(loss: Loss) -> None:
    """Nobody proposes to call them any more."""
    Loss.objects.filter(pk=loss.pk).update(may_call=MayCall.NO)


def call_again(loss: Loss) -> None:
    """It is proposed again when its time comes."""
    Loss.objects.filter(pk=loss.pk).update(may_call="")
