"""What somebody could do for customers that nothing urges: a perk that ends unused."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import FETCH_RAISE

from customers.models import Perk

SHOWN = 20


@dataclass(frozen=True)
class Kindness:
    perks: list[Perk]

    def __bool__(self) -> bool:
        return bool(self.perks)


def kindness(people: Collection[int], *, on: date) -> Kindness:
    """For whoever looks after these people's customers on that day."""
    perks = Perk.objects.expiring(on).filter(customer__owner__in=people, customer__do_not_contact=False)
    found = perks.select_related("customer").order_by("expires_on", "pk").fetch_mode(FETCH_RAISE)
    return Kindness(perks=list(found[:SHOWN]))
