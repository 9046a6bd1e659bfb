"""The log panel: what happened with a customer, what they wish, and what is to follow."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.models import Customer
from customers.requests import get_editable
from dashboard.looking_ahead import look_ahead
from dashboard.views.replying import PageRequest, posted, saved
from interactions.forms import InteractionForm, NextStepForm
from interactions.logging import record
from interactions.models import Interaction, Wish
from interactions.wish_forms import SaidWishForm
from retention.scoring import rescore
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def log(request: PageRequest) -> HttpResponse:
    """Asks for the customer unless `?customer=` names one, then for what happened; saving stays on the page."""
    sent = request.POST if request.method == "POST" else request.GET
    if not sent.get("customer"):
        return _choose(request)
    customer = get_editable(Customer.objects.select_related("owner", "segment"), request, _number(sent["customer"]))
    at = clock.now()
    data = posted(request)
    contacts = list(customer.contacts.all())
    main = next((contact for contact in contacts if contact.is_primary), None)
    initial = {"contact": main and main.pk}
    currency = request.user.company.currency
    form = InteractionForm(data, user=request.user, customer=customer, at=at, currency=currency, initial=initial)
    said = SaidWishForm(data, customer=customer, contact=main)
    next_step = NextStepForm(data, user=request.user, at=at)
    # All are checked, so that all messages show at once.
    if data is not None and all([form.is_valid(), said.is_valid(), next_step.is_valid()]):
        happened = form.save(commit=False)
        wish = said.wish(happened, by=request.user)
        interaction = record(happened, at=at, next_step=next_step.follow_up(), wish=wish)
        rescore([customer.pk], at=at, company=request.user.company)
        return saved(request, _told(interaction), to=_page(customer), interaction=interaction.pk)
    context = {
        "form": form,
        "said": said,
        "next_step": next_step,
        "customer": customer,
        "contacts": [contact for contact in contacts if not contact.deceased],
        "open_wishes": list(Wish.objects.open().filter(customer=customer).select_related("contact")),
        "next": sent.get("next", ""),
    }
    return _show(request, context, status=422 if data is not None else 200)


def _choose(request: PageRequest) -> HttpResponse:
    """The look-ahead, in a panel or as a page of its own."""
    context = vars(look_ahead(request.GET.get("q", ""), request.user))
    if request.htmx and request.htmx.target == "log-found":
        return render(request, "dashboard/log.html#found", context)
    return _show(request, context, status=422 if request.method == "POST" else 200)


def _number(written: str) -> int:
    try:
        return int(written)
    except ValueError:
        raise Http404 from None


def _told(interaction: Interaction) -> str:
    words = {"kind": interaction.get_kind_display(), "customer": interaction.customer.name}
    due = interaction.customer.next_due_on
    if due is None or not interaction.is_touchpoint:
        return _("%(kind)s logged for %(customer)s.") % words
    words["day"] = date_format(due, "j F")
    return _("%(kind)s logged for %(customer)s. Next contact by %(day)s.") % words


def _page(customer: Customer) -> str:
    return reverse("customer", args=[customer.pk])


def _show(request: PageRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "dashboard/log.html" + ("#panel" if request.htmx else ""), context, status=status)
