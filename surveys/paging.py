"""Paging through what happened, newest first, at the same cost on every page."""

from datetime import datetime

from django.db.models import Model, Q, QuerySet

from retention_crm.lib import text

# Answers are read word by word, not scanned like names.
PAGE = 30


def page_after[M: Model](rows: QuerySet[M], by: str, cursor: str) -> tuple[list[M], int | None]:
    """A page of the rows by that field, newest first, and the cursor of the next one, if there is one.

    The cursor is the id of the last row of the page before; one that is not among the rows means the first page.
    """
    known = text.row_id(cursor)
    last = rows.filter(pk=known).values_list(by, "pk").first() if known is not None else None
    if last is not None:
        moment: datetime = last[0]
        rows = rows.filter(Q(**{f"{by}__lt": moment}) | Q(**{by: moment, "pk__lt": last[1]}), **{f"{by}__lte": moment})
    found = list(rows.order_by(f"-{by}", "-pk")[: PAGE + 1])
    more = len(found) > PAGE
    return found[:PAGE], found[PAGE - 1].pk if more else None
