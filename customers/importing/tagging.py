"""Giving the customers of a batch their tags, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from customers.importing.inserting import insert
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
    keys = {name: Tag.of(name).key for _customer, names in wanted for name in names}
    tags, new = _tags(keys)
    customers = {customer for customer, _names in wanted}
    had = set(_Given.objects.filter(customer__in=customers).values_list("customer_id", "tag_id"))
    given = []
    for customer, names in wanted:
        pks = dict.fromkeys(tags[keys[name]] for name in names if keys[name] in tags)
        given.append([(customer, pk) for pk in pks if (customer, pk) not in had])
        had.update(given[-1])
    rows = iter(insert(_Given, ("customer_id", "tag_id"), [pair for pairs in given for pair in pairs]))
    return [_tagged(list(islice(rows, len(pairs))), [pk for _customer, pk in pairs], new) for pairs in given]


def _tags(keys: dict[str, str]) -> tuple[dict[str, int], set[int]]:
    """Of the tags by their names, with their keys: the ids by the keys, and which are new.

    None of them can be deleted until the transaction ends.
    """
    known = set(Tag.objects.filter(key__in=keys.values()).values_list("key", flat=True))
    Tag.objects.named(name for name, key in keys.items() if key not in known)
    kept = Tag.objects.filter(key__in=keys.values()).order_by("pk").select_for_update(no_key=True)
    tags = dict(kept.values_list("key", "pk"))
    return tags, {pk for key, pk in tags.items() if key not in known}


def _tagged(rows: list[int], tags: list[int], new: set[int]) -> Tagged:
    first = [pk for pk in tags if pk in new]
    new.difference_update(first)
    return Tagged(rows, first)
