"""Building a survey: making one, its questions and their order, publishing, and looking at it before."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Company
from accounts.requests import PersonRequest, managers_only
from customers.models import Language
from retention_crm.lib import clock, text
from surveys.checking import problems
from surveys.drafting import NotReadyError, add, discard, draft_of, move, publish, working_version
from surveys.filling import Sheet
from surveys.forms import ConfidenceForm, NewSurveyForm, QuestionForm, SurveyForm, ThanksForm
from surveys.framing import FRAME_POLICY
from surveys.models import Kind, Question, Survey, Version
from surveys.phrasing import rows_of
from surveys.speaking import completeness, thanks_for
from surveys.starting import READY, begin

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@page_with_form
@managers_only
def survey_new(request: PersonRequest) -> HttpResponse:
    """Begins a survey, empty or with the questions of a ready one."""
    form = NewSurveyForm(
        request.POST or None, initial={"ready": "relationship", "language": translation.get_language()}
    )
    if request.method == "POST" and form.is_valid():
        made = begin(form.cleaned_data["name"], form.cleaned_data["language"], form.cleaned_data["ready"])
        messages.success(request, _("“%(name)s” is a draft. Nobody is asked before you publish it.") % {"name": made})
        return redirect("survey_edit", pk=made.pk)
    context = {"form": form, "ready": READY}
    return render(request, "surveys/survey_new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@managers_only
def survey_edit(request: PersonRequest, pk: int) -> HttpResponse:
    """What is being written, or what is asked; the first change of the latter makes a draft."""
    survey = get_object_or_404(Survey.objects.select_related("published"), pk=pk)
    version = working_version(survey)
    found = problems(version) if version.is_draft else []
    context = {
        "survey": survey,
        "version": version,
        "rows": rows_of(version, found),
        "problems": found,
        "removed": list(version.questions.removed()) if version.is_draft else [],
        "kinds": Kind.choices,
        "languages": completeness(version, survey),
    }
    return render(request, "surveys/builder.html", context)


@page_with_form
@managers_only
def survey_settings(request: PersonRequest, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    form = SurveyForm(request.POST if request.method == "POST" else None, instance=survey)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, _("Survey “%(name)s” saved.") % {"name": saved.name})
        return redirect("survey_edit", pk=pk)
    return _form_page(request, survey, form, _("Name and use"))


@page_with_form
@managers_only
def survey_thanks(request: PersonRequest, pk: int) -> HttpResponse:
    """The words after an answer, for everybody or by how content they are."""
    survey = get_object_or_404(Survey, pk=pk)
    is_posted = request.method == "POST"
    form = ThanksForm(request.POST if is_posted else None, instance=working_version(survey))
    if is_posted and form.is_valid():
        form.save_to(draft_of(survey))
        messages.success(request, _("Saved in the draft."))
        return redirect("survey_edit", pk=pk)
    return _form_page(request, survey, form, _("Thank-you texts"))


@page_with_form
@managers_only
def survey_confidence(request: PersonRequest, pk: int) -> HttpResponse:
    """Whether answers are kept apart from names from the next version on."""
    survey = get_object_or_404(Survey, pk=pk)
    is_posted = request.method == "POST"
    form = ConfidenceForm(request.POST if is_posted else None, instance=working_version(survey))
    if is_posted and form.is_valid():
        form.save_to(draft_of(survey))
        messages.success(request, _("Saved in the draft."))
        return redirect("survey_edit", pk=pk)
    return _form_page(request, survey, form, _("Confidential answers"))


@page_with_form
@managers_only
def question_new(request: PersonRequest, pk: int, kind: str) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    if kind not in Kind.values:
        raise Http404
    version = working_version(survey)
    question = Question(kind=kind, is_required=kind in {Kind.NPS, Kind.CSAT, Kind.CES})
    form = QuestionForm(request.POST if request.method == "POST" else None, instance=question, before=version.asked)
    if request.method == "POST" and form.is_valid():
        add(draft_of(survey), form.save(commit=False))
        messages.success(request, _("Question added."))
        return redirect(_at(survey, question))
    return _form_page(request, survey, form, Kind(kind).label)


@page_with_form
@managers_only
def question_edit(request: PersonRequest, pk: int, key: str) -> HttpResponse:
    survey, version, shown = _found(pk, key)
    before = version.asked[: version.asked.index(shown)] if shown in version.asked else []
    form = QuestionForm(request.POST if request.method == "POST" else None, instance=shown, before=before)
    if request.method == "POST" and form.is_valid():
        form.save_to(draft_of(survey))
        messages.success(request, _("Question saved."))
        return redirect(_at(survey, shown))
    return _form_page(request, survey, form, shown.get_kind_display())


@require_POST
@managers_only
def question_move(request: PersonRequest, pk: int, key: str) -> HttpResponse:
    """To the place (from 1) it was dragged to, or one up or down."""
    survey, version, shown = _found(pk, key)
    now = version.asked.index(shown) if shown in version.asked else 0
    steps = {"up": now - 1, "down": now + 1}
    to = text.row_id(request.POST.get("place", ""))
    place = steps.get(request.POST.get("way", ""), now if to is None else to - 1)
    if place != now:
        move(draft_of(survey), key, place)
    return redirect(_at(survey, shown))


@require_POST
@managers_only
def question_remove(request: PersonRequest, pk: int, key: str) -> HttpResponse:
    """Takes it out of the draft; it can be put back until the draft is published."""
    survey, _version, shown = _found(pk, key)
    draft_of(survey).questions.get(key=key).remove(clock.now())
    undo = reverse("question_put_back", args=[pk, key])
    messages.success(request, _("“%(text)s” is taken out.") % {"text": text.excerpt(shown.text, 60)}, extra_tags=undo)
    return redirect("survey_edit", pk=pk)


@require_POST
@managers_only
def question_put_back(request: PersonRequest, pk: int, key: str) -> HttpResponse:
    survey, _version, shown = _found(pk, key)
    draft = draft_of(survey)
    draft.questions.filter(key=key).update(removed_at=None)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(_at(survey, shown))


@require_POST
@managers_only
def survey_publish(request: PersonRequest, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    try:
        version = publish(survey, clock.now())
    except NotReadyError:
        messages.error(request, _("It can not be published yet. What is missing stands above the questions."))
    else:
        messages.success(request, _("Version %(number)s is asked from now on.") % {"number": version.number})
    return redirect("survey_edit", pk=pk)


@require_POST
@managers_only
def survey_discard(request: PersonRequest, pk: int) -> HttpResponse:
    survey = get_object_or_404(Survey, pk=pk)
    discard(survey)
    messages.success(request, _("The draft is gone; what is asked stays as it is."))
    return redirect("survey_edit", pk=pk)


@require_safe
@managers_only
def survey_preview(request: PersonRequest, pk: int) -> HttpResponse:
    """The whole survey as customers see it, at a desk and on a phone beside each other."""
    survey = get_object_or_404(Survey, pk=pk)
    language = _language(request, survey)
    context = {
        "survey": survey,
        "version": working_version(survey),
        "language": language,
        "languages": Language.choices,
    }
    return render(request, "surveys/preview.html", context)


@require_safe
@managers_only
@xframe_options_sameorigin
@csp_override(FRAME_POLICY)
def survey_preview_frame(request: PersonRequest, pk: int) -> HttpResponse:
    """The page of the customer with all questions on it; it takes no answers."""
    survey = get_object_or_404(Survey, pk=pk)
    language, version = _language(request, survey), working_version(survey)
    sheet = Sheet(version, language, is_whole=True)
    context: dict[str, Any] = {
        "company": Company.current(),
        "sheet": sheet,
        "owner": request.user,
        "thanks": thanks_for(version, None, language),
        "LANGUAGE_CODE": language,
        "LANGUAGE_BIDI": translation.get_language_info(language)["bidi"],
    }
    with translation.override(language):
        context["spoken"] = translation.get_language()
        return render(request, "surveys/preview_frame.html", context)


def _language(request: PersonRequest, survey: Survey) -> str:
    chosen = request.GET.get("language", "")
    return chosen if chosen in Language.values else survey.language


def _found(pk: int, key: str) -> tuple[Survey, Version, Question]:
    survey = get_object_or_404(Survey, pk=pk)
    version = working_version(survey)
    shown = next((question for question in version.questions.all() if question.key == key), None)
    if shown is None:
        raise Http404
    return survey, version, shown


def _at(survey: Survey, question: Question) -> str:
    return f"{reverse('survey_edit', args=[survey.pk])}#question-{question.key}"


def _form_page(request: PersonRequest, survey: Survey, form: Any, heading: Any) -> HttpResponse:
    context = {"survey": survey, "form": form, "heading": heading}
    return render(request, "surveys/part_form.html", context, status=422 if form.is_bound else 200)
