"""Too much of a good thing: how often a customer heard from us lately, from staff and automatically together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from customers.models import Customer, CustomerQuerySet
from interactions.models import TOUCHPOINT_KINDS, Interaction, Outcome
from outreach.models import CUSTOMER_KINDS, Message, State

WITHIN = timedelta(days=30)
# Where nobody said what is enough: twice as often as the cadence asks for, and never less than this.
LEAST_ENOUGH = 4
# They heard from us, or saw that we called; what we missed or put off they did not hear.
_REACHED_OUT = (Outcome.HELD, Outcome.NO_ANSWER, Outcome.MISSED_BY_THEM)


@dataclass(frozen=True)
class Heard:
    """How often a customer heard from us within 30 days, and how often is enough."""

    by_staff: int
    automatic: int
    enough: int

    @classmethod
    def read(cls, customer: Customer) -> Self:
        """Of a customer from `with_heard`."""
        found: Any = customer
        enough = found.enough_of_segment or max(LEAST_ENOUGH, -(-2 * WITHIN.days // found.cadence_in_days))
        return cls(found.heard_by_staff, found.heard_automatically, enough)

    @property
    def total(self) -> int:
        return self.by_staff + self.automatic

    @property
    def is_enough(self) -> bool:
        """Whether the next contact would be one more than is good."""
        return self.total >= self.enough


def with_heard(customers: CustomerQuerySet, *, at: datetime) -> CustomerQuerySet:
    """The customers with what `Heard.read` needs, in the same query."""
    since = at - WITHIN
    ours = Interaction.objects.filter(
        customer=OuterRef("pk"),
        happened_at__gt=since,
        happened_at__lte=at,
        kind__in=TOUCHPOINT_KINDS,
        outcome__in=_REACHED_OUT,
        author__isnull=False,
        is_owed=False,
    )
    # By when it was due: nothing is sent later than a few days after.
    mails = Message.objects.filter(
        customer=OuterRef("pk"), state=State.SENT, kind__in=CUSTOMER_KINDS, due_at__gt=since, due_at__lte=at
    )
    return customers.annotate(
        heard_by_staff=_number(ours),
        heard_automatically=_number(mails),
        enough_of_segment=F("segment__contacts_a_month"),
        cadence_in_days=Coalesce("cadence_days", "segment__cadence_days"),
    )


def _number(rows: Any) -> Coalesce:
    counted = rows.order_by().values("customer").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
