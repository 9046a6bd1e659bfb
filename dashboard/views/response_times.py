"""How quickly customers are answered who asked for something, and who still waits."""

from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from customers.requests import get_editable
from dashboard.answers_owed import GROUPS, asked_behind, asked_by, met_by, numbers
from dashboard.paging import Order, aware_moment
from dashboard.views.replying import PageRequest, saved
from dashboard.whose_days import WhoseDays, listed, side_by_side
from interactions.models import Interaction
from interactions.owing import answers_given, take_back_tick, tick_off
from outreach.recapping import how_quickly
from retention_crm.lib import clock

LATEST_FIRST = Order(F("happened_at"), aware_moment, descending=True)


@require_safe
def response_times(request: PersonRequest) -> HttpResponse:
    """For managers those of everybody, for staff those of their own customers."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("response_times", request.GET, user=user, figures=GROUPS)
    answers = answers_given(asked_by(choice, user), at=at, company=user.company)
    rows = asked_behind(choice, user).select_related("customer__owner", "contact").fetch_mode(FETCH_RAISE)
    recaps = how_quickly(met_by(choice, user))
    context = {
        "recaps": recaps,
        "half_since": at - recaps.median if recaps.median is not None else None,
        **side_by_side(answers, choice, numbers),
        **listed(rows, LATEST_FIRST, choice, request.GET),
        "choice": choice,
        "at": at,
        "periods": choice.periods(user),
    }
    return render(request, "dashboard/response_times.html", context)


@require_POST
def interaction_answered(request: PageRequest, pk: int) -> HttpResponse:
    """They were answered, but nothing was logged."""
    interaction = get_editable(Interaction.objects.select_related("customer"), request, pk)
    to = reverse("customer", args=[interaction.customer_id])
    if not tick_off(interaction, by=request.user, at=clock.now()):
        return saved(request, _("They do not wait any more."), to=to)
    words = _("Answered: %(what)s") % {"what": interaction.customer}
    return saved(request, words, to=to, undo=reverse("interaction_unanswered", args=[pk]))


@require_POST
def interaction_unanswered(request: PageRequest, pk: int) -> HttpResponse:
    interaction = get_editable(Interaction.objects.select_related("customer"), request, pk)
    take_back_tick(interaction, at=clock.now())
    words = _("Not answered yet: %(what)s") % {"what": interaction.customer}
    return saved(request, words, to=reverse("customer", args=[interaction.customer_id]))
