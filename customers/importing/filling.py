"""Bringing what a line says into rows: all of it into new ones, into others as far as the person who imports wants."""

import json
from collections.abc import Iterable
from datetime import date
from hashlib import md5
from typing import Any

from django.db.models import Model

from customers.models import Contact, Customer

OVERWRITE = "overwrite"
# What tells whether somebody changed a row since it was brought.
_MARKED: dict[type[Model], tuple[str, ...]] = {
    Customer: (
        *("name", "owner_id", "segment_id", "stage", "time_zone", "language", "cadence_days", "country", "care_note"),
        *("customer_since", "do_not_contact", "lost_on", "referred_by_id"),
    ),
    Contact: (
        *("customer_id", "name", "preferred_name", "job_title", "email", "phone", "language", "time_zone", "tone"),
        *(
            "preferred_channel",
            "best_time",
            "birthday_day",
            "birthday_month",
            "birthday_year",
            "do_not_contact",
            "deceased",
            "is_champion",
            "left_on",
        ),
        *("allows_greetings", "allows_thanks", "allows_surveys"),
    ),
}
# Fields that are never empty: something stands there, chosen by a person or by default.
_NEVER_EMPTY = {"name", "owner_id", "segment_id", "stage", "customer_since"}
# Whom we have, we do not lose by a file.
_NOT_TAKEN_OVER = {"sort_key", "external_key", "lost_on"}
_BIRTHDAY = ("birthday_day", "birthday_month", "birthday_year")

type Changes = dict[str, list[Any]]


def mark(row: Model) -> str:
    """A fingerprint of what people can change in a row."""
    values = "\x1f".join(str(getattr(row, name)) for name in _MARKED[type(row)])
    if isinstance(row, Customer) and row.custom:
        values += json.dumps(row.custom, sort_keys=True)
    return md5(values.encode(), usedforsecurity=False).hexdigest()


def fill(row: Model, values: dict[str, Any], *, mode: str) -> Changes:
    """Sets the fields that are empty, or with `overwrite` all that the values name; what stood there before and now."""
    changes: Changes = {}
    if "birthday_day" in values:
        _fill_birthday(row, values, mode, changes)
    for name, value in values.items():
        if name not in _BIRTHDAY and name not in _NOT_TAKEN_OVER and (mode == OVERWRITE or _is_empty(row, name)):
            _set(row, name, value, changes)
    return changes


def fill_custom(customer: Customer, values: dict[str, Any], *, mode: str) -> Changes:
    """The same for the company's own fields, by their keys; None is what is not known."""
    now = customer.custom
    changes: Changes = {
        key: [now.get(key), value]
        for key, value in values.items()
        if now.get(key) != value and (mode == OVERWRITE or key not in now)
    }
    customer.custom = {**now, **{key: value for key, (_before, value) in changes.items()}}
    return changes


def _fill_birthday(row: Model, values: dict[str, Any], mode: str, changes: Changes) -> None:
    """All three or nothing; a known year is not given up for a day without one."""
    now = [getattr(row, name) for name in _BIRTHDAY]
    new = [values[name] for name in _BIRTHDAY]
    adds_year = now[:2] == new[:2] and now[2] is None
    loses_year = now[:2] == new[:2] and new[2] is None
    if now[0] is None or adds_year or (mode == OVERWRITE and not loses_year):
        for name, value in zip(_BIRTHDAY, new, strict=True):
            _set(row, name, value, changes)


def _is_empty(row: Model, name: str) -> bool:
    return name not in _NEVER_EMPTY and getattr(row, name) in (None, "", False)


def _set(row: Model, name: str, value: Any, changes: Changes) -> None:
    before = getattr(row, name)
    value = to_python(row, name, value)
    if before != value:
        setattr(row, name, value)
        changes[name] = [stored(before), stored(value)]


def stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def to_python(row: Model, name: str, value: Any) -> Any:
    """A value as it is kept in JSON, as the field has it."""
    field: Any = row._meta.get_field(name)
    return value if field.is_relation else field.to_python(value)


def changed_fields(all_changes: Iterable[Changes]) -> list[str]:
    return sorted({name for changes in all_changes for name in changes})
