"""How quickly customers are answered who asked for something, and who still waits."""

from typing import Any

from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from customers.requests import get_editable
from dashboard.answers_owed import GROUPS, asked_behind, asked_by
from dashboard.paging import Order, aware_moment, page_of
from dashboard.views.replying import PageRequest, saved
from dashboard.whose_days import Figure, WhoseDays
from interactions.models import Interaction
from interactions.owing import Answers, Record, Tally, answers_given, take_back_tick, tick_off
from retention_crm.lib import clock

PAGE_SIZE = 25
LATEST_FIRST = Order(F("happened_at"), aware_moment, descending=True)


@require_safe
def response_times(request: PersonRequest) -> HttpResponse:
    """For managers those of everybody, for staff those of their own customers."""
    user, at = request.user, clock.now()
    choice = WhoseDays.read("response_times", request.GET, user=user, figures=GROUPS)
    page = page_of(
        asked_behind(choice, user).select_related("customer__owner", "contact").fetch_mode(FETCH_RAISE),
        LATEST_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    answers = answers_given(asked_by(choice, user), at=at, company=user.company)
    context = _figures(answers, choice) | {
        "choice": choice,
        "at": at,
        "periods": choice.periods(user),
        "rows": page.rows,
        "following": choice.address(after=page.following) if page.following else "",
        "preceding": choice.address(before=page.preceding) if page.preceding else "",
    }
    return render(request, "dashboard/response_times.html", context)


def _figures(answers: Answers, choice: WhoseDays) -> dict[str, Any]:
    of_all, total = choice.of_all, answers.total
    return {
        "total": total,
        "figures": _behind(total, of_all),
        "everything": of_all.address(),
        "teams": [_line(one, of_all, team=one.pk) for one in answers.teams] if not choice.team else [],
        "people": [_line(one, of_all, person=one.pk) for one in answers.people] if not choice.person else [],
    }


def _behind(tally: Tally, choice: WhoseDays, **more: Any) -> dict[str, Figure]:
    numbers = {"waiting": tally.waiting, "answered": tally.answer.taken}
    return {name: Figure(number, choice.address(figure=name, **more)) for name, number in numbers.items()}


def _line(record: Record, choice: WhoseDays, **whose: int) -> tuple[Record, str, dict[str, Figure]]:
    return record, choice.address(**whose), _behind(record.tally, choice, **whose)


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
