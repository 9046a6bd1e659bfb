"""Narrowing a list by the fields a company added of its own."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters as filters
from django.db.models import DecimalField, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from customers.models import CustomerQuerySet, CustomField
from retention_crm.lib.form_base import DayInput, QuickSelect

_YES_NO = {"yes": True, "no": False}


def filters_for(field: CustomField) -> dict[str, Any]:
    """By its name in the address, what narrows a list by that field: one filter, or two for the ends of a span."""
    name = f"own_{field.pk}"
    match field.kind:
        case CustomField.Kind.NUMBER | CustomField.Kind.DATE:
            return {
                f"{name}_from": _end(field, "gte", _("%(field)s from") % {"field": field.name}),
                f"{name}_to": _end(field, "lte", _("%(field)s to") % {"field": field.name}),
            }
        case CustomField.Kind.TEXT:
            return {name: filters.CharFilter(label=field.name, method=_contains(field), max_length=200)}
    choices = [("yes", _("Yes")), ("no", _("No"))] if field.kind == CustomField.Kind.YES_NO else field.choices
    pairs = [choice if isinstance(choice, tuple) else (choice, choice) for choice in choices]
    return {
        name: filters.ChoiceFilter(
            widget=QuickSelect, label=field.name, choices=pairs, method=_is(field), empty_label=_("Any")
        )
    }


def _is(field: CustomField) -> Any:
    def narrowed(rows: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        wanted = _YES_NO[value] if field.kind == CustomField.Kind.YES_NO else value
        return rows.filter(custom__contains={field.key: wanted})

    return narrowed


def _contains(field: CustomField) -> Any:
    def narrowed(rows: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        alias = f"own_{field.pk}"
        return rows.alias(**{alias: _text(field)}).filter(**{f"{alias}__icontains": value})

    return narrowed


def _end(field: CustomField, way: str, label: str) -> Any:
    """Everything from a value on, or up to it; both ends belong to the span."""
    alias = f"own_{field.pk}_{way}"

    def narrowed(rows: CustomerQuerySet, _name: str, value: date | Decimal) -> CustomerQuerySet:
        if isinstance(value, date):
            # Days are stored as ISO writes them, which sorts by itself.
            return rows.alias(**{alias: _text(field)}).filter(**{f"{alias}__{way}": value.isoformat()})
        number = Cast(_text(field), DecimalField(max_digits=26, decimal_places=6))
        return rows.alias(**{alias: number}).filter(**{f"{alias}__{way}": value})

    if field.kind == CustomField.Kind.DATE:
        return filters.DateFilter(label=label, method=narrowed, widget=DayInput())
    return filters.NumberFilter(label=label, method=narrowed)


def _text(field: CustomField) -> Cast:
    return Cast(KeyTextTransform(field.key, "custom"), TextField())
