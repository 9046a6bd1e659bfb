"""Promises: whether they were kept, by whom, and the list behind each figure."""

from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from dashboard.paging import Order, aware_moment
from dashboard.promises import FIGURES, numbers, promises_behind, promises_of
from dashboard.whose_days import WhoseDays, listed, side_by_side
from interactions.keeping import promises_kept
from interactions.models import Fate
from retention_crm.lib import clock

LATEST_FIRST = Order(F("due_at"), aware_moment, descending=True)


@require_safe
def promises(request: PersonRequest) -> HttpResponse:
    """For managers those of everybody, for staff their own."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("promises", request.GET, user=user, figures=FIGURES)
    promised = promises_of(choice, user)
    kept = promises_kept(promised, at=at)
    rows = promises_behind(choice, user, at=at).select_related("customer", "assignee").fetch_mode(FETCH_RAISE)
    page = listed(rows, LATEST_FIRST, choice, request.GET)
    file = f"{reverse('figures_export', args=['promises'])}?{choice.of_all.query()}"
    context = {
        **side_by_side(kept, choice, numbers),
        **page,
        "choice": choice,
        "periods": choice.periods(user),
        "rows": [(row, Fate(row.fate)) for row in page["rows"]],
        "file": file if user.is_manager else "",
        "has_any": bool(kept.total.numbers) or promised.exists(),
    }
    return render(request, "dashboard/promises.html", context)
