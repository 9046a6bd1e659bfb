"""Renewals and ends of contracts, entered and decided at a customer; those ahead, and orders that are expected."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from customers.models import Customer
from customers.requests import get_editable
from dashboard.expected import orders, part_of
from dashboard.paging import Order, page_of
from dashboard.portfolio import with_words
from dashboard.renewals import ahead, of_part, shown
from dashboard.views.replying import PageRequest, form_status, posted, saved
from retention.models import Renewal
from retention.renewal_forms import RenewalForm
from retention_crm.lib import clock

PAGE_SIZE = 25
BY_DAY = Order(F("due_on"), date.fromisoformat)
BY_EXPECTED_DAY = Order(F("expected_on"), date.fromisoformat)


@require_http_methods(["GET", "HEAD", "POST"])
def renewal_new(request: PageRequest, pk: int) -> HttpResponse:
    customer = get_editable(Customer.objects.all(), request, pk)
    return _form(request, Renewal(customer=customer), reverse("renewal_new", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def renewal(request: PageRequest, pk: int) -> HttpResponse:
    """Changes it, or says what came of it, which can be taken back in the same place."""
    known = get_editable(Renewal.objects.select_related("customer"), request, pk)
    return _form(request, known, reverse("renewal", args=[pk]))


def _form(request: PageRequest, renewal: Renewal, address: str) -> HttpResponse:
    at = clock.now()
    form = RenewalForm(posted(request), instance=renewal, on=request.user.today(at))
    if form.is_valid():
        form.keep(by=request.user, at=at)
        return saved(request, _("Saved."), to=reverse("customer", args=[renewal.customer_id]))
    context = {"form": form, "customer": renewal.customer, "renewal": renewal, "address": address}
    template = "dashboard/renewal.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_safe
def renewals(request: PersonRequest) -> HttpResponse:
    """Those ahead of the part of the company that is chosen, by their day; for staff those of their own customers."""
    part, scope = part_of(request, request.user)
    on = request.user.today()
    page = page_of(
        shown(of_part(request.user, part, on=on)).fetch_mode(FETCH_RAISE),
        BY_DAY,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = {
        "rows": page.rows,
        "following": _onwards(page.following, scope),
        "preceding": _onwards(page.preceding, scope),
        "ahead": ahead(request.user, part, on=on),
        "on": on,
        "currency": request.user.company.currency,
        "orders_address": with_words(reverse("expected_orders"), scope),
    }
    return render(request, "dashboard/renewals.html", context)


@require_safe
def expected_orders(request: PersonRequest) -> HttpResponse:
    """Orders that should come soon, by the day they are expected on, in the same way."""
    part, scope = part_of(request, request.user)
    on = request.user.today()
    found = orders(request.user, part, on=on)
    page = page_of(
        found.fetch_mode(FETCH_RAISE),
        BY_EXPECTED_DAY,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = {
        "rows": page.rows,
        "number": found.order_by().count(),
        "following": _onwards(page.following, scope),
        "preceding": _onwards(page.preceding, scope),
        "on": on,
        "currency": request.user.company.currency,
        "renewals_address": with_words(reverse("renewals"), scope),
    }
    return render(request, "dashboard/expected_orders.html", context)


def _onwards(cursor: str, scope: Mapping[str, Any]) -> str:
    """The cursor of a page of the same part of the company, as a part of an address."""
    return "&".join(filter(None, (cursor, urlencode(scope)))) if cursor else ""
