"""When a survey is asked by itself, and who is asked next."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, managers_only
from retention_crm.lib import clock
from surveys.foreseeing import foresee
from surveys.models import Occasion, Survey
from surveys.noticing import PUT_OFF_FOR
from surveys.occasion_forms import OccasionForm


@require_safe
@managers_only
def survey_occasions(request: PersonRequest, pk: int) -> HttpResponse:
    """After what it is asked; who would be asked until tomorrow and why; who waits and until when."""
    survey = get_object_or_404(Survey.objects.select_related("published"), pk=pk)
    company = request.user.company
    context = {
        "survey": survey,
        "occasions": list(survey.occasions.prefetch_related("segments")),
        "kinds": Occasion.Kind.choices,
        "foresight": foresee(survey, request.user, at=clock.now(), company=company),
        "cooldown": company.survey_cooldown_days,
        "put_off": PUT_OFF_FOR.days,
    }
    return render(request, "surveys/occasions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def occasion_new(request: PersonRequest, pk: int, kind: str) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    if kind not in Occasion.Kind.values:
        raise Http404
    return _form_page(request, Occasion(survey=survey, kind=kind))


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def occasion_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(Occasion.objects.select_related("survey"), pk=pk))


def _form_page(request: PersonRequest, occasion: Occasion) -> HttpResponse:
    form = OccasionForm(request.POST if request.method == "POST" else None, instance=occasion)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved. Who is asked next stands below."))
        return redirect("survey_occasions", pk=occasion.survey_id)
    context: dict[str, Any] = {
        "survey": occasion.survey,
        "form": form,
        "heading": occasion.get_kind_display(),
        "back": reverse("survey_occasions", args=[occasion.survey_id]),
    }
    return render(request, "surveys/part_form.html", context, status=422 if form.is_bound else 200)
