"""What customers are worth who were brought by others."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, DecimalField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from customers.models import Customer, CustomerQuerySet
from interactions.models import Interaction, Kind

YEAR = timedelta(days=365)
_MONEY = DecimalField(max_digits=18, decimal_places=2)


@dataclass(frozen=True)
class Brought:
    """Those a customer brought and may be seen, each with `to_date` and `of_year`, and what they bought together."""

    customers: list[Customer]

    @property
    def to_date(self) -> Decimal:
        return sum((customer.to_date for customer in self.customers), Decimal(0))  # type: ignore[attr-defined]

    @property
    def of_year(self) -> Decimal:
        return sum((customer.of_year for customer in self.customers), Decimal(0))  # type: ignore[attr-defined]


def brought_by(referrer: Customer, visible: CustomerQuerySet, *, on: date) -> Brought:
    """In three queries: them, and what they were credited with by perks and gestures."""
    rows = visible.filter(referred_by=referrer).exclude(pk=referrer.pk)
    valued = rows.annotate(
        to_date=_bought(Q(customer=OuterRef("pk"))),
        of_year=_bought(Q(customer=OuterRef("pk"), day__gt=on - YEAR)),
    )
    return Brought(list(valued.prefetch_related("credit_perks", "credit_gestures").order_by("-to_date", "pk")))


def referrers(visible: CustomerQuerySet, *, on: date) -> CustomerQuerySet:
    """Customers who brought others, each with `number` of them and what these bought: `to_date` and `of_year`.

    Those whose are worth most come first.
    """
    theirs = Q(customer__referred_by=OuterRef("pk"))
    rows = visible.filter(referred__isnull=False).annotate(number=Count("referred", distinct=True))
    valued = rows.annotate(to_date=_bought(theirs), of_year=_bought(theirs & Q(day__gt=on - YEAR)))
    return valued.order_by("-to_date", "-number", "pk")


def _bought(which: Q) -> Coalesce:
    rows = Interaction.objects.filter(which, kind=Kind.PURCHASE).order_by().values("kind")
    total = Subquery(rows.annotate(total=Sum("amount")).values("total"), output_field=_MONEY)
    return Coalesce(total, Value(Decimal(0)), output_field=_MONEY)
