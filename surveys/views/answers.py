"""Surveys for members of staff: what was asked, what came back, and the wording."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from customers.requests import get_editable
from retention_crm.lib import clock
from surveys.models import Invitation, Opinion, Response, Survey, Theme
from surveys.paging import page_after
from surveys.tallying import Tally, tally
from surveys.theming import of_each

NOTHING = Tally()


@require_safe
def surveys(request: PersonRequest) -> HttpResponse:
    """All surveys with the figures of the customers the person may see."""
    tallies = tally(Invitation.objects.visible_to(request.user), clock.now())
    rows = list(Survey.objects.all())
    asking = set(Survey.objects.asking().values_list("pk", flat=True))
    context = {"rows": [(row, tallies.get(row.pk, NOTHING)) for row in rows], "asking": asking}
    return render(request, "surveys/surveys.html", context)


@require_safe
def survey(request: PersonRequest, pk: int) -> HttpResponse:
    """The results of one survey: the answers, or with `?show=waiting` those who have not answered yet."""
    shown = get_object_or_404(
        Survey.objects.select_related("published").prefetch_related("published__questions"), pk=pk
    )
    at = clock.now()
    invitations = Invitation.objects.visible_to(request.user).filter(survey=shown)
    context: dict[str, Any] = {"survey": shown, "at": at, "tally": tally(invitations, at).get(pk, NOTHING)}
    cursor = request.GET.get("after", "")
    if request.GET.get("show") == "waiting":
        waiting, context["next"] = page_after(invitations.unanswered().open(at).for_list(), "send_at", cursor)
        editable = Invitation.objects.pks_editable_by(request.user, [row.pk for row in waiting])
        context["waiting"], context["editable"] = waiting, editable
    else:
        answers = Response.objects.visible_to(request.user).filter(invitation__survey=shown).for_list()
        if (opinion := _chosen_opinion(request)) is not None:
            context["opinion"], answers = opinion, answers.of_opinion(opinion)
        rows, context["next"] = page_after(answers, "answered_at", cursor)
        context |= _with_themes(request, rows)
    return render(request, "surveys/survey.html", context)


def _with_themes(request: PersonRequest, rows: list[Response]) -> dict[str, Any]:
    """The answers with what their comments are about, and those whose themes and wishes the person may note."""
    themes, pks = list(Theme.objects.all()), [row.pk for row in rows]
    found = of_each(pks, themes) if themes else {}
    return {
        "answers": [(row, found.get(row.pk, [])) for row in rows],
        "has_themes": bool(themes),
        "editable": Response.objects.pks_editable_by(request.user, pks),
    }


def _chosen_opinion(request: HttpRequest) -> Opinion | None:
    chosen = request.GET.get("opinion")
    return Opinion(chosen) if chosen in Opinion.values else None


@require_POST
def invitation_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Ends the link of one invitation; an answer already given stays."""
    invitation = get_editable(Invitation.objects.select_related("contact"), request, pk)
    invitation.revoke(clock.now())
    messages.success(request, _("The survey link of %(name)s no longer works.") % {"name": invitation.contact.name})
    return redirect(f"{reverse('survey', args=[invitation.survey_id])}?show=waiting")
