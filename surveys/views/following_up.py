"""What is done about unhappy answers: what is open and for how long, and how long it took to close."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from interactions.models import FollowUp
from retention_crm.lib import clock
from surveys.closing import closed_within
from surveys.paging import PAGE
from surveys.tallying import COUNTED


@require_safe
def survey_follow_ups(request: PersonRequest) -> HttpResponse:
    """Those the person may see: open ones from the oldest, and how those of the last 90 days were closed."""
    at = clock.now()
    rows = FollowUp.objects.visible_to(request.user).filter(origin=FollowUp.Origin.SURVEY)
    waiting = rows.open().select_related("customer", "assignee").order_by("created_at", "pk")
    done = rows.filter(done_at__gt=at - COUNTED)
    context = {
        "open": list(waiting[:PAGE]),
        "open_count": waiting.count(),
        "closed": list(done.select_related("customer", "assignee", "done_by").order_by("-done_at", "-pk")[:PAGE]),
        "figures": closed_within(done),
        "at": at,
    }
    return render(request, "surveys/follow_ups.html", context)
