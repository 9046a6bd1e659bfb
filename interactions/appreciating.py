"""How a customer was appreciated: what gestures cost this year, what they may cost, and what was done last."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from accounts.models import Company
from customers.models import Customer
from interactions.models import Interaction, Kind


@dataclass(frozen=True)
class Appreciation:
    """`allowance` is what gestures may cost in this calendar year, `limit` one alone; None where none is set."""

    used: Decimal
    allowance: Decimal | None
    limit: Decimal | None
    last: Interaction | None

    @property
    def left(self) -> Decimal | None:
        """What is left of the year's budget; less than nothing where it was overdrawn."""
        return None if self.allowance is None else self.allowance - self.used

    @property
    def is_overdrawn(self) -> bool:
        return self.left is not None and self.left < 0


def appreciation_of(customer: Customer, company: Company, *, on: date) -> Appreciation:
    """As of that day of the customer's calendar, in two queries."""
    gestures = Interaction.objects.filter(customer=customer, kind=Kind.GESTURE)
    spent: Decimal | None = gestures.filter(day__year=on.year).aggregate(total=Sum("amount"))["total"]
    last = gestures.select_related("author", "contact").order_by("-day", "-pk").first()
    return Appreciation(spent or Decimal(0), customer.gesture_allowance, company.gesture_limit, last)


def above_limit(rows: QuerySet[Interaction], company: Company) -> QuerySet[Interaction]:
    """Gestures that cost more than the company allows without a word, or had to say why when they were logged."""
    limit = company.gesture_limit
    more = Q() if limit is None else Q(amount__gt=limit)
    said = ~Q(limit_reason="")
    return rows.filter(said | more if limit is not None else said, kind=Kind.GESTURE)
