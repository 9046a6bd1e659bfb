"""The brief on customers somebody was given, page by page, to be read or printed before the first call."""

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from dashboard.briefing import given_to, with_briefs
from dashboard.paging import Order, page_of
from retention_crm.lib import clock

PAGE_SIZE = 20
BY_NAME = Order(F("sort_key"))


@require_safe
def brief(request: PersonRequest) -> HttpResponse:
    """Customers one was given who do not know it yet, with what is open with each."""
    page = page_of(
        with_briefs(given_to(request.user)),
        BY_NAME,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = {
        "customers": page.rows,
        "at": clock.now(),
        "following": f"?after={page.following}" if page.following else "",
        "preceding": f"?before={page.preceding}" if page.preceding else "",
        "currency": request.user.company.currency,
    }
    return render(request, "dashboard/brief.html", context)
