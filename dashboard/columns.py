"""The columns a list of customers can have, beside the name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, CustomerQuerySet, CustomField
from dashboard.row_words import ago, band, due
from retention_crm.lib import dates

USUAL = ("owner", "segment", "contact", "due", "risk")
# What every row shows and is found by.
_ALWAYS = ("name", "sort_key", "lost_on", "is_sample")


@dataclass(frozen=True)
class Column:
    """`cell` is what stands there for a customer, on the reader's day; `needs` are the fields it is made of."""

    name: str
    label: Any
    cell: Callable[[Customer, date], str]
    needs: tuple[str, ...]
    # Names of people and things may be cut; a label stands before what is no name where a row is a card.
    is_name: bool = False


@dataclass(frozen=True)
class Row:
    customer: Customer
    cells: list[tuple[Column, str]]


def _contact(customer: Customer, today: date) -> str:
    return ago(customer.last_touchpoint_on, today) if customer.last_touchpoint_on else _("never")


def _due(customer: Customer, today: date) -> str:
    if customer.do_not_contact:
        return format_html('<span class="muted">{}</span>', _("do not contact"))
    if customer.lost_on or not customer.next_due_on:
        return SafeString('<span class="muted">–</span>')
    return due(customer.next_due_on, today)


def _tags(customer: Customer, _today: date) -> str:
    return format_html_join(
        " ", '<span class="badge badge-quiet"><bdi>{}</bdi></span>', ((t,) for t in customer.tags.all())
    )


def _value(customer: Customer, _today: date) -> str:
    risk = getattr(customer, "risk", None)
    return formats.number_format(risk.value_last_year, 0, force_grouping=True) if risk else ""


def _bdi(words: Any) -> SafeString:
    return format_html("<bdi>{}</bdi>", words)


COLUMNS = (
    Column("owner", gettext_lazy("Owner"), lambda row, _on: _bdi(row.owner), ("owner__name",), is_name=True),
    Column("segment", gettext_lazy("Segment"), lambda row, _on: _bdi(row.segment), ("segment__name",), is_name=True),
    Column("stage", gettext_lazy("Stage"), lambda row, _on: str(row.get_stage_display()), ("stage",)),
    Column("contact", gettext_lazy("Last contact"), _contact, ("last_touchpoint_at", "last_touchpoint_on")),
    Column("due", gettext_lazy("Next due"), _due, ("next_due_on", "do_not_contact")),
    Column(
        "risk", gettext_lazy("Risk"), lambda row, _on: band(getattr(row, "risk", None)), ("risk__band", "risk__health")
    ),
    Column("value", gettext_lazy("Value of a year"), _value, ("risk__value_last_year",)),
    Column(
        "since",
        gettext_lazy("Customer since"),
        lambda row, _on: dates.write(row.customer_since, "short day"),
        ("customer_since",),
    ),
    Column("tags", gettext_lazy("Tags"), _tags, ()),
)


def column_of(field: CustomField) -> Column:
    """The column of one of the company's own fields."""

    def cell(customer: Customer, _today: date) -> str:
        return _bdi(field.in_words(customer.custom.get(field.key)))

    return Column(f"own_{field.pk}", field.name, cell, ("custom",), is_name=field.kind == CustomField.Kind.TEXT)


def showing(rows: CustomerQuerySet, columns: Sequence[Column]) -> CustomerQuerySet:
    """The customers with all that these columns are made of, and nothing more: the objects are half a page's work."""
    needs = list(dict.fromkeys([*_ALWAYS, "last_touchpoint_at", "next_due_on", *(n for c in columns for n in c.needs)]))
    joined = sorted({need.partition("__")[0] for need in needs if "__" in need})
    rows = rows.select_related(*joined) if joined else rows
    if any(column.name == "tags" for column in columns):
        rows = rows.prefetch_related("tags")
    return rows.only(*needs)


def in_columns(rows: Sequence[Customer], columns: Sequence[Column], today: date) -> list[Row]:
    return [Row(row, [(column, column.cell(row, today)) for column in columns]) for row in rows]
