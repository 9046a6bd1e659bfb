"""Promises: whether they were kept, by whom, and the list behind each figure."""

from datetime import datetime
from typing import Any

from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import PersonRequest
from dashboard.paging import Order, aware_moment, page_of
from dashboard.promises import GROUPS, figures, promises_behind, promises_of
from dashboard.whose_days import Figure, WhoseDays
from interactions.keeping import Record, promises_kept
from interactions.models import Fate
from retention_crm.lib import clock

PAGE_SIZE = 25
LATEST_FIRST = Order(F("due_at"), aware_moment, descending=True)


@require_safe
def promises(request: PersonRequest) -> HttpResponse:
    """For managers those of everybody, for staff their own."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("promises", request.GET, user=user, figures=GROUPS)
    page = page_of(
        promises_behind(choice, user, at=at).select_related("customer", "assignee").fetch_mode(FETCH_RAISE),
        LATEST_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = _record(choice, user, at) | {
        "choice": choice,
        "periods": choice.periods(user),
        "rows": [(row, Fate(getattr(row, "fate"))) for row in page.rows],  # noqa: B009 - an annotation
        "following": choice.address(after=page.following) if page.following else "",
        "preceding": choice.address(before=page.preceding) if page.preceding else "",
    }
    return render(request, "dashboard/promises.html", context)


def _record(choice: WhoseDays, user: User, at: datetime) -> dict[str, Any]:
    promised, of_all = promises_of(choice, user), choice.of_all
    kept = promises_kept(promised, at=at)
    return {
        "total": kept.total,
        "share": _percent(kept.total.share),
        "figures": figures(kept.total, of_all),
        "everything": of_all.address(),
        "file": f"{reverse('figures_export', args=['promises'])}?{of_all.query()}" if user.is_manager else "",
        "teams": [_line(record, of_all, team=record.pk) for record in kept.teams] if not choice.team else [],
        "people": [_line(record, of_all, person=record.pk) for record in kept.people] if not choice.person else [],
        "has_any": bool(kept.total.numbers) or promised.exists(),
    }


def _line(record: Record, choice: WhoseDays, **whose: int) -> tuple[Record, str, int | None, dict[str, Figure]]:
    return record, choice.address(**whose), _percent(record.tally.share), figures(record.tally, choice, **whose)


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
