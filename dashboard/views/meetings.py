"""Meetings: planned, changed, called off, and the call to apologise for one we missed."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Contact, Customer
from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.arranging import apologise, arrange, call_off, rearrange
from interactions.meeting_forms import CallOffForm, MeetingForm
from interactions.models import Interaction, Meeting, Outcome
from outreach.inviting import invited, tell, tell_off
from outreach.lettering import readers
from outreach.models import Message, State
from retention_crm.lib import clock, dates


@require_http_methods(["GET", "HEAD", "POST"])
def meeting_new(request: PageRequest, pk: int) -> HttpResponse:
    """Asks what, when, where and with whom; whoever is ticked is invited by mail if that is ticked as well."""
    at = clock.now()
    customer = get_editable(Customer.objects.select_related("owner"), request, pk)
    contacts = _who_could_come(customer)
    main = [contact.pk for contact in contacts if contact.is_primary]
    form = _form(request, customer, contacts, at, initial={"contacts": main, "key": uuid.uuid4(), "invite": True})
    if form.is_valid():
        given = form.cleaned_data
        wanted = Meeting(
            customer=customer, host=request.user, created_at=at, **form.fields_of_the_meeting() | _key(given["key"])
        )
        with transaction.atomic():
            meeting, is_new = arrange(wanted, given["contacts"])
            told = tell(meeting, form.invited(), by=request.user, at=at) if is_new and given["invite"] else []
        words = _("Planned for %(when)s: %(title)s.") % _words(meeting)
        return saved(request, f"{words} {_what_goes_out(told)}".strip(), to=_page(meeting))
    return _show(request, form, customer, contacts)


def _key(key: uuid.UUID | None) -> dict[str, Any]:
    return {"uid": key} if key else {}


@require_http_methods(["GET", "HEAD", "POST"])
def meeting_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Another time, place or agenda, or others who take part; they hear of it by mail if that is ticked."""
    at = clock.now()
    meeting = get_editable(Meeting.objects.select_related("customer__owner"), request, pk)
    guests = list(meeting.guests.values_list("contact_id", flat=True))
    contacts = _who_could_come(meeting.customer, also=guests)
    known = {name: getattr(meeting, name) for name in ("title", "starts_at", "minutes", "place", "agenda")}
    initial = {**known, "contacts": guests, "invite": bool(invited(meeting))}
    form = _form(request, meeting.customer, contacts, at, meeting=meeting, initial=initial)
    if not meeting.is_planned:
        return saved(request, _("This meeting is not planned any more."), to=_page(meeting))
    if form.is_valid():
        given = form.cleaned_data
        with transaction.atomic():
            is_changed = rearrange(meeting, form.fields_of_the_meeting(), given["contacts"])
            tells = is_changed and given["invite"]
            told = tell(meeting, form.invited(), by=request.user, at=at) if tells else []
        if not is_changed:
            return saved(request, _("This meeting is not planned any more."), to=_page(meeting))
        words = _("Planned for %(when)s: %(title)s.") % _words(meeting)
        return saved(request, f"{words} {_what_goes_out(told)}".strip(), to=_page(meeting))
    return _show(request, form, meeting.customer, contacts, meeting=meeting)


@require_http_methods(["GET", "HEAD", "POST"])
def meeting_off(request: PageRequest, pk: int) -> HttpResponse:
    """Cancels it; who was invited hears of it by mail unless that is unticked."""
    at = clock.now()
    meeting = get_editable(Meeting.objects.select_related("customer"), request, pk)
    told = invited(meeting)
    form = CallOffForm(posted(request), initial={"tell": True})
    if form.is_valid():
        with transaction.atomic():
            is_off = call_off(meeting, form.cleaned_data["because"], at=at)
            mails = tell_off(meeting, by=request.user, at=at) if is_off and form.cleaned_data["tell"] else []
        words = _("Called off: %(title)s.") if is_off else _("This meeting is not planned any more.")
        return saved(request, f"{words % _words(meeting)} {_what_goes_out(mails)}".strip(), to=_page(meeting))
    names = Contact.objects.filter(pk__in=told).order_by("name").values_list("name", flat=True)
    context = {"form": form, "meeting": meeting, "customer": meeting.customer, "told": list(names)}
    template = "dashboard/meeting_off.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_POST
def apology_new(request: PageRequest, pk: int) -> HttpResponse:
    """A call to say sorry for an appointment we missed; one for each."""
    at = clock.now()
    missed = get_editable(Interaction.objects.select_related("customer"), request, pk)
    if missed.outcome != Outcome.MISSED_BY_US:
        raise Http404
    planned, is_new = apologise(missed, by=request.user, at=at)
    words = {"title": planned.title, "time": dates.write(localtime(planned.due_at), "weekday, time")}
    said = _("Next: %(title)s, %(time)s.") if is_new else _("This is planned already: %(title)s, %(time)s.")
    return saved(request, said % words, to=reverse("customer", args=[missed.customer_id]))


def _who_could_come(customer: Customer, also: Collection[int] = ()) -> list[Contact]:
    return [
        contact
        for contact in customer.contacts.all()
        if contact.pk in also or not (contact.deceased or contact.left_on)
    ]


def _form(
    request: PageRequest, customer: Customer, contacts: list[Contact], at: datetime, **kwargs: Any
) -> MeetingForm:
    for contact in contacts:
        contact.customer = customer
    found = readers(contacts, company=request.user.company, at=at)
    why_not = {reader.contact.pk: reader.why_not for reader in found if reader.why_not}
    user = request.user
    return MeetingForm(
        posted(request), customer=customer, user=user, contacts=contacts, why_no_mail=why_not, at=at, **kwargs
    )


def _show(
    request: PageRequest,
    form: MeetingForm,
    customer: Customer,
    contacts: list[Contact],
    *,
    meeting: Meeting | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "customer": customer,
        "meeting": meeting,
        "people": [(contact, form.why_no_mail.get(contact.pk, "")) for contact in contacts],
        "ticked": {str(pk) for pk in form["contacts"].value() or []},
    }
    return render(request, "dashboard/meeting.html", context, status=form_status(form))


def _words(meeting: Meeting) -> dict[str, str]:
    return {"title": meeting.title, "when": dates.write(localtime(meeting.starts_at), "weekday, time")}


def _what_goes_out(told: list[Message]) -> str:
    if not told:
        return ""
    number = {"n": len(told)}
    if told[0].state == State.PROPOSED:
        return ngettext("A mail waits for approval.", "%(n)d mails wait for approval.", len(told)) % number
    sentence = ngettext(
        "A mail goes out in two minutes; until then you can stop it in Messages.",
        "%(n)d mails go out in two minutes; until then you can stop them in Messages.",
        len(told),
    )
    return sentence % number


def _page(meeting: Meeting) -> str:
    return reverse("customer", args=[meeting.customer_id])
