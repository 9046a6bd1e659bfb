"""What came of each question of a survey, to look at and to take away."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from retention_crm.lib import clock
from retention_crm.lib.spreadsheets import MOST_IN_SPREADSHEET, csv_of, spreadsheet_of
from surveys.exporting import table, unnamed_table
from surveys.measuring import measure
from surveys.models import ResponseQuerySet, Survey, Theme, UnnamedQuerySet
from surveys.narrowing import ResultsForm
from surveys.theming import counted

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def survey_results(request: PersonRequest, pk: int) -> HttpResponse:
    """The answers of the customers the person may see, narrowed by what stands in the address."""
    survey = get_object_or_404(Survey, pk=pk)
    form = ResultsForm(request.GET, survey=survey, user=request.user)
    at = clock.now()
    responses = form.answers(at)
    questions = [question for version in form.versions() for question in version.asked]
    context = {
        "survey": survey,
        "form": form,
        "measured": measure(questions, responses),
        "number": responses.count(),
        "given": form.kind,
        "themes": counted(responses, list(Theme.objects.all())) if isinstance(responses, ResponseQuerySet) else [],
    }
    return render(request, "surveys/results.html", context, status=200 if form.is_valid() else 422)


@require_safe
def survey_export(request: PersonRequest, pk: int, kind: str) -> Any:
    """The same answers as a file: `csv` or `xlsx`."""
    survey = get_object_or_404(Survey, pk=pk)
    if kind not in {"csv", "xlsx"}:
        raise Http404
    form = ResultsForm(request.GET, survey=survey, user=request.user)
    responses = form.answers(clock.now())
    if isinstance(responses, UnnamedQuerySet):
        rows = unnamed_table(form.versions(), responses)
    else:
        rows = table(form.versions(), responses, request.user)
    name = f"answers-{survey.pk}-{request.user.today().isoformat()}.{kind}"
    if kind == "csv":
        answer = StreamingHttpResponse(csv_of(rows), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    if responses.count() > MOST_IN_SPREADSHEET:
        words = _("These are too many for a spreadsheet. Take CSV, which spreadsheets open too, or narrow the answers.")
        messages.warning(request, words)
        return redirect(f"{reverse('survey_results', args=[pk])}?{form.query}")
    file = spreadsheet_of(rows, "Answers")
    return FileResponse(file, content_type=_SPREADSHEET, as_attachment=True, filename=name)
