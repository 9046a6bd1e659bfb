"""The texts of a survey in other languages, and which are missing."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, managers_only
from customers.models import Language
from surveys.drafting import draft_of, working_version
from surveys.forms import TranslationForm
from surveys.models import Survey
from surveys.speaking import completeness


@require_safe
@managers_only
def survey_languages(request: PersonRequest, pk: int) -> HttpResponse:
    """How far the survey is translated into each language customers are written to."""
    survey = get_object_or_404(Survey, pk=pk)
    context = {"survey": survey, "languages": completeness(working_version(survey), survey)}
    return render(request, "surveys/languages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def survey_language(request: PersonRequest, pk: int, language: str) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    if language not in Language.values or language == survey.language:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = TranslationForm(posted, version=working_version(survey), language=language)
    if form.is_valid():
        form.save_to(draft_of(survey))
        messages.success(request, _("Saved in the draft."))
        return redirect("survey_languages", pk=pk)
    context = {"survey": survey, "form": form, "heading": Language(language).label}
    return render(request, "surveys/part_form.html", context, status=422 if form.is_bound else 200)
