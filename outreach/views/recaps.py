"""Recaps of conversations: to whom, in which words, and how they will read it."""

from datetime import datetime

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import PersonRequest
from customers.models import Contact
from customers.requests import get_editable
from interactions.models import Interaction
from outreach.composing import Composer, Unwritable
from outreach.forms import RecapForm
from outreach.framing import mail_frame
from outreach.lettering import Reader
from outreach.models import Message, State
from outreach.previewing import Sample
from outreach.recapping import beginning, draft, plan_recaps, readers
from outreach.sampling import Links
from retention_crm.lib import clock
from retention_crm.lib.text import clean

# More than that nobody reads through.
PREVIEWED = 5


def _interaction(request: PersonRequest, pk: int) -> Interaction:
    return get_editable(
        Interaction.objects.select_related("customer__owner", "customer__recap_style", "contact"), request, pk
    )


@require_http_methods(["GET", "HEAD", "POST"])
def recap_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks who gets the recap and what it says, begun with the notes; each contact gets one at most."""
    at = clock.now()
    about = _interaction(request, pk)
    found = readers(about, company=request.user.company, at=at) if about.can_be_recapped else []
    ticked = _likely(about, found)
    form = RecapForm(
        request.POST if request.method == "POST" else None,
        readers=found,
        trial=lambda contact, text: _composer(request, at).build(draft(about, contact, text, at=at)),
        initial={"contacts": [contact.pk for contact in ticked], "text": beginning(about, next(iter(ticked), None))},
    )
    if form.is_valid():
        given = form.cleaned_data
        planned, refused = plan_recaps(about, given["contacts"], given["text"], by=request.user, at=at)
        waits = any(reader.waits for reader in found if reader.contact in given["contacts"])
        return _told(request, about, planned, refused, waits=waits)
    context = {
        "form": form,
        "about": about,
        "customer": about.customer,
        "readers": found,
        "ticked": {str(pk) for pk in form["contacts"].value() or []},
        "anybody": any(not reader.why_not for reader in found),
    }
    return render(request, "outreach/recap.html", context, status=422 if form.is_bound else 200)


def _likely(about: Interaction, found: list[Reader]) -> list[Contact]:
    """Who was there; where nobody is named, the main contact."""
    free = [reader.contact for reader in found if not reader.why_not]
    if about.contact_id is None:
        return [contact for contact in free if contact.is_primary]
    return [contact for contact in free if contact.pk == about.contact_id]


def _composer(request: PersonRequest, at: datetime) -> Composer:
    return Composer(company=request.user.company, at=at)


def _told(
    request: PersonRequest, about: Interaction, planned: list[Message], refused: list[Contact], *, waits: bool
) -> HttpResponse:
    """Says what happens now, and leads to where it can be stopped; `waits` tells of quiet hours."""
    for contact in refused:
        sentence = _("%(name)s has a recap of this already; it goes to each person once.")
        notices.warning(request, sentence % {"name": contact.name})
    if planned:
        notices.success(request, _what_happens(planned, waits=waits))
    if len(planned) == 1:
        return redirect("message", planned[0].pk)
    return redirect(f"{reverse('customer_timeline', args=[about.customer_id])}#interaction-{about.pk}")


def _what_happens(planned: list[Message], *, waits: bool) -> str:
    number = {"n": len(planned)}
    if planned[0].state == State.PROPOSED:
        return ngettext("The recap waits for approval.", "%(n)d recaps wait for approval.", len(planned)) % number
    if waits:
        sentence = ngettext(
            "The recap goes out to %(n)d person when it is day there. Until then you can stop it.",
            "The recap goes out to %(n)d people when it is day there. Until then you can stop it for each of them.",
            len(planned),
        )
        return sentence % number
    sentence = ngettext(
        "The recap goes out to %(n)d person in two minutes. Until then you can stop it.",
        "The recap goes out to %(n)d people in two minutes. Until then you can stop it for each of them.",
        len(planned),
    )
    return sentence % number


@mail_frame
@require_POST
def recap_preview(request: PersonRequest, pk: int) -> HttpResponse:
    """How the recap in the form would read for those who are ticked; a document for the frame beside it."""
    about = _interaction(request, pk)
    wanted, text = set(request.POST.getlist("contacts")), clean(request.POST.get("text", ""))
    contacts = [contact for contact in about.customer.contacts.all() if str(contact.pk) in wanted]
    samples = [_read(request, about, contact, text) for contact in contacts[:PREVIEWED]]
    left = len(contacts) - len(samples)
    notice = ngettext("and %d more, in the same way", "and %d more, in the same way", left) % left if left > 0 else ""
    if not contacts:
        notice = _("Choose who is to get it; then it is shown here as they will read it.")
    return render(request, "outreach/wording_preview.html", {"samples": samples, "notice": notice})


def _read(request: PersonRequest, about: Interaction, contact: Contact, text: str) -> Sample:
    title = _("As %(name)s will get it") % {"name": contact.name}
    if not text.strip():
        return Sample(title, problem=_("There is no text yet."))
    contact.customer = about.customer
    at = clock.now()
    try:
        return Sample(title, *_composer(request, at).filled(draft(about, contact, text, at=at), Links.nowhere()))
    except Unwritable as error:
        return Sample(title, problem=error.detail)
