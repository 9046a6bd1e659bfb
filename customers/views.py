"""Adding and changing customers, contacts and segments."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import HandOverForm
from accounts.models import User
from accounts.requests import PersonRequest, administrators_only, managers_read_administrators_change
from accounts.staffing import responsibility_of
from customers import changing, handing_over
from customers.forms import ContactForm, CustomerForm, DetailForm, EventForm, FirstContactForm, SegmentForm
from customers.label_forms import LabelsForm
from customers.labelling import label
from customers.models import Contact, ContactDetail, Customer, DatedEvent, HandOver, Segment
from customers.referring import refer
from customers.removing import remove
from customers.requests import get_editable
from retention_crm.lib import clock

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


def _editable_customer(request: PersonRequest, pk: int) -> Customer:
    return get_editable(Customer.objects.select_related("owner", "segment"), request, pk)


@page_with_form
def customer_new(request: PersonRequest) -> HttpResponse:
    """A new customer and, if anything about one is typed, the first contact."""
    form = CustomerForm(request.POST or None, user=request.user)
    labels = LabelsForm(request.POST or None, customer=form.instance)
    first = FirstContactForm(request.POST or None)
    # All are checked, so that all messages show at once.
    if request.method == "POST" and all([form.is_valid(), labels.is_valid(), first.is_valid()]):
        with transaction.atomic():
            changing.save_customer(form.instance, by=request.user, at=clock.now())
            _label(form.instance, labels)
            if form.cleaned_data["brought_by"]:
                refer(form.instance, by=form.cleaned_data["brought_by"], at=clock.now())
            if first.has_changed():
                first.instance.customer = form.instance
                first.instance.is_primary = True
                changing.save_contact(first.instance, by=request.user, at=clock.now())
                _warn_of_duplicates(request, first.instance)
        messages.success(request, _("%(name)s is added.") % {"name": form.instance})
        return redirect("customer", form.instance.pk)
    context = {"form": form, "labels": labels, "first": first, "has_segments": Segment.objects.exists()}
    return render(request, "customers/customer_new.html", context)


@page_with_form
def customer_edit(request: PersonRequest, pk: int) -> HttpResponse:
    customer = _editable_customer(request, pk)
    form = CustomerForm(request.POST or None, instance=customer, user=request.user)
    labels = LabelsForm(request.POST or None, customer=customer)
    if request.method == "POST" and all([form.is_valid(), labels.is_valid()]):
        with transaction.atomic():
            changing.save_customer(
                customer, by=request.user, at=clock.now(), changed=form.changed_columns, introduce=form.introduces
            )
            _label(customer, labels)
        messages.success(request, _("Saved."))
        return redirect("customer", pk)
    context = {"form": form, "labels": labels, "customer": customer, "contacts": customer.contacts.all()}
    return render(request, "customers/customer_edit.html", context)


def _label(customer: Customer, labels: LabelsForm) -> None:
    tags = labels.cleaned_data.get("tags", []) if labels.tags_changed else None
    label(customer, tags=tags, new_tags=labels.cleaned_data["new_tags"], custom=labels.custom)


@require_POST
def owner_known(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody says that the customer knows who looks after them now."""
    customer = _editable_customer(request, pk)
    if handing_over.tell(customer, at=clock.now()):
        words = _("Good. Greetings from %(owner)s go out again.") % {"owner": customer.owner}
        messages.success(request, words)
    return redirect("customer", pk)


@page_with_form
@administrators_only
def person_hand_over(request: PersonRequest, pk: int) -> HttpResponse:
    """All that somebody looks after goes to one colleague."""
    shown = get_object_or_404(User, pk=pk)
    form = HandOverForm(request.POST or None, person=shown)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        introduce = form.cleaned_data["introduce"]
        done = handing_over.hand_over(shown, to=to, by=request.user, at=clock.now(), introduce=introduce)
        words = _("%(to)s looks after the customers of %(name)s now.") % {"to": to, "name": shown}
        messages.success(request, words, extra_tags=reverse("hand_over_undo", args=[done.pk]))
        return redirect("person", pk)
    latest = shown.hand_overs.select_related("to", "person").first()
    context = {
        "form": form,
        "person": shown,
        "in_hand": responsibility_of(shown),
        "latest": latest if latest and latest.may_be_taken_back(clock.now()) else None,
        "at": clock.now(),
    }
    return render(request, "customers/person_hand_over.html", context)


@require_POST
@administrators_only
def hand_over_undo(request: PersonRequest, pk: int) -> HttpResponse:
    """What went to a colleague comes back."""
    done = get_object_or_404(HandOver.objects.select_related("person", "to"), pk=pk)
    try:
        back = handing_over.take_back(done, by=request.user, at=clock.now())
    except handing_over.TooLate:
        words = _("This can not be taken back: it was already, it is more than a day ago, or the person is gone.")
        messages.warning(request, words)
    else:
        words = _("%(name)s looks after %(what)s again.") % {"name": done.person, "what": back or _("nothing")}
        messages.success(request, words)
    target = reverse("person", args=[done.person_id])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)


@page_with_form
def contact_new(request: PersonRequest, customer_pk: int) -> HttpResponse:
    customer = _editable_customer(request, customer_pk)
    contact = Contact(customer=customer, is_primary=not customer.contacts.filter(is_primary=True).exists())
    return _contact_page(request, contact)


@page_with_form
def contact_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _contact_page(request, get_editable(Contact.objects.select_related("customer"), request, pk))


def _contact_page(request: PersonRequest, contact: Contact) -> HttpResponse:
    form = ContactForm(request.POST or None, instance=contact, user=request.user)
    if request.method == "POST" and form.is_valid():
        changing.save_contact(contact, by=request.user, at=clock.now(), consent_changed=form.consent_changed)
        messages.success(request, _("Saved."))
        _warn_of_duplicates(request, contact)
        return redirect("customer", contact.customer_id)
    context: dict[str, Any] = {"form": form, "contact": contact, "customer": contact.customer}
    context["events"] = contact.events.all() if contact.pk else []
    context["details"] = contact.details.all() if contact.pk else []
    context["duplicates"] = Contact.objects.visible_to(request.user).sharing_address_with(contact)[:5]
    return render(request, "customers/contact_form.html", context)


def _warn_of_duplicates(request: PersonRequest, contact: Contact) -> None:
    for other in Contact.objects.visible_to(request.user).sharing_address_with(contact)[:3]:
        text = _("%(contact)s at %(customer)s has the same e-mail address.")
        words = text % {"contact": other.name, "customer": other.customer.name}
        link = format_html('<a href="{}">{}</a>', reverse("customer", args=[other.customer_id]), _("Compare"))
        messages.warning(request, format_html("{} {}", words, link))


@page_with_form
def contact_deceased(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks, and marks a contact as deceased (or takes a mistake back); nothing is sent to them any more."""
    contact = get_editable(Contact.objects.select_related("customer"), request, pk)
    if request.method != "POST":
        return render(request, "customers/contact_deceased.html", {"contact": contact})
    if request.POST.get("answer") in {"deceased", "mistake"}:
        contact.deceased = request.POST["answer"] == "deceased"
        contact.save(update_fields=["deceased"])
        messages.success(request, _("Saved."))
    return redirect("customer", contact.customer_id)


@page_with_form
def event_new(request: PersonRequest, contact_pk: int) -> HttpResponse:
    contact = get_editable(Contact.objects.select_related("customer"), request, contact_pk)
    return _event_page(request, DatedEvent(contact=contact))


@page_with_form
def event_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _event_page(request, _editable_event(request, pk))


def _editable_event(request: PersonRequest, pk: int) -> DatedEvent:
    return get_editable(DatedEvent.objects.select_related("contact__customer"), request, pk)


def _event_page(request: PersonRequest, event: DatedEvent) -> HttpResponse:
    form = EventForm(request.POST or None, instance=event)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("contact_edit", event.contact_id)
    return render(request, "customers/event_form.html", {"form": form, "event": event, "contact": event.contact})


@page_with_form
def event_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks, and takes the day out; a greeting that waits for it is cancelled when its time comes."""
    event = _editable_event(request, pk)
    if request.method == "POST":
        contact = event.contact
        trashed = remove(
            event, name=event.name, by=request.user, at=clock.now(), customer=contact.customer, contact=contact
        )
        words = _("“%(name)s” is taken out.") % {"name": event.name}
        messages.success(request, words, extra_tags=reverse("trash_restore", args=[trashed.pk]))
        return redirect("contact_edit", event.contact_id)
    return render(request, "customers/event_delete.html", {"event": event, "contact": event.contact})


@page_with_form
def detail_new(request: PersonRequest, contact_pk: int) -> HttpResponse:
    contact = get_editable(Contact.objects.select_related("customer"), request, contact_pk)
    return _detail_page(request, ContactDetail(contact=contact))


@page_with_form
def detail_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _detail_page(request, _editable_detail(request, pk))


def _editable_detail(request: PersonRequest, pk: int) -> ContactDetail:
    return get_editable(ContactDetail.objects.select_related("contact__customer"), request, pk)


def _detail_page(request: PersonRequest, detail: ContactDetail) -> HttpResponse:
    form = DetailForm(request.POST or None, instance=detail)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("contact_edit", detail.contact_id)
    return render(request, "customers/detail_form.html", {"form": form, "detail": detail, "contact": detail.contact})


@require_POST
def detail_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Takes it out at once; the message has the way back."""
    detail = _editable_detail(request, pk)
    contact = detail.contact
    trashed = remove(
        detail, name=detail.value, by=request.user, at=clock.now(), customer=contact.customer, contact=contact
    )
    words = _("“%(name)s” is taken out.") % {"name": trashed.name}
    messages.success(request, words, extra_tags=reverse("trash_restore", args=[trashed.pk]))
    return redirect("contact_edit", contact.pk)


@require_safe
@managers_read_administrators_change
def segments(request: PersonRequest) -> HttpResponse:
    return render(request, "customers/segments.html", {"segments": Segment.objects.all()})


@page_with_form
@administrators_only
def segment_new(request: PersonRequest) -> HttpResponse:
    return _segment_page(request, Segment())


@page_with_form
@managers_read_administrators_change
def segment(request: PersonRequest, pk: int) -> HttpResponse:
    return _segment_page(request, get_object_or_404(Segment, pk=pk))


def _segment_page(request: PersonRequest, segment: Segment) -> HttpResponse:
    form = SegmentForm(request.POST or None, instance=segment)
    if request.method == "POST" and form.is_valid():
        moved = changing.save_segment(segment, at=clock.now())
        messages.success(
            request,
            ngettext(
                "Saved. %(count)d customer falls due by this cadence.",
                "Saved. %(count)d customers fall due by this cadence.",
                moved,
            )
            % {"count": moved},
        )
        return redirect("segments")
    return render(request, "customers/segment.html", {"form": form, "segment": segment})
