"""Pages of a long list by key: each page costs the same, however deep it lies (OFFSET reads all it skips)."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from retention_crm.lib import text

_LONGEST_CURSOR = 4000


def aware_moment(value: str) -> datetime:
    """A moment with its offset from ISO 8601; ValueError for one without."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


@dataclass(frozen=True)
class Order:
    """An order that leaves no two rows undecided: by a key that is never NULL, then by id, both in one direction."""

    key: F | Coalesce | CombinedExpression
    parse: Callable[[str], Any] = str
    descending: bool = False


@dataclass(frozen=True)
class Page[M: Model]:
    """The rows of one page, and the cursors that lead on and back: empty at the ends."""

    rows: list[M]
    following: str = ""
    preceding: str = ""


@dataclass(frozen=True)
class _Place:
    key: Any
    pk: int

    @classmethod
    def of(cls, row: Model) -> "_Place":
        return cls(getattr(row, "page_key"), row.pk)  # noqa: B009 - an annotation, unknown to the type of the model

    @classmethod
    def read(cls, cursor: str, order: Order) -> "_Place | None":
        """The place a cursor names; None for an empty or malformed one, which then means the beginning."""
        if not cursor or len(cursor) > _LONGEST_CURSOR:
            return None
        try:
            key, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
            if not isinstance(key, str) or text.clean(key) != key or type(pk) is not int or not 0 < pk < 2**63:
                return None
            return cls(order.parse(key), pk)
        except (ValueError, TypeError, RecursionError):
            return None

    def cursor(self) -> str:
        key = self.key.isoformat() if isinstance(self.key, date) else str(self.key)
        return base64.urlsafe_b64encode(json.dumps([key, self.pk]).encode()).decode()

    def beyond(self, *, descending: bool) -> Q:
        """Rows after this place in that direction; the first condition alone lets an index start in the right place."""
        way = "lt" if descending else "gt"
        return Q(**{f"page_key__{way}e": self.key}) & (
            Q(**{f"page_key__{way}": self.key}) | Q(**{f"pk__{way}": self.pk})
        )


def page_of[M: Model](rows: QuerySet[M], order: Order, *, after: str = "", before: str = "", size: int) -> Page[M]:
    """The page after or before a cursor, in one query; the first page if there is no such cursor or nothing there."""
    backwards = bool(before) and not after
    place = _Place.read(before if backwards else after, order)
    if place is None:
        backwards = False
    found = _window(rows, order, place, size=size + 1, backwards=backwards)
    if place is not None and not found:
        return page_of(rows, order, size=size)
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_following, has_preceding = (True, more) if backwards else (more, place is not None)
    return Page(
        rows=found,
        following=_Place.of(found[-1]).cursor() if has_following else "",
        preceding=_Place.of(found[0]).cursor() if has_preceding else "",
    )


def _window[M: Model](rows: QuerySet[M], order: Order, place: _Place | None, *, size: int, backwards: bool) -> list[M]:
    descending = order.descending != backwards
    keyed = rows.annotate(page_key=order.key)
    here = Q() if place is None else place.beyond(descending=descending)
    sign = "-" if descending else ""
    return list(keyed.filter(here).order_by(f"{sign}page_key", f"{sign}pk")[:size])
