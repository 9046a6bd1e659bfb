"""Merging and erasing: pages that say what will happen, ask, and do it."""

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import PersonRequest
from customers.journaling import Stayed
from customers.merge_forms import MergeForm
from customers.merging import belongings, same_people
from customers.models import Contact, Customer, CustomerQuerySet, Merge
from customers.requests import get_editable
from customers.searching import search
from outreach.cancelling import UNSENT
from outreach.erasing import erase
from outreach.merging import Gone, TooLate, merge, undo
from outreach.models import Message
from outreach.views.words import in_words, plural
from retention_crm.lib import clock
from retention_crm.lib.text import clean_line, row_id

page = require_http_methods(["GET", "HEAD", "POST"])

# Customers to choose from; whoever is not among them is found by other words.
SHOWN = 20


@page
def customer_merge(request: PersonRequest, pk: int) -> HttpResponse:
    """Another customer is looked for (`?q=`), chosen (`?into=`), and takes over everything this one has.

    What both say stands side by side; the person chooses what stays.
    """
    lost = get_editable(Customer.objects.select_related("owner", "segment"), request, pk)
    others = Customer.objects.editable_by(request.user).select_related("owner", "segment").exclude(pk=pk)
    kept = others.filter(pk=_chosen(request)).first()
    if kept is None:
        words = clean_line(request.GET.get("q", ""))
        found = list(_likely(lost, others, words)[:SHOWN])
        return render(request, "outreach/customer_merge.html", {"customer": lost, "found": found, "words": words})
    form = _merge_form(request, kept, lost)
    if form.is_valid():
        return _merged(request, kept, lost, form)
    context = {
        "customer": lost,
        "kept": kept,
        "form": form,
        "moving": in_words(belongings(lost)),
        "same": [contact for _kept, contact in same_people(kept, lost)],
    }
    return render(request, "outreach/customer_merge.html", context, status=422 if form.is_bound else 200)


def _merge_form(request: PersonRequest, kept: Contact | Customer, lost: Contact | Customer) -> MergeForm:
    return MergeForm(request.POST if request.method == "POST" else None, kept=kept, lost=lost)


def _chosen(request: PersonRequest) -> int:
    """The id that was chosen; 0, which no row has, if there is none."""
    into = request.POST.get("into") or request.GET.get("into", "")
    return row_id(into) or 0


def _likely(lost: Customer, others: CustomerQuerySet, words: str) -> CustomerQuerySet:
    """Those found by the words; without any, those with a mail address or the name of this one."""
    if words:
        return search(others, words)
    addresses = [email for email in lost.contacts.values_list("email", flat=True) if email]
    sharing = Contact.objects.at_addresses(addresses).order_by().values("customer")
    return others.filter(pk__in=sharing) | search(others, lost.name)


@page
def contact_merge(request: PersonRequest, pk: int) -> HttpResponse:
    """Another contact of the customer is chosen (`?into=`) and takes over everything this one has."""
    lost = get_editable(Contact.objects.select_related("customer"), request, pk)
    others = Contact.objects.filter(customer=lost.customer_id).exclude(pk=pk)
    kept = others.filter(pk=_chosen(request)).first()
    if kept is None:
        return render(request, "outreach/contact_merge.html", {"contact": lost, "found": others})
    form = _merge_form(request, kept, lost)
    if form.is_valid():
        return _merged(request, kept, lost, form)
    context = {
        "contact": lost,
        "kept": kept,
        "form": form,
        "moving": in_words(belongings(lost)),
        "waiting": _waiting(lost),
    }
    return render(request, "outreach/contact_merge.html", context, status=422 if form.is_bound else 200)


def _merged[M: (Contact, Customer)](request: PersonRequest, kept: M, lost: M, form: MergeForm) -> HttpResponse:
    former = lost.name
    try:
        done = merge(kept, lost, by=request.user, at=clock.now(), picks=form.picks)
    except Gone:
        notices.warning(request, _("Somebody else was quicker: one of the two is no longer there."))
        return redirect("customers")
    words = _("%(former)s is merged into %(kept)s.") % {"former": former, "kept": done.kept_name}
    notices.success(request, words, extra_tags=reverse("merge_undo", args=[done.pk]))
    return redirect("customer", done.customer_id)


@require_POST
def merge_undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Takes a merge back, and says what stays because somebody changed it since."""
    merge = get_editable(Merge.objects.select_related("customer", "contact"), request, pk)
    shown = merge.customer_id if merge.contact_id else merge.former_pk
    try:
        stayed = undo(merge, by=request.user, at=clock.now())
    except TooLate:
        shown = merge.customer_id
        notices.warning(
            request, _("This can not be taken back: it was already, it is too long ago, or it was merged again.")
        )
    else:
        again = Merge.objects.select_related("customer", "contact").get(pk=pk)
        names = {"former": merge.former_name, "kept": again.kept_name}
        notices.success(request, _("%(former)s and %(kept)s are apart again.") % names)
        if stayed:
            notices.info(request, _("Changed since, and left as it is: %(what)s.") % {"what": _stayed_words(stayed)})
    target = reverse("customer", args=[shown])
    return (
        HttpResponse(status=204, headers={"HX-Redirect": target})
        if request.headers.get("HX-Request")
        else redirect(target)
    )


def _stayed_words(stayed: list[Stayed]) -> str:
    words = []
    for row in stayed:
        if row.model in (Contact, Customer) and row.number == 1 and row.field not in {"customer", "contact"}:
            words.append(str(getattr(row.model._meta.get_field(row.field), "verbose_name", row.field)))
        else:
            words.append(f"{plural(row.model._meta.label)} ({row.number})")
    return ", ".join(dict.fromkeys(words))


def _waiting(contact: Contact) -> int:
    return Message.objects.filter(contact=contact, state__in=UNSENT).count()


@page
def contact_erase(request: PersonRequest, pk: int) -> HttpResponse:
    """Asks, and erases a contact who wants to be forgotten."""
    contact = get_editable(Contact.objects.select_related("customer"), request, pk)
    if request.method == "POST" and request.POST.get("answer") == "erase":
        cancelled = erase(contact, by=request.user, at=clock.now())
        notices.success(request, _("The contact is erased."))
        if cancelled:
            words = ngettext(
                "%d message that waited is cancelled.", "%d messages that waited are cancelled.", cancelled
            )
            notices.info(request, words % cancelled)
        return redirect("customer", contact.customer_id)
    context = {"contact": contact, "waiting": _waiting(contact), "answers": contact.responses.count()}
    return render(request, "outreach/contact_erase.html", context)
