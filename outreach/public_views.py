"""The page behind the unsubscribe link of every mail to a customer; no login, no cookie."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.models import Company
from customers.models import ConsentKind, Contact, Language
from outreach.phrases import phrases_in
from outreach.unsubscribing import allow_again, allows, meant_by, withdraw
from retention_crm.lib import clock
from retention_crm.lib.keyed_pages import keyed_page

TEMPLATE = "outreach/unsubscribe.html"


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing, since scanners open links; pressing the button or a one-click POST does.

    `wish` is `keep` (take it back) or `all` (no mail of any kind); anything else ends the kind the link is about, which
    is what a mail program sends for the reader (RFC 8058).
    """
    meant = meant_by(token)
    if meant is None:
        return _page(request, None, None, status=404)
    contact, consent = meant
    wish = request.POST.get("wish", "stop")
    if request.method == "POST":
        at = clock.now()
        if wish == "keep":
            allow_again(contact, [consent], at)
        else:
            withdraw(contact, list(ConsentKind) if wish == "all" else [consent], at)
    return _page(request, contact, consent, did=wish if request.method == "POST" else "")


def _page(
    request: HttpRequest, contact: Contact | None, consent: ConsentKind | None, *, did: str = "", status: int = 200
) -> HttpResponse:
    company = Company.current()
    phrases = phrases_in(contact.effective_language if contact else Language.ENGLISH)
    context = {
        "company": company,
        "page": phrases.page,
        "title": phrases.page.title.replace("{company}", company.name),
        "LANGUAGE_CODE": phrases.language,
        "LANGUAGE_BIDI": phrases.direction == "rtl",
        "contact": contact,
        "did": did,
    }
    if contact is not None and consent is not None:
        context |= {
            "about": phrases.page.about.partition("{address}"),
            "address": _veiled(contact.email),
            "ask": phrases.page.ask[consent],
            "stopped": phrases.page.stopped[consent],
            "kept": phrases.page.kept[consent],
            "is_allowed": allows(contact, consent),
            "is_silent": not any(allows(contact, kind) for kind in ConsentKind),
        }
    return render(request, TEMPLATE, context, status=status)


def _veiled(address: str) -> str:
    """Enough of an address for its owner to know it, for a page that whoever has the link can see."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if domain else "…"
