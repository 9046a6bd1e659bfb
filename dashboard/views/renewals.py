"""Renewals and ends of contracts: entered and decided at a customer, and those ahead for managers."""

from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from customers.models import Customer
from customers.requests import get_editable
from dashboard.paging import Order, page_of
from dashboard.portfolio import PortfolioFilter
from dashboard.renewals import ahead, of_part, shown
from dashboard.views.replying import PageRequest, form_status, posted, saved
from retention.counting import Part
from retention.models import CustomerRisk, Renewal
from retention.renewal_forms import RenewalForm
from retention_crm.lib import clock

PAGE_SIZE = 25
BY_DAY = Order(F("due_on"), date.fromisoformat)


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
    """Those ahead of the part of the company that is chosen, by their day."""
    if not request.user.is_manager:
        raise PermissionDenied
    filters = PortfolioFilter(request.GET, CustomerRisk.objects.none(), request=request)
    part = filters.part if filters.is_valid() else Part()
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
        "following": _onwards(page.following, filters),
        "preceding": _onwards(page.preceding, filters),
        "ahead": ahead(request.user, part, on=on),
        "on": on,
        "currency": request.user.company.currency,
    }
    return render(request, "dashboard/renewals.html", context)


def _onwards(cursor: str, filters: PortfolioFilter) -> str:
    """The cursor of a page of the same part of the company, as a part of an address."""
    return "&".join(filter(None, (cursor, urlencode(filters.scope)))) if cursor else ""
