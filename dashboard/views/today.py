"""What a member of staff has to do today."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.standing_in import stand_ins
from customers.models import Customer
from dashboard.beginning import steps_for_today
from dashboard.today import collect, team_counts
from dashboard.views.replying import PageRequest
from retention_crm.lib import clock


@require_safe
def today(request: PageRequest) -> HttpResponse:
    """The lists of the day; `?only=<list>` shows one of them at length, and htmx gets the lists without the frame."""
    at = clock.now()
    company = request.user.company
    away = stand_ins(at=at).away_for(request.user.pk)
    only = request.GET.get("only", "")
    instead_of = [absence.user_id for absence in away]
    sections = collect(request.user, at=at, company=company, only=only, instead_of=instead_of)
    context = {
        "at": at,
        "today": request.user.today(at),
        "company": company,
        "sections": sections,
        "has_nobody": not sections and not Customer.objects.visible_to(request.user).exists(),
        "steps": None if only or request.htmx else steps_for_today(request.user, company),
        "team": team_counts(request.user, at=at) if request.user.is_manager and not only else None,
        "away": away,
        "only": only,
    }
    in_place = request.htmx and not request.htmx.history_restore_request
    response = render(request, "dashboard/today.html" + ("#lists" if in_place else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response
