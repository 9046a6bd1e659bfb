"""Renewals that are ahead, of a part of the company."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum, Window

from accounts.models import User
from customers.models import Customer
from dashboard.expected import narrowed
from retention.counting import Part
from retention.models import Renewal, RenewalOutcome, RenewalQuerySet

SHOWN = 5


@dataclass(frozen=True)
class Ahead:
    """How many there are and what they are worth together; the first ones, the overdue ones before all."""

    number: int
    value: Decimal
    rows: list[Renewal]

    @property
    def more(self) -> int:
        return self.number - len(self.rows)


def ahead(user: User, part: Part, *, on: date) -> Ahead:
    """In one query, however many there are."""
    rows = shown(of_part(user, part, on=on)).annotate(number=Window(Count("pk")), total=Window(Sum("value")))
    found: list[Any] = list(rows.order_by("due_on", "pk")[:SHOWN])
    return Ahead(found[0].number, found[0].total or Decimal(0), found) if found else Ahead(0, Decimal(0), [])


def of_part(user: User, part: Part, *, on: date) -> RenewalQuerySet:
    return narrowed(Renewal.objects.visible_to(user).ahead(on), part)


def shown(rows: RenewalQuerySet) -> RenewalQuerySet:
    """With what a row of a list says."""
    rows = rows.select_related("customer__owner", "customer__risk")
    return rows.only(
        *("due_on", "value", "note", "outcome", "customer__name", "customer__risk__band", "customer__risk__health"),
        *("customer__owner__name", "customer__owner__email"),
    )


def of_customer(customer: Customer) -> list[Renewal]:
    """The latest ones, also what came of those that are over."""
    rows = Renewal.objects.filter(customer=customer).exclude(outcome=RenewalOutcome.DROPPED)
    return list(rows.order_by("-due_on", "-pk")[:SHOWN])
