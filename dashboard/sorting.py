"""The orders a list of customers can stand in, and the headers that choose them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, F, FloatField, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from customers.models import DUE_KEY, TOUCH_KEY
from dashboard.columns import Column
from dashboard.paging import Order, aware_moment
from retention.models import Band

_OWNER_KEY = Coalesce(NullIf("owner__name", Value("")), "owner__email", output_field=TextField())
_VALUE_KEY = Coalesce(Cast("risk__value_last_year", FloatField()), 0.0)
# A risk is between 0 and 1; of some too little is known, and these come last whichever way the others stand.
_KNOWN_RISK = Case(When(~Q(risk__band=Band.UNKNOWN), then="risk__risk"))
_RISK_KEY, _RISK_KEY_UP = Coalesce(_KNOWN_RISK, -1.0), Coalesce(_KNOWN_RISK, 2.0)

ORDERS = {
    "name": Order(F("sort_key")),
    "name_down": Order(F("sort_key"), descending=True),
    "due": Order(DUE_KEY, date.fromisoformat),
    "due_down": Order(DUE_KEY, date.fromisoformat, descending=True),
    "quiet": Order(TOUCH_KEY, aware_moment),
    "recent": Order(TOUCH_KEY, aware_moment, descending=True),
    "risk": Order(_RISK_KEY, float, descending=True),
    "risk_up": Order(_RISK_KEY_UP, float),
    "value": Order(_VALUE_KEY, float, descending=True),
    "value_up": Order(_VALUE_KEY, float),
    "since": Order(F("customer_since"), date.fromisoformat),
    "since_down": Order(F("customer_since"), date.fromisoformat, descending=True),
    "owner": Order(_OWNER_KEY),
    "owner_down": Order(_OWNER_KEY, descending=True),
    "segment": Order(F("segment__name")),
    "segment_down": Order(F("segment__name"), descending=True),
}
SORTS = {
    "name": _("Name"),
    "name_down": _("Name, Z to A"),
    "due": _("Next contact due, earliest first"),
    "due_down": _("Next contact due, latest first"),
    "quiet": _("Last contact, longest ago first"),
    "recent": _("Last contact, latest first"),
    "risk": _("Risk, highest first"),
    "risk_up": _("Risk, lowest first"),
    "value": _("Value of a year, largest first"),
    "value_up": _("Value of a year, smallest first"),
    "since": _("Customer since, longest first"),
    "since_down": _("Customer since, newest first"),
    "owner": _("Owner"),
    "owner_down": _("Owner, Z to A"),
    "segment": _("Segment"),
    "segment_down": _("Segment, Z to A"),
}
USUAL_ORDER = "name"
# For a column what its header chooses first, which is what people mostly look for, and then.
_BY_COLUMN = {
    "name": ("name", "name_down"),
    "owner": ("owner", "owner_down"),
    "segment": ("segment", "segment_down"),
    "contact": ("quiet", "recent"),
    "due": ("due", "due_down"),
    "risk": ("risk", "risk_up"),
    "value": ("value", "value_up"),
    "since": ("since", "since_down"),
}


@dataclass(frozen=True)
class Header:
    """The head of a column; `sort` is the order it chooses when clicked (empty: none), `state` how it is sorted now."""

    label: Any
    sort: str = ""
    state: str = ""

    @property
    def sort_words(self) -> Any:
        """What the order it chooses is called."""
        return SORTS.get(self.sort, "")


def headers(columns: Sequence[Column], sort: str) -> list[Header]:
    """That of the name, and of each column."""
    return [_header("name", _("Customer"), sort), *(_header(column.name, column.label, sort) for column in columns)]


def _header(column: str, label: Any, sort: str) -> Header:
    first, second = _BY_COLUMN.get(column, ("", ""))
    if not first:
        return Header(label)
    if sort not in (first, second):
        return Header(label, first)
    state = "descending" if ORDERS[sort].descending else "ascending"
    return Header(label, second if sort == first else first, state)
