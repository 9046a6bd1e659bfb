"""Test mails to oneself, and the pages their links lead to."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Company
from accounts.requests import PersonRequest
from outreach.framing import mail_frame
from outreach.models import Message
from outreach.rehearsing import meant_by, rehearse, rehearse_wording
from outreach.views.deciding import changing, told
from outreach.views.wordings import posted_text, variant
from outreach.wording import problems
from retention_crm.lib import clock
from retention_crm.lib.keyed_pages import keyed_page
from surveys.filling import Sheet, preselected
from surveys.models import Invitation, Kind, Question, Survey, Version
from surveys.starting import COMMENT_QUESTION, QUESTION


def _on_its_way(request: PersonRequest) -> str:
    return _("A test is on its way to %(address)s, and to nobody else.") % {"address": request.user.email}


@require_POST
@changing
def message_test(request: PersonRequest, message: Message) -> HttpResponse:
    """Sends the message as it would read now to the person who asks; the message itself is not touched."""
    if not message.is_for_customer:
        raise Http404
    rehearse(message, by=request.user, at=clock.now())
    return told(request, message, 1, _on_its_way(request))


@mail_frame
@require_POST
def wording_test(request: PersonRequest, kind: str, language: str, tone: str) -> HttpResponse:
    """Sends the text in the form, saved or not, with sample data; says so in the frame beside the editor."""
    named = variant(request, kind, language, tone)
    text = posted_text(request, language)
    wrong = problems(named[0], text.subject, text.text, text.html)
    sentences = [sentence for part in wrong.values() for sentence in part]
    if not sentences and not (text.subject and text.text.strip() and text.html.strip()):
        sentences = [_("Subject, text and HTML are needed for a test.")]
    if not sentences:
        rehearse_wording(kind, tone, text, by=request.user, at=clock.now())
    notice = "" if sentences else _on_its_way(request)
    return render(request, "outreach/wording_preview.html", {"samples": [], "problems": sentences, "notice": notice})


def _sheet(invitation: Invitation | None, score: str | None) -> Sheet:
    """What they would fill in; for a text without anybody behind it what a new survey asks."""
    language = invitation.contact.effective_language if invitation else get_language() or settings.LANGUAGE_CODE
    version = invitation.survey.published if invitation else None
    sheet = Sheet(version or _sample(), language)
    sheet.given = preselected(sheet.version, score, sheet.fields)
    return sheet


def _sample() -> Version:
    """Two questions that stand in no database."""
    version = Version(survey=Survey())
    version.asked = [
        Question(key="score", kind=Kind.NPS, text=QUESTION, is_required=True),
        Question(key="comment", kind=Kind.LONG, text=COMMENT_QUESTION),
    ]
    return version


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def test_page(request: HttpRequest, token: str) -> HttpResponse:
    """What the reader of the mail would find behind the link; whatever is pressed here is kept nowhere."""
    meant = meant_by(token)
    if meant is None:
        raise Http404
    message, page = meant
    company = Company.current()
    context = {"company": company, "page": page, "is_posted": request.method == "POST"}
    if page == "survey" and request.method != "POST":
        invitation = message.rehearsal.about.invitation if message.rehearsal.about else None
        context["sheet"] = _sheet(invitation, request.GET.get("score"))
        context["action"] = request.path
    return render(request, "outreach/test_page.html", context)
