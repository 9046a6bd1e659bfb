"""The page where a customer answers; whoever has the link is the one who was asked."""

from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from accounts.models import Company
from retention_crm.lib import clock
from retention_crm.lib.keyed_pages import keyed_page
from surveys.answering import AnswerRefusedError, open_invitation, record_answer
from surveys.forms import AnswerForm
from surveys.models import Invitation, Response

TEMPLATE = "surveys/answer.html"


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def survey_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the question; only POST records.

    All links that do not work get the same page with the same status, so that trying tells nothing about which exist.
    """
    at = clock.now()
    invitation = open_invitation(token, at)
    if invitation is None:
        return render(request, TEMPLATE, {"company": Company.current()}, status=404)
    if not _may_answer(invitation, at):
        return _page(request, invitation, None)
    if request.method != "POST":
        return _page(request, invitation, AnswerForm(initial=_initial(request, invitation)))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, invitation, form, status=422)
    # Refused only if the time ran out since the check above; the page it leads to then says so.
    with suppress(AnswerRefusedError):
        record_answer(invitation.pk, form.cleaned_data["score"], form.cleaned_data["comment"], at)
    return redirect("survey_answer", token=token)


def _answer_to(invitation: Invitation) -> Response | None:
    return getattr(invitation, "response", None)


def _may_answer(invitation: Invitation, at: datetime) -> bool:
    answered = _answer_to(invitation)
    return answered is None or answered.is_editable(at)


def _initial(request: HttpRequest, invitation: Invitation) -> dict[str, str]:
    """What is filled in: the score chosen in the mail, or else what was answered before."""
    answered = _answer_to(invitation)
    initial = {"score": str(answered.score), "comment": answered.comment} if answered else {}
    chosen = request.GET.get("score")
    return initial if chosen is None else initial | {"score": chosen}


def _page(request: HttpRequest, invitation: Invitation, form: AnswerForm | None, status: int = 200) -> HttpResponse:
    """The question, the thanks with the way to edit, or without a form that it is too late for that.

    It speaks the contact's language as far as there are texts in it, and tells times by the contact's clock.
    """
    contact = invitation.contact
    language = contact.effective_language
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    context = {
        "company": Company.current(),
        "invitation": invitation,
        "survey": invitation.survey,
        "owner": contact.customer.owner,
        "answered": _answer_to(invitation),
        "form": form,
        "is_editing": form is not None and (form.is_bound or "score" in request.GET),
        "LANGUAGE_CODE": language,
        "LANGUAGE_BIDI": language in settings.LANGUAGES_BIDI,
        "spoken": spoken,
    }
    with timezone.override(clock.zone(contact.effective_time_zone)), translation.override(spoken):
        return render(request, TEMPLATE, context, status=status)
