"""The mailbox of the demo and of development in the browser."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from outreach.framing import mail_frame, opening_links_outside
from outreach.mailbox import Letter, Mailbox


def _mailbox() -> Mailbox:
    """Never there in production, whatever the settings say: it shows everybody's mail."""
    if not settings.MAILBOX_DIR or settings.PRODUCTION:
        raise Http404
    return Mailbox(settings.MAILBOX_DIR)


def _letter(key: str) -> Letter:
    letter = _mailbox().open(key)
    if letter is None:
        raise Http404
    return letter


@require_safe
def mailbox(request: PersonRequest) -> HttpResponse:
    """The mails, newest first."""
    heads, following = _mailbox().page(request.GET.get("before", ""))
    return render(request, "outreach/mailbox.html", {"heads": heads, "next": following})


@require_safe
def mail(request: PersonRequest, key: str) -> HttpResponse:
    return render(request, "outreach/mail.html", {"letter": _letter(key)})


@mail_frame
@require_safe
def mail_html(request: PersonRequest, key: str) -> HttpResponse:
    """The HTML part as it came, for a frame; its links open in a tab of their own."""
    letter = _letter(key)
    if not letter.html:
        raise Http404
    return HttpResponse(opening_links_outside(letter.html))
