"""The figures of a survey: who was asked and answered, the score over time, and its parts held against each other."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Team, User
from accounts.requests import PersonRequest
from customers.models import Segment
from outreach.models import Message, MessageKind, State
from retention_crm.lib import clock
from surveys.comparing import Group, by_month, grouped, scale_of, trend, whole
from surveys.models import InvitationQuerySet, Question, ResponseQuerySet, Survey
from surveys.narrowing import ResultsForm

# The months on the picture.
MONTHS = 24


@require_safe
def survey_figures(request: PersonRequest, pk: int) -> HttpResponse:
    """Of the customers the person may see, narrowed by what stands in the address; answers with a name only."""
    survey = get_object_or_404(
        Survey.objects.select_related("published").prefetch_related("published__questions"), pk=pk
    )
    form = ResultsForm(request.GET, survey=survey, user=request.user)
    form.fields.pop("given", None)
    responses, question = form.responses(), scale_of(survey.published)
    context: dict[str, Any] = {
        "survey": survey,
        "form": form,
        "question": question,
        "reached": _reached(form.invitations()),
    }
    if question is not None:
        months = by_month(question, responses, request.user.time_zone)[-MONTHS:]
        context |= {
            "score": whole(question, responses),
            "months": months,
            "trend": trend(months),
            "parts": _parts(survey, question, responses),
        }
    return render(request, "surveys/figures.html", context, status=200 if form.is_valid() else 422)


def _reached(invitations: InvitationQuerySet) -> dict[str, int]:
    """How many were asked, how many of the mails a server took, and how many answered."""
    asked = invitations.asked(clock.now())
    rows = asked.order_by()
    delivered = Message.objects.filter(kind=MessageKind.SURVEY, state=State.SENT, invitation__in=rows.values("pk"))
    number = rows.count()
    answered = number - asked.unanswered().count()
    rate = round(100 * answered / number) if number else 0
    return {"asked": number, "delivered": delivered.count(), "answered": answered, "rate": rate}


def _parts(survey: Survey, question: Question, responses: ResponseQuerySet) -> list[tuple[str, list[Group]]]:
    """Each way to divide the answers, with the groups of it; ways that divide nothing are left out."""
    people: dict[Any, str] = dict(User.objects.values_list("pk", "name"))
    teams: dict[Any, str] = {None: _("Without a team")}
    teams.update(Team.objects.values_list("pk", "name"))
    segments: dict[Any, str] = dict(Segment.objects.values_list("pk", "name"))
    occasions: dict[Any, str] = {None: _("By hand"), **{row.pk: row.words for row in survey.occasions.all()}}
    ways = [
        (_("Members of staff"), "customer__owner", people),
        (_("Teams"), "customer__owner__team", teams),
        (_("Occasions"), "invitation__occasion", occasions),
        (_("Segments"), "customer__segment", segments),
    ]
    found = [(title, grouped(question, responses, column, names)) for title, column, names in ways]
    return [(title, groups) for title, groups in found if len(groups) > 1]
