"""Which perks a page shows, and how many there are of each fate."""

from collections.abc import Callable
from datetime import date

from django.db.models import Count, Q

from customers.models import PROMPT_BEFORE, PerkQuerySet
from customers.perk_forms import PerkFilter

_BY_STATE: dict[str, Callable[[PerkQuerySet, date], PerkQuerySet]] = {
    "open": lambda rows, on: rows.open(on),
    "expiring": lambda rows, on: rows.expiring(on),
    "used": lambda rows, on: rows.used(),
    "expired": lambda rows, on: rows.expired(on),
    "withdrawn": lambda rows, on: rows.filter(withdrawn_at__isnull=False),
}


def narrowed(rows: PerkQuerySet, filters: PerkFilter, *, on: date, with_state: bool = True) -> PerkQuerySet:
    """As the form says; what can not be read narrows nothing. Those taken back only where they are asked for."""
    given = filters.cleaned_data if filters.is_valid() else {}
    for name, path in (("kind", "kind"), ("segment", "customer__segment"), ("owner", "customer__owner")):
        if given.get(name):
            rows = rows.filter(**{path: given[name]})
    if not with_state:
        return rows
    return _BY_STATE[given["show"]](rows, on) if given.get("show") else rows.standing()


def shown(rows: PerkQuerySet) -> PerkQuerySet:
    """With what a row of a list says."""
    return rows.select_related("customer__owner", "granted_by", "used_by")


def counted(rows: PerkQuerySet, *, on: date) -> list[tuple[str, str, int]]:
    """Of each fate, its name, its words and how many there are, in one query."""
    unused = Q(withdrawn_at=None, used_on=None)
    in_time = Q(expires_on=None) | Q(expires_on__gte=on)
    wanted = {
        "open": unused & in_time,
        "expiring": unused & in_time & Q(expires_on__lte=on + PROMPT_BEFORE, customer__lost_on=None),
        "used": Q(withdrawn_at=None, used_on__isnull=False),
        "expired": unused & Q(expires_on__lt=on),
    }
    found = rows.order_by().aggregate(**{name: Count("pk", filter=rule) for name, rule in wanted.items()})
    return [(name, str(words), found[name]) for name, words in PerkFilter.SHOWN if name in found]
