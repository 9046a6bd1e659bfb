"""Letters: written on the page of a customer, to one of the contacts."""

import uuid
from datetime import datetime

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Company
from accounts.requests import PersonRequest
from customers.models import Contact, Customer
from customers.requests import get_editable
from outreach.composing import Composer, Filled, Unwritable
from outreach.forms import LetterForm
from outreach.framing import mail_frame
from outreach.lettering import Reader, draft, plan_letter, readers
from outreach.models import MessageKind, State
from outreach.overdoing import heard
from outreach.previewing import Sample
from outreach.sampling import Links
from outreach.wording import FIELDS, Wordings, plain, problems
from retention_crm.lib import clock
from retention_crm.lib.text import clean, clean_line


def _customer(request: PersonRequest, pk: int) -> Customer:
    return get_editable(Customer.objects.select_related("owner"), request, pk)


def _contacts(customer: Customer) -> list[Contact]:
    """Those at the customer who may be written to, whether or not their address can take mail."""
    if customer.do_not_contact or customer.is_lost:
        return []
    return list(Contact.objects.filter(customer=customer).reachable().select_related("customer__owner"))


@require_http_methods(["GET", "HEAD", "POST"])
def letter_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Begun with the letter's wording for the main contact (or `?contact=`), or with nothing (`?start=empty`)."""
    at = clock.now()
    customer = _customer(request, pk)
    found = readers(_contacts(customer), company=request.user.company, at=at)
    form = LetterForm(
        request.POST if request.method == "POST" else None,
        initial=_beginning(request, found),
        readers=found,
        trial=lambda contact, subject, text: _filled(contact, subject, text, at),
    )
    if form.is_valid():
        given = form.cleaned_data
        letter, is_new = plan_letter(
            given["key"], given["contact"], given["subject"], given["text"], by=request.user, at=at
        )
        if not is_new:
            notices.warning(request, _("This letter is planned already; it goes out once."))
        elif letter.state == State.PROPOSED:
            notices.success(request, _("The letter waits for approval."))
        else:
            notices.success(request, _("The letter goes out in two minutes. Until then you can stop it here."))
        return redirect("message", letter.pk)
    context = {
        "form": form,
        "customer": customer,
        "heard": heard(customer, at=at),
        "refused": [reader for reader in found if reader.why_not],
        "anybody": any(not reader.why_not for reader in found),
        "fields": FIELDS[MessageKind.LETTER],
    }
    return render(request, "outreach/letter.html", context, status=422 if form.is_bound else 200)


def _beginning(request: PersonRequest, found: list[Reader]) -> dict[str, object]:
    wanted, free = request.GET.get("contact", ""), [reader.contact for reader in found if not reader.why_not]
    chosen = next((reader.contact for reader in found if str(reader.contact.pk) == wanted), next(iter(free), None))
    beginning: dict[str, object] = {"key": uuid.uuid4(), "contact": chosen}
    if chosen is None or request.GET.get("start") == "empty":
        return beginning
    used = Wordings.load().text_for(MessageKind.LETTER, chosen.effective_language, chosen.tone)
    return beginning | {"subject": used.subject, "text": used.text}


def _filled(contact: Contact, subject: str, text: str, at: datetime) -> Filled:
    letter = draft(contact, subject, text, at=at)
    return Composer(company=Company.current(), at=at).filled(letter, Links.nowhere())


@mail_frame
@require_POST
def letter_preview(request: PersonRequest, pk: int) -> HttpResponse:
    """How the letter in the form would read; a document for the frame beside it."""
    contacts = _contacts(_customer(request, pk))
    subject, text = clean_line(request.POST.get("subject", "")), clean(request.POST.get("text", ""))
    wrong = problems(MessageKind.LETTER, subject, text, plain("", text, "").html, is_for_one=True)
    sentences = [sentence for part in ("subject", "text") for sentence in wrong.get(part, [])]
    wanted = request.POST.get("contact", "")
    contact = next((contact for contact in contacts if str(contact.pk) == wanted), None)
    shown = [] if sentences or contact is None else [_read(contact, subject, text)]
    return render(request, "outreach/wording_preview.html", {"samples": shown, "problems": sentences})


def _read(contact: Contact, subject: str, text: str) -> Sample:
    title = _("As %(name)s will get it") % {"name": contact.name}
    if not text.strip():
        return Sample(title, problem=_("There is no text yet."))
    try:
        return Sample(title, *_filled(contact, subject, text, clock.now()))
    except Unwritable as error:
        return Sample(title, problem=error.detail)
