"""Giving the customers of a batch their tags, in a fixed number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from customers.models import Customer, Tag

_Given: Any = Customer.tags.through


@dataclass
class Tagged:
    """The rows by which a customer has tags that it had not before, and the tags that were not there: by their ids."""

    rows: list[int] = field(default_factory=list)
    new_tags: list[int] = field(default_factory=list)


def tag(wanted: Sequence[tuple[int, list[str]]]) -> list[Tagged]:
    """Gives each customer, by id, the tags of these names, beside those there are; what that did for each.

    The caller has locked the customers, so that nobody else gives them tags meanwhile.
    """
    if not wanted:
        return []
    tags, new = _tags({name for _customer, names in wanted for name in names})
    customers = {customer for customer, _names in wanted}
    had = set(_Given.objects.filter(customer__in=customers).values_list("customer_id", "tag_id"))
    given = []
    for customer, names in wanted:
        pks = dict.fromkeys(tags[key] for key in (Tag.of(name).key for name in names) if key in tags)
        given.append([_Given(customer_id=customer, tag_id=pk) for pk in pks if (customer, pk) not in had])
        had |= {(customer, pk) for pk in pks}
    _Given.objects.bulk_create(row for rows in given for row in rows)
    return [_tagged(rows, new) for rows in given]


def _tags(names: Iterable[str]) -> tuple[dict[str, int], set[int]]:
    """The ids of the tags by their keys, kept from being deleted until the transaction ends; and which are new."""
    keys = {Tag.of(name).key for name in names}
    known = set(Tag.objects.filter(key__in=keys).values_list("key", flat=True))
    Tag.objects.named(name for name in names if Tag.of(name).key not in known)
    kept = Tag.objects.filter(key__in=keys).order_by("pk").select_for_update(no_key=True)
    tags = dict(kept.values_list("key", "pk"))
    return tags, {pk for key, pk in tags.items() if key not in known}


def _tagged(rows: list[Any], new: set[int]) -> Tagged:
    first = [row.tag_id for row in rows if row.tag_id in new]
    new.difference_update(first)
    return Tagged([row.pk for row in rows], first)
