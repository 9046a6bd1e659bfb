"""Logging what happened: the interaction, what it changes on the customer, and the next step."""

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery

from customers.models import Customer
from interactions.models import ALWAYS_HELD, FollowUp, Interaction, Outcome


def record(interaction: Interaction, *, at: datetime, next_step: FollowUp | None = None) -> Interaction:
    """Saves an interaction and its follow-up as one; the customer's last touchpoint and due date follow at once.

    A back-dated touchpoint moves them only if it is the latest. `at` is the moment of logging; the risk is marked
    stale from then on.
    """
    if interaction.kind in ALWAYS_HELD:
        interaction.outcome = Outcome.HELD
    with transaction.atomic():
        interaction.save()
        if next_step is not None:
            next_step.customer = interaction.customer
            next_step.source = interaction
            next_step.save()
        refresh_touchpoints([interaction.customer_id], at=at)
    return interaction


def refresh_touchpoints(customer_ids: list[int], *, at: datetime) -> None:
    """Sets last touchpoint and next due day of these customers anew from their history, and marks their risk stale."""
    latest = Interaction.objects.touchpoints().filter(customer_id=OuterRef("pk")).order_by("-happened_at", "-pk")
    customers = Customer.objects.filter(pk__in=customer_ids)
    customers.update(
        last_touchpoint_at=Subquery(latest.values("happened_at")[:1]),
        last_touchpoint_on=Subquery(latest.values("day")[:1]),
    )
    customers.recompute_due()
    customers.mark_risk_stale(at)
