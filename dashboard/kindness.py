"""What somebody could do for customers that nothing urges: a perk that ends unused, a word to who left."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import FETCH_RAISE

from accounts.models import Company
from customers.models import Perk
from retention.models import Loss

SHOWN = 20


@dataclass(frozen=True)
class Kindness:
    perks: list[Perk]
    left: list[Loss]

    def __bool__(self) -> bool:
        return bool(self.perks or self.left)


def kindness(people: Collection[int], company: Company, *, on: date) -> Kindness:
    """For whoever looks after these people's customers on that day."""
    perks = Perk.objects.expiring(on).filter(customer__owner__in=people, customer__do_not_contact=False)
    found = perks.select_related("customer").order_by("expires_on", "pk").fetch_mode(FETCH_RAISE)
    losses = Loss.objects.to_approach(on, after_days=company.lost_contact_days).filter(customer__owner__in=people)
    left = losses.select_related("customer__segment").fetch_mode(FETCH_RAISE)
    return Kindness(perks=list(found[:SHOWN]), left=list(left[:SHOWN]))
