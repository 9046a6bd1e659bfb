"""Why customers of the demo left, of most it is known; plans for two who may; and what several of them wish for."""

from datetime import date, time
from decimal import Decimal

from django.db.models import Q

from customers.models import Customer
from dashboard.demo.people import ZONE
from interactions.models import Complaint, Wish, WishTopic
from retention.losing import record_unrecorded
from retention.models import Cause, Loss, Play
from retention.planning import change, submit
from retention.playing import add_ready_plays, plan_from
from retention_crm.lib import clock
from surveys.models import Response

# What is suspected, what they said themselves, and in a word; taken in turns.
_REASONS: tuple[tuple[tuple[Cause, ...], str, str], ...] = (
    ((Cause.COMFORT,), Cause.COMFORT, "“You called when you wanted to sell”"),
    ((Cause.PRICE, Cause.COMPETITOR), Cause.COMPETITOR, "A supplier in the neighbourhood"),
    ((Cause.BROKEN_WORD,), "", ""),
    ((), "", ""),
    ((Cause.PRICE,), Cause.NEED_ENDED, "The line was given up"),
    ((Cause.NO_PERSONAL_CONTACT, Cause.INACTIVITY), "", ""),
)
_OFFER, _COST = "The next two deliveries free of charge", Decimal(900)


def say_why(on: date) -> None:
    """Each lost customer has a loss, most with a reason."""
    record_unrecorded(at=clock.moment(on, time(), ZONE))
    losses = list(Loss.objects.open().order_by("customer_id"))
    for number, loss in enumerate(losses):
        suspected, loss.confirmed, loss.own_word = _REASONS[number % len(_REASONS)]
        loss.suspected = list(suspected)
    Loss.objects.bulk_update(losses, ["suspected", "confirmed", "own_word"], batch_size=500)


def put_wishes_together() -> None:
    """What several customers of the demo wish for, under one name."""
    Wish.objects.filter(text__icontains="invoice").update(topic=WishTopic.named("Invoices by e-mail"))


def plan_for_two(on: date) -> None:
    """There are plays; two unhappy customers have a plan each: a draft, and one whose offer waits for approval."""
    add_ready_plays()
    play, at = Play.objects.filter(causes__contains=[Cause.BROKEN_WORD]).first(), clock.moment(on, time(), ZONE)
    complain, unhappy = (
        rows.order_by().values("customer") for rows in (Complaint.objects.open(), Response.objects.detractors())
    )
    known = Customer.objects.kept().filter(Q(pk__in=complain) | Q(pk__in=unhappy)).select_related("owner")
    customers = list(known.order_by("pk")[:2])
    plans = [plan_from(play, customer, by=customer.owner, at=at) for customer in customers] if play else []
    for plan in plans[1:]:
        plan.offer, plan.offer_amount = _OFFER, _COST
        change(plan, by=plan.written_by, changed=["offer", "offer_amount"], at=at)
        submit(plan, at=at)
