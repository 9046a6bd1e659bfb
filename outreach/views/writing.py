"""Writing for one reader: a message in other words than the usual ones."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import PersonRequest
from outreach import deciding
from outreach.assembling import Mail
from outreach.composing import Unwritable
from outreach.forms import OwnTextForm
from outreach.framing import mail_frame
from outreach.models import Message, MessageKind
from outreach.previewing import Sample
from outreach.views.deciding import asked, changing, just, told
from outreach.views.messages import composed
from outreach.wording import FIELDS, Wordings, plain, problems, write_out
from retention_crm.lib import clock
from retention_crm.lib.masking import mask
from retention_crm.lib.text import clean, clean_line


@require_http_methods(["GET", "HEAD", "POST"])
@changing
def message_edit(request: PersonRequest, message: Message) -> HttpResponse:
    """A text for this one message, begun with the one it would have; `wording` brings that back."""
    at = clock.now()
    rows = just(message)
    if request.method == "POST" and "wording" in request.POST:
        done = deciding.rewrite(rows, "", "", by=request.user, at=at)
        return told(request, message, done, _("It uses the usual wording again."))
    form = OwnTextForm(
        request.POST if request.method == "POST" else None,
        initial=_beginning(message),
        kind=_kind(message),
        trial=lambda subject, text: _in_words(message, subject, text),
    )
    if form.is_valid():
        own = form.cleaned_data
        done = deciding.rewrite(rows, own["subject"], own["text"], by=request.user, at=at)
        return told(request, message, done, _("Saved. This message goes out in these words."))
    context = {"form": form, "fields": FIELDS[_kind(message)], "may": deciding.possible(message, at=at)}
    return asked(request, "outreach/message_edit.html", message, **context)


def _kind(message: Message) -> MessageKind:
    """Its kind; texts of digests are not for their readers to write."""
    if not message.is_for_customer:
        raise PermissionDenied
    return MessageKind(message.kind)


def _beginning(message: Message) -> dict[str, str]:
    if message.own_text:
        return {"subject": message.own_subject, "text": message.own_text}
    contact = message.contact
    if contact is None:
        raise Http404
    used = Wordings.load().text_for(message.kind, contact.effective_language, contact.tone)
    recap = getattr(message, "recap", None)
    return {"subject": used.subject, "text": write_out(used.text, "recap", recap.text) if recap else used.text}


def _in_words(message: Message, subject: str, text: str) -> Mail:
    """The message as it would read in these words; nothing is saved."""
    message.own_subject, message.own_text = subject, text
    return composed(message)


@mail_frame
@require_POST
@changing
def message_edit_preview(request: PersonRequest, message: Message) -> HttpResponse:
    """How the text in the form would read for the one it is for; a document for the frame beside it."""
    subject, text = clean_line(request.POST.get("subject", "")), clean(request.POST.get("text", ""))
    wrong = problems(_kind(message), subject, text, plain("", text, "").html, is_for_one=True)
    sentences = [sentence for part in ("subject", "text") for sentence in wrong.get(part, [])]
    return render(
        request, "outreach/wording_preview.html", {"samples": [_read(message, subject, text)], "problems": sentences}
    )


def _read(message: Message, subject: str, text: str) -> Sample:
    title = _("As they will get it")
    if not text.strip():
        return Sample(title, problem=_("There is no text yet."))
    try:
        mail = _in_words(message, subject, text)
    except Unwritable as error:
        return Sample(title, problem=error.detail)
    return Sample(title, str(mail.subject), mask(str(mail.body)), mask(mail.page))
