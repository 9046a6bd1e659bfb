"""Themes of comments: their words, and correcting what was found by them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only, way_back
from customers.requests import get_editable
from retention_crm.lib import clock
from surveys.models import Response, Theme
from surveys.tallying import COUNTED
from surveys.theme_forms import AnswerThemesForm, ThemeForm
from surveys.theming import correct, counted, of_each

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@managers_only
def themes(request: PersonRequest) -> HttpResponse:
    """All of them, with how many comments of the last 90 days are about each."""
    rows = list(Theme.objects.all())
    recent = Response.objects.visible_to(request.user).filter(answered_at__gt=clock.now() - COUNTED)
    numbers = {theme.pk: number for theme, number in counted(recent, rows)}
    context = {"themes": [(theme, numbers.get(theme.pk, 0)) for theme in rows]}
    return render(request, "surveys/themes.html", context)


@page_with_form
@managers_only
def theme_new(request: PersonRequest) -> HttpResponse:
    return _theme_page(request, Theme(), _("New theme"))


@page_with_form
@managers_only
def theme_edit(request: PersonRequest, pk: int) -> HttpResponse:
    theme = get_object_or_404(Theme, pk=pk)
    return _theme_page(request, theme, theme.name)


def _theme_page(request: PersonRequest, theme: Theme, heading: str) -> HttpResponse:
    form = ThemeForm(request.POST if request.method == "POST" else None, instance=theme)
    if form.is_valid():
        messages.success(request, _("Theme “%(name)s” saved.") % {"name": form.save()})
        return redirect("themes")
    return _form_page(request, form, heading, reverse("themes"), theme=theme)


@require_POST
@managers_only
def theme_delete(request: PersonRequest, pk: int) -> HttpResponse:
    theme = get_object_or_404(Theme, pk=pk)
    theme.delete()
    messages.success(request, _("Theme “%(name)s” taken away. The comments stay.") % {"name": theme})
    return redirect("themes")


@page_with_form
def answer_themes(request: PersonRequest, pk: int) -> HttpResponse:
    """What one comment is about, whatever its words are."""
    answer = get_editable(Response.objects.select_related("invitation", "customer"), request, pk)
    back = way_back(request, reverse("survey", args=[answer.invitation.survey_id]))
    found = of_each([pk], list(Theme.objects.all()))[pk]
    form = AnswerThemesForm(request.POST if request.method == "POST" else None, initial={"themes": found})
    if form.is_valid():
        correct(answer, list(form.cleaned_data["themes"]), by=request.user)
        messages.success(request, _("Saved what it is about."))
        return redirect(back)
    return _form_page(request, form, _("What it is about"), back, answer=answer)


def _form_page(request: PersonRequest, form: Any, heading: str, back: str, **context: Any) -> HttpResponse:
    shown = {"form": form, "heading": heading, "back": back, **context}
    return render(request, "surveys/theme_form.html", shown, status=422 if form.is_bound else 200)
