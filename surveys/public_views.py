"""The page where a customer answers; whoever has the link is the one who was asked."""

from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from accounts.models import Company
from retention_crm.lib import clock, text
from retention_crm.lib.keyed_pages import keyed_page
from surveys.acting import may_complain, take_as_complaint
from surveys.answering import (
    AnswerRefusedError,
    keep_for_later,
    open_invitation,
    record_answer,
    values_of,
    version_to_answer,
)
from surveys.confiding import record_by_link, record_in_confidence
from surveys.filling import Sheet, preselected
from surveys.models import Invitation, PublicLink, Response, Version
from surveys.open_pages import is_flooded, language_for, open_link, version_by_link
from surveys.reading import written
from surveys.speaking import thanks_for

TEMPLATE = "surveys/answer.html"


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def survey_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the questions; only POST records.

    All links that do not work get the same page with the same status, so that trying tells nothing about which exist.
    """
    at = clock.now()
    invitation = open_invitation(token, at)
    version = version_to_answer(invitation, request.POST.get("version", "")) if invitation else None
    if invitation is None or version is None:
        return render(request, TEMPLATE, {"company": Company.current()}, status=404)
    version.survey = invitation.survey
    contact = invitation.contact
    language = _spoken(contact.effective_language)
    with timezone.override(clock.zone(contact.effective_time_zone)), translation.override(language):
        return _answered(request, invitation, version, at)


def _spoken(language: str) -> str:
    """The language of the page's own texts: as near to the contact's as the product comes."""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _answered(request: HttpRequest, invitation: Invitation, version: Version, at: datetime) -> HttpResponse:
    """It speaks the contact's language as far as there are texts in it, and tells times by the contact's clock."""
    if not _may_answer(invitation, at):
        return _page(request, invitation, version, None)
    if request.method != "POST":
        return _page(request, invitation, version, _opened(request, invitation, version))
    return _posted(request, invitation, version, at)


def _posted(request: HttpRequest, invitation: Invitation, version: Version, at: datetime) -> HttpResponse:
    """Takes one page: keeps it and goes on to the next, or records everything after the last."""
    if "complaint" in request.POST:
        return _complained(invitation, at)
    sheet = _sheet(invitation, version, page=request.POST.get("page", ""))
    # What was unticked is not posted, so this page's answers of before are forgotten first.
    before = {name: given for name, given in _kept(invitation, sheet).items() if not sheet.is_here(name)}
    sheet.given = before | dict(request.POST.lists())
    sheet.is_posted = True
    if sheet.errors:
        return _page(request, invitation, version, sheet, status=422)
    following = sheet.page_after(sheet.page) or sheet.first_wrong_page
    here = reverse("survey_answer", args=[invitation.token])
    if following is not None:
        keep_for_later(invitation, version, sheet.canonical(), following, at)
        return redirect(f"{here}?page={following}")
    # Refused only if the time ran out since the check above; the page it leads to then says so.
    with suppress(AnswerRefusedError):
        record = record_in_confidence if version.is_confidential else record_answer
        record(invitation.pk, version, sheet.values, at)
    return redirect(here)


def _complained(invitation: Invitation, at: datetime) -> HttpResponse:
    """After an answer only: what there is nothing to say about is no complaint."""
    answered = _answer_to(invitation)
    if answered is not None:
        take_as_complaint(answered, invitation.survey, at)
    return redirect(reverse("survey_answer", args=[invitation.token]))


def _answer_to(invitation: Invitation) -> Response | None:
    return getattr(invitation, "response", None)


def _may_answer(invitation: Invitation, at: datetime) -> bool:
    if invitation.answered_in_confidence:
        return False
    answered = _answer_to(invitation)
    return answered is None or answered.is_editable(at)


def _opened(request: HttpRequest, invitation: Invitation, version: Version) -> Sheet:
    """What is filled in when the page is opened: what was given before, and the point that was chosen in the mail."""
    begun = getattr(invitation, "begun", None)
    sheet = _sheet(invitation, version, page=request.GET.get("page") or str(begun.page if begun else 1))
    sheet.given = {**_kept(invitation, sheet), **preselected(version, request.GET.get("score"), sheet.fields)}
    return sheet


def _sheet(invitation: Invitation, version: Version, page: str) -> Sheet:
    # What is confidential is kept nowhere before it is sent, so it stands on one page.
    sheet = Sheet(version, invitation.contact.effective_language, is_whole=version.is_confidential)
    sheet.page = min(max(text.row_id(page) or 1, 1), len(sheet.pages))
    return sheet


def _kept(invitation: Invitation, sheet: Sheet) -> dict[str, Any]:
    """What was given on the pages before, or answered before the page was opened to edit it."""
    begun, response = getattr(invitation, "begun", None), _answer_to(invitation)
    if begun is not None and begun.version_id == sheet.version.pk:
        return dict(begun.given)
    if response is None or response.version_id != sheet.version.pk:
        return {}
    kept: dict[str, Any] = {}
    for key, value in values_of(response).items():
        kept |= written(value, sheet.fields[key])
    return kept


def _page(
    request: HttpRequest, invitation: Invitation, version: Version, sheet: Sheet | None, status: int = 200
) -> HttpResponse:
    """The questions, the thanks with the way to edit, or without a sheet that it is too late for that."""
    answered, language = _answer_to(invitation), invitation.contact.effective_language
    context = {
        "company": Company.current(),
        "invitation": invitation,
        "owner": invitation.contact.customer.owner,
        "answered": answered,
        "thanks": thanks_for(version, answered.opinion if answered else None, language),
        "sheet": sheet,
        "may_complain": may_complain(answered, invitation.survey),
        "is_editing": sheet is not None and (sheet.is_posted or bool({"score", "page"} & request.GET.keys())),
        "LANGUAGE_CODE": language,
        "LANGUAGE_BIDI": language in settings.LANGUAGES_BIDI,
        "spoken": _spoken(language),
    }
    return render(request, TEMPLATE, context, status=status)


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def survey_public(request: HttpRequest, token: str) -> HttpResponse:
    """A survey for whoever has its public link; only POST records, the same form sent twice once."""
    link = open_link(token)
    if link is None:
        return render(request, TEMPLATE, {"company": Company.current()}, status=404)
    version = version_by_link(link, request.POST.get("version", ""))
    language = language_for(request, link.survey)
    with translation.override(_spoken(language)):
        return _answered_by_link(request, link, Sheet(version, language, is_whole=True))


def _answered_by_link(request: HttpRequest, link: PublicLink, sheet: Sheet) -> HttpResponse:
    key, status = text.uuid_of(request.POST.get("key", "")) or uuid4(), 200
    if request.method == "POST":
        sheet.given, sheet.is_posted = dict(request.POST.lists()), True
        if not sheet.errors and not is_flooded(request, link):
            record_by_link(link, key, sheet.version, sheet.values, clock.now())
            return redirect(f"{reverse('survey_public', args=[link.token])}?thanks")
        status = 422 if sheet.errors else 429
    context = {
        "company": Company.current(),
        "link": link,
        "key": key,
        "sheet": sheet,
        "is_thanked": "thanks" in request.GET,
        "is_flooded": status == HTTPStatus.TOO_MANY_REQUESTS,
        "action": reverse("survey_public", args=[link.token]),
        "thanks": thanks_for(sheet.version, None, sheet.language),
        "LANGUAGE_CODE": sheet.language,
        "LANGUAGE_BIDI": sheet.language in settings.LANGUAGES_BIDI,
        "spoken": _spoken(sheet.language),
    }
    return render(request, "surveys/answer_open.html", context, status=status)
