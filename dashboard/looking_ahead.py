"""Finding a customer while the name is typed."""

from dataclasses import dataclass

from accounts.models import User
from customers.models import Customer, CustomerQuerySet
from customers.searching import search
from retention_crm.lib import text

FOUND = 8
SHORTEST = 2
_LONGEST = 200


@dataclass(frozen=True)
class LookAhead:
    """The words looked for, up to eight customers found, whether there are more, and whether it was looked at all."""

    q: str
    found: list[Customer]
    more: bool
    searched: bool


def look_ahead(written: str, user: User) -> LookAhead:
    """Among the customers the person may change who have not left, in one query; none for less than two letters."""
    words = text.clean_line(written)[:_LONGEST]
    if len(text.sort_key(words)) < SHORTEST:
        return LookAhead(words, [], more=False, searched=False)
    mine: CustomerQuerySet = Customer.objects.editable_by(user).kept()
    found = list(search(mine, words).select_related("owner").order_by("sort_key", "pk")[: FOUND + 1])
    return LookAhead(words, found[:FOUND], more=len(found) > FOUND, searched=True)
