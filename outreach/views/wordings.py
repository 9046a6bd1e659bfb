"""The texts of messages: which there are, and their editor with a preview."""

from typing import Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Company
from accounts.requests import PersonRequest
from customers.models import Language, Tone
from outreach.forms import WordingForm
from outreach.framing import mail_frame
from outreach.models import MessageKind, Wording
from outreach.phrases import phrases_in
from outreach.previewing import samples
from outreach.wording import FIELDS, Text, Wordings, built_in, sanitise, variants
from outreach.wording import problems as problems_in
from retention_crm.lib.text import clean, clean_line

type Variant = tuple[MessageKind, Language, Tone]


def variant(request: PersonRequest, kind: str, language: str, tone: str) -> Variant:
    """The text an address names; texts are for managers only."""
    if not request.user.is_manager:
        raise PermissionDenied
    if kind in FIELDS and language in Language.values and tone in Tone.values:
        named = (Language(language), Tone(tone))
        if named in variants(MessageKind(kind)):
            return MessageKind(kind), *named
    raise Http404


@require_safe
def wordings(request: PersonRequest) -> HttpResponse:
    """Every kind of message with its languages and tones, and whose text each of them uses."""
    if not request.user.is_manager:
        raise PermissionDenied
    texts = Wordings.load()
    kinds = [(kind, _rows(texts, kind)) for kind in FIELDS]
    return render(request, "outreach/wordings.html", {"kinds": kinds, "tones": Tone.choices})


def _rows(texts: Wordings, kind: MessageKind) -> list[dict[str, Any]]:
    rows: dict[Language, list[dict[str, Any]]] = {}
    for language, tone in variants(kind):
        used = texts.text_for(kind, language, tone)
        cell = {
            "tone": tone,
            "is_own": texts.own(kind, language, tone) is not None,
            "is_built_in": built_in(kind, language, tone) is not None,
            "borrowed": Language(used.language).label,
        }
        rows.setdefault(language, []).append(cell)
    return [{"language": language, "cells": cells} for language, cells in rows.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: PersonRequest, kind: str, language: str, tone: str) -> HttpResponse:
    """The editor of one text; until there is an own one it begins with the text that is used."""
    chosen = variant(request, kind, language, tone)
    own = Wording.objects.filter(kind=kind, language=language, tone=tone).select_related("changed_by").first()
    used = Wordings([own] if own else []).text_for(*chosen)
    initial = None if own else {"subject": used.subject, "text": used.text, "html": used.html}
    instance = own or Wording(kind=kind, language=language, tone=tone)
    form = WordingForm(request.POST or None, instance=instance, initial=initial, kind=chosen[0])
    if request.method == "POST" and form.is_valid():
        form.instance.changed_by = request.user
        form.save()
        notices.success(request, _("Saved. Messages that are not sent yet will use this text."))
        return redirect("wording", kind=kind, language=language, tone=tone)
    context = {**_named(chosen), "form": form, "own": own, "used": used, "fields": FIELDS[chosen[0]]}
    return render(request, "outreach/wording.html", context, status=422 if form.is_bound else 200)


def _named(variant: Variant) -> dict[str, Any]:
    kind, language, tone = variant
    return {"kind": kind, "language": language, "tone": tone, "direction": phrases_in(language).direction}


@require_http_methods(["GET", "HEAD", "POST"])
def wording_reset(request: PersonRequest, kind: str, language: str, tone: str) -> HttpResponse:
    """Asks, and goes back to the built-in text; the own one is gone then."""
    chosen = variant(request, kind, language, tone)
    own = Wording.objects.filter(kind=kind, language=language, tone=tone)
    if request.method != "POST":
        return render(request, "outreach/wording_reset.html", {**_named(chosen), "own": own.first()})
    if own.delete()[0]:
        notices.success(request, _("Your own text was removed; the built-in one is used again."))
    return redirect("wording", kind=kind, language=language, tone=tone)


def posted_text(request: PersonRequest, language: str) -> Text:
    """The text in the form, cleaned as it would be stored."""
    html, _refused = sanitise(request.POST.get("html", ""))
    subject, text = (clean(request.POST.get(part, "")) for part in ("subject", "text"))
    return Text(clean_line(subject), text, html, language)


@mail_frame
@require_POST
def wording_preview(request: PersonRequest, kind: str, language: str, tone: str) -> HttpResponse:
    """What the text in the form would look like, saved or not; a document for the frame beside the editor."""
    chosen = variant(request, kind, language, tone)
    text = posted_text(request, language)
    wrong = problems_in(chosen[0], text.subject, text.text, text.html)
    shown = [] if wrong else samples(kind, tone, text, company=Company.current(), sender=request.user)
    sentences = [sentence for part in wrong.values() for sentence in part]
    return render(request, "outreach/wording_preview.html", {"samples": shown, "problems": sentences})
