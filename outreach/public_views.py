"""What is open without a login: the pages behind the links of mails to customers, and the mail provider's door."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Company
from customers.models import CallEvery, ConsentKind, Contact, Language
from outreach import preferences as wishing
from outreach.agreeing import correct, corrections_of, recap_of
from outreach.bounces import provider as providers
from outreach.bounces.configuration import configured, is_guarded
from outreach.bounces.noting import take_note
from outreach.confirming import answer, promise_of
from outreach.models import AgreedVersion, Said
from outreach.phrases import Phrases, phrases_in
from outreach.unsubscribing import allow_again, allows, meant_by, withdraw
from retention_crm.lib import clock, text
from retention_crm.lib.keyed_pages import keyed_page
from retention_crm.lib.pacing import is_too_often, place_of

UNSUBSCRIBE = "outreach/unsubscribe.html"
PREFERENCES = "outreach/preferences.html"
# Each language by its own name: whoever looks for it may read no other.
OWN_NAMES = {
    Language.ENGLISH: "English",
    Language.GERMAN: "Deutsch",
    Language.FRENCH: "Français",
    Language.SPANISH: "Español",
    Language.SWEDISH: "Svenska",
    Language.ARABIC: "العربية",
    Language.JAPANESE: "日本語",
}
# Answers in an hour from one place, where many may share an address.
MOST_FROM_A_PLACE = 30
LONGEST_CORRECTION, LONGEST_WORD = 5000, 300
keyed_form = require_http_methods(["GET", "HEAD", "POST"])


@keyed_page
@keyed_form
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing, since scanners open links; pressing the button or a one-click POST does.

    `wish` is `keep` (take it back) or `all` (no mail of any kind); anything else ends the kind the link is about, which
    is what a mail program sends for the reader (RFC 8058).
    """
    meant = meant_by(token)
    if meant is None:
        return _broken(request)
    contact, consent = meant
    wish = request.POST.get("wish", "stop")
    if request.method == "POST":
        at = clock.now()
        if wish == "keep":
            allow_again(contact, [consent], at)
        else:
            withdraw(contact, list(ConsentKind) if wish == "all" else [consent], at)
    phrases = phrases_in(contact.effective_language)
    context = _frame(phrases, contact) | {
        "did": wish if request.method == "POST" else "",
        "ask": phrases.page.ask[consent],
        "stopped": phrases.page.stopped[consent],
        "kept": phrases.page.kept[consent],
        "is_allowed": allows(contact, consent),
        "is_silent": not any(allows(contact, kind) for kind in ConsentKind),
        "preferences": phrases.preferences.link,
        "preference_link": wishing.preference_link(contact.pk),
    }
    return render(request, UNSUBSCRIBE, context)


@keyed_page
@keyed_form
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """All wishes on one page. Only its own buttons save: what a scanner opens, or a mail program posts, does not."""
    contact = wishing.contact_of(token)
    if contact is None:
        return _broken(request)
    is_saved = request.method == "POST" and request.POST.get("save") in {"chosen", "nothing"}
    if is_saved:
        wishes = wishing.read(request.POST, wishing.wishes_of(contact))
        wishes = wishes.without_mail() if request.POST["save"] == "nothing" else wishes
        wishing.choose(contact, wishes, clock.now())
    phrases = phrases_in(contact.effective_language)
    context = _frame(phrases, contact) | {"is_saved": is_saved, **_offered(phrases, wishing.wishes_of(contact))}
    return render(request, PREFERENCES, context)


@login_not_required
@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def provider_event(request: HttpRequest, provider: str) -> HttpResponse:
    """Where the configured provider, and nobody else, tells what became of mails; it tells again what is not answered.

    Without a secret to know the provider by, the door is shut: whoever found it could silence customers.
    """
    if provider != configured() or not is_guarded():
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    try:
        events = providers.events_in(request)
    except providers.Unreadable:
        return HttpResponseBadRequest("This is not an event.")
    at = clock.now()
    take_note(providers.happenings(events, at=at), at=at)
    return HttpResponse()


@keyed_page
@keyed_form
def recap_answer(request: HttpRequest, token: str) -> HttpResponse:
    """What was agreed, and a box in which its reader says what was agreed instead. Opening it changes nothing."""
    at = clock.now()
    recap = recap_of(token, at=at)
    if recap is None or recap.contact is None:
        return _broken(request)
    phrases = phrases_in(recap.contact.effective_language)
    words, did, wrong = phrases.recap_page, "", ""
    written = text.clean(request.POST.get("text", "")).strip()
    if request.method == "POST":
        wrong = words["empty"] if not written else words["long"] if len(written) > LONGEST_CORRECTION else ""
        if not wrong:
            is_kept = not _is_flooded(request) and correct(recap, written, at=at) is not None
            did = "kept" if is_kept else "enough"
    found = corrections_of(recap)
    agreed = AgreedVersion.objects.latest_of(recap.interaction) if recap.interaction else None
    context = _frame(phrases, recap.contact) | {
        "words": words,
        "text": agreed.text if agreed else recap.recap.text,
        "corrections": found,
        "did": did,
        "wrong": wrong,
        "written": "" if did == "kept" else written,
    }
    return render(request, "outreach/recap_answer.html", context, status=422 if wrong else 200)


@keyed_page
@keyed_form
def promise_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Whether a promise is done. The link says which button comes first; only pressing one is an answer."""
    at = clock.now()
    mail = promise_of(token, at=at)
    if mail is None or mail.message.contact is None:
        return _broken(request)
    contact = mail.message.contact
    said = request.POST.get("said", "")
    if request.method == "POST" and said in Said.values and not _is_flooded(request):
        word = text.clean_line(request.POST.get("word", ""))[:LONGEST_WORD]
        answer(mail, Said(said), word, at=at)
        mail.follow_up.refresh_from_db()
    phrases, promise = phrases_in(contact.effective_language), mail.follow_up
    is_first_round = promise.disputed == mail.round
    context = _frame(phrases, contact) | {
        "words": phrases.promise_page,
        "buttons": phrases.answering,
        "promised": phrases.promise_page["promised"].replace("{what}", promise.title),
        "is_confirmed": promise.confirmed_at is not None,
        "is_disputed": mail.said == Said.NOT_YET,
        "is_open": promise.is_open or not is_first_round,
        "is_not_yet_first": request.GET.get("said") == Said.NOT_YET,
    }
    return render(request, "outreach/promise_answer.html", context)


def _is_flooded(request: HttpRequest) -> bool:
    return is_too_often(f"answer:{place_of(request)}", MOST_FROM_A_PLACE)


def _broken(request: HttpRequest) -> HttpResponse:
    """One page for all links that do not work, so that trying tells nothing about which exist."""
    return render(request, UNSUBSCRIBE, _frame(phrases_in(Language.ENGLISH), None), status=404)


def _frame(phrases: Phrases, contact: Contact | None) -> dict[str, Any]:
    company = Company.current()
    return {
        "company": company,
        "page": phrases.page,
        "title": phrases.page.title.replace("{company}", company.name),
        "LANGUAGE_CODE": phrases.language,
        "LANGUAGE_BIDI": phrases.direction == "rtl",
        "contact": contact,
        "about": phrases.page.about.partition("{address}"),
        "address": _veiled(contact.email) if contact else "",
    }


def _offered(phrases: Phrases, wishes: wishing.Wishes) -> dict[str, Any]:
    """What there is to choose from, each as value, words and whether it is in force."""
    words = phrases.preferences
    cadences = [(every.value, words.cadences[every.name.lower()]) for every in CallEvery]
    if wishes.cadence not in CallEvery.values:
        cadences.append((wishes.cadence, words.every.replace("{days}", wishes.cadence)))
    return {
        "words": words,
        "is_silent": not wishes.allowed,
        "kinds": [
            (kind.value, words.kinds[kind], words.sentences[kind], kind in wishes.allowed) for kind in ConsentKind
        ],
        "selects": [
            ("cadence", words.often, _marked(cadences, wishes.cadence)),
            ("channel", words.channel, _marked(list(words.channels.items()), wishes.channel)),
            ("language", words.language, _marked(list(OWN_NAMES.items()), wishes.language)),
        ],
    }


def _marked(choices: list[tuple[Any, str]], present: str) -> list[tuple[str, str, bool]]:
    return [(str(value), label, value == present) for value, label in choices]


def _veiled(address: str) -> str:
    """Enough of an address for its owner to know it, for a page that whoever has the link can see."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if domain else "…"
