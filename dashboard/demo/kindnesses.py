"""Kindnesses of the demo: budgets and perks, who brought whom, what those said who left, and somebody to introduce."""

from datetime import date, time, timedelta
from decimal import Decimal

from accounts.models import Company
from customers import granting
from customers.models import Customer, OwnerChange, Perk, PerkKind, Segment
from customers.referring import refer
from dashboard.demo.people import LOGINS, ZONE
from dashboard.demo.showcase import SCENES
from interactions.models import Interaction, Kind
from retention.models import Cause, Loss, MayCall
from retention_crm.lib import clock

# What it is, in a word, its worth, in how many days it ends, and how many days ago it was used.
_PERKS = (
    (PerkKind.DISCOUNT, "10 % off the next order", 120, 9, None),
    (PerkKind.TERMS, "60 days to pay", None, None, None),
    (PerkKind.EARLY_ACCESS, "The spring catalogue before it is printed", None, 40, None),
    (PerkKind.DISCOUNT, "Free delivery", 45, 60, 20),
    (PerkKind.OTHER, "A day with our packers", 300, -30, None),
)
_BUDGETS = (300, 150, 80)
_LIMIT = Decimal(50)
_COMPETITORS = ("Brandt & Söhne", "Vogel Logistik")
_MISSED = "A call now and then. Somebody who knows our seasons."
_BACK_IF = "The old delivery times, and one person to speak to."


def be_kind(on: date) -> None:
    """Of each kindness one or two, with the first customers and those who left."""
    Company.objects.update(gesture_limit=_LIMIT)
    for segment, budget in zip(Segment.objects.order_by("cadence_days", "pk"), _BUDGETS, strict=False):
        Segment.objects.filter(pk=segment.pk).update(gesture_budget=budget)
    dear = Interaction.objects.filter(kind=Kind.GESTURE, amount__gt=_LIMIT).order_by("-day", "pk").first()
    if dear is not None:
        Interaction.objects.filter(pk=dear.pk).update(limit_reason="Ten years together: a dinner for their team")
    first = list(Customer.objects.filter(pk__lte=len(SCENES)).select_related("owner").order_by("pk"))
    for customer, (kind, words, value, ends, used) in zip(first, _PERKS, strict=False):
        perk = Perk(customer=customer, kind=kind, words=words, value=value)
        perk.expires_on = on + timedelta(days=ends) if ends is not None else None
        granting.grant(perk, by=customer.owner, on=on - timedelta(days=50))
        if used is not None:
            granting.use(perk, by=customer.owner, on=on - timedelta(days=used))
    # Noted long ago, so that nobody is thanked for it today.
    for brought, by in zip(first[5:8], first[:2] + first[:1], strict=False):
        refer(brought, by=by, at=clock.moment(on - timedelta(days=90), time(10), ZONE))
    OwnerChange.objects.untold().update(is_introduced=True)
    _hear_who_left(on)


def _hear_who_left(on: date) -> None:
    """Whom they went to; one of the first login's may be called again from today on."""
    losses = list(Loss.objects.open().select_related("customer__owner").order_by("customer_id"))
    for number, loss in enumerate(losses):
        if Cause.COMPETITOR in {loss.confirmed, *loss.suspected}:
            loss.competitor = _COMPETITORS[number % len(_COMPETITORS)]
    asked = next((loss for loss in losses if loss.customer.owner.email == LOGINS[0]), None)
    if asked is not None:
        asked.missed, asked.back_if, asked.may_call, asked.call_on = _MISSED, _BACK_IF, MayCall.YES, on
        asked.interviewed_on, asked.interviewed_by = asked.lost_on, asked.customer.owner
    fields = ["competitor", "missed", "back_if", "may_call", "call_on", "interviewed_on", "interviewed_by"]
    Loss.objects.bulk_update(losses, fields, batch_size=500)
