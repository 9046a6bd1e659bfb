"""Whether every customer gets the same care, whoever looks after them and however long they have been with us."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Team
from accounts.requests import PersonRequest
from dashboard.consistency import SIDES, Scope, compare
from dashboard.whose_days import WhoseDays
from retention_crm.lib import clock


@require_safe
def consistency(request: PersonRequest) -> HttpResponse:
    """For managers of everybody, for staff what is their own."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("consistency", request.GET, user=user, figures=())
    side = next((side for side in SIDES if side.key == request.GET.get("by")), SIDES[0])
    teams = Team.objects.order_by("name") if user.sees_everything else Team.objects.none()
    comparisons = compare(Scope(user, choice, side, on=user.today(at), at=at))
    is_known = any(comparison.together.whole.total for comparison in comparisons)
    context = {
        "comparisons": comparisons if is_known else [],
        "is_known": is_known,
        "choice": choice,
        "side": side,
        "sides": [(one.label, choice.address(by=one.key), one is side) for one in SIDES],
        "teams": [(team.name, choice.address(team=team.pk, by=side.key), team.pk == choice.team) for team in teams],
        "everybody": f"{reverse('consistency')}?{choice.days.query(by=side.key)}",
        "periods": choice.periods(user),
    }
    return render(request, "dashboard/consistency.html", context)
