"""What could be done for customers beside what is due; fetched by Today once it stands."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.standing_in import stand_ins
from dashboard.kindness import kindness as found_kindness
from dashboard.views.replying import PageRequest
from retention_crm.lib import clock


@require_safe
def kindness(request: PageRequest) -> HttpResponse:
    """For the customers of the person and of those they stand in for; for htmx a part of Today."""
    at, user = clock.now(), request.user
    people = [user.pk, *(absence.user_id for absence in stand_ins(at=at).away_for(user.pk))]
    on = user.today(at)
    context = {
        "kindness": found_kindness(people, user.company, on=on),
        "on": on,
        "at": at,
        "currency": user.company.currency,
    }
    response = render(request, "dashboard/kindness.html" + ("#part" if request.htmx else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response
