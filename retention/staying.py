"""Who stayed in a year, who left and who came, and what they bought: the figures and the customers behind them."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, Value, When

from customers.models import Customer, CustomerQuerySet
from retention.counting import Part
from retention.models import Ending, Loss, LossQuerySet
from retention.rhythm import YEAR_DAYS

START, KEPT, LOST, NEW, BACK, WON_BACK = "start", "kept", "lost", "new", "back", "won_back"

# Which customers of the table `customer` a part of the company has.
IN_PART = """
(%(owner)s::bigint IS NULL OR customer.owner_id = %(owner)s)
AND (%(segment)s::bigint IS NULL OR customer.segment_id = %(segment)s)
AND (%(team)s::bigint IS NULL OR customer.owner_id IN (SELECT id FROM accounts_user WHERE team_id = %(team)s))
AND (%(tag)s::bigint IS NULL OR EXISTS (
    SELECT FROM customers_customer_tags marked WHERE marked.customer_id = customer.id AND marked.tag_id = %(tag)s))
"""
# What each bought in two years that follow each other; what was returned makes nobody's value less than nothing.
_VALUES = f"""
WITH bought AS (
    SELECT customer_id, greatest(coalesce(sum(amount) FILTER (WHERE day <= %(first)s), 0), 0) AS before,
           greatest(coalesce(sum(amount) FILTER (WHERE day > %(first)s), 0), 0) AS after
    FROM interactions_interaction
    WHERE kind = 'purchase' AND day > %(first)s::date - {YEAR_DAYS} AND day <= %(last)s
    GROUP BY customer_id
)
SELECT coalesce(sum(before), 0), coalesce(sum(after), 0), coalesce(sum(least(before, after)), 0)
FROM bought JOIN customers_customer customer ON customer.id = customer_id
WHERE customer_since <= %(first)s AND {IN_PART} AND NOT EXISTS (
    SELECT FROM retention_loss loss
    WHERE loss.customer_id = customer.id AND ending IN ('', '{Ending.WON_BACK}')
      AND lost_on <= %(first)s AND (ended_on IS NULL OR ended_on > %(first)s))
"""  # noqa: S608 - only constants


@dataclass(frozen=True)
class Year:
    """A year that ends with `last`; `first` is the last day before it."""

    last: date

    @property
    def first(self) -> date:
        return self.last - timedelta(days=YEAR_DAYS)


@dataclass(frozen=True)
class Stay:
    """How many customers there were at the start, and what became of them; who came since.

    `before` and `after` are what those of the start bought in the year before it and in the year itself, `held` what
    of the first came again: no customer counts for more than before.
    """

    start: int
    kept: int
    lost: int
    new: int
    back: int
    won_back: int
    before: Decimal
    after: Decimal
    held: Decimal

    @property
    def end(self) -> int:
        return self.kept + self.new + self.back

    @property
    def percent(self) -> int | None:
        """Rounded down, so 100 means all."""
        return 100 * self.kept // self.start if self.start else None

    @property
    def gross(self) -> int | None:
        return int(100 * self.held / self.before) if self.before else None

    @property
    def net(self) -> int | None:
        return int(100 * self.after / self.before) if self.before else None


def is_customer(day: date) -> Q:
    """Who was a customer at the end of that day: they had come, and had not left, or were back."""
    gone = Loss.objects.real().filter(customer=OuterRef("pk"), lost_on__lte=day)
    return Q(customer_since__lte=day) & Q(~Exists(gone.filter(Q(ended_on=None) | Q(ended_on__gt=day))))


def of_part(customers: CustomerQuerySet, part: Part) -> CustomerQuerySet:
    """Those of that part of the company."""
    chosen = {"owner": part.owner, "owner__team": part.team, "segment": part.segment}
    rows = customers.filter(**{name: pk for name, pk in chosen.items() if pk})
    if not part.tag:
        return rows
    return rows.filter(Exists(Customer.tags.through.objects.filter(customer=OuterRef("pk"), tag=part.tag)))


def behind(customers: CustomerQuerySet, year: Year, kind: str) -> CustomerQuerySet:
    """Those behind the figure of that name."""
    first, last = is_customer(year.first), is_customer(year.last)
    if kind == WON_BACK:
        return customers.filter(Exists(_won_back(year).filter(customer=OuterRef("pk"))))
    wanted = {
        START: first,
        KEPT: first & last,
        LOST: first & ~last,
        NEW: last & Q(customer_since__gt=year.first),
        BACK: last & ~first & Q(customer_since__lte=year.first),
    }
    return customers.filter(wanted[kind])


def stay(customers: CustomerQuerySet, part: Part, year: Year) -> Stay:
    """The figures of these customers (all of the part) in three queries."""
    groups: Any = (
        customers.order_by()
        .annotate(
            was=_flag(is_customer(year.first)),
            is_now=_flag(is_customer(year.last)),
            is_new=_flag(Q(customer_since__gt=year.first)),
        )
        .values("was", "is_now", "is_new")
        .annotate(number=Count("pk"))
    )
    found = {(row["was"], row["is_now"], row["is_new"]): row["number"] for row in groups}
    won_back = _won_back(year).filter(customer__in=customers.order_by().values("pk"))
    kept, lost = found.get((True, True, False), 0), found.get((True, False, False), 0)
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, {**part.known, "first": year.first, "last": year.last})
        before, after, held = cursor.fetchone()
    return Stay(
        start=kept + lost,
        kept=kept,
        lost=lost,
        new=found.get((False, True, True), 0),
        back=found.get((False, True, False), 0),
        won_back=won_back.order_by().values("customer").distinct().count(),
        before=before,
        after=after,
        held=held,
    )


def _won_back(year: Year) -> LossQuerySet:
    """Losses that ended in the year, because the customer came back."""
    return Loss.objects.filter(ending=Ending.WON_BACK, ended_on__gt=year.first, ended_on__lte=year.last)


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
