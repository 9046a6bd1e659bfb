"""Gestures and perks of one customer: what was given, what may be, and what they were granted."""

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from customers.models import Customer, Perk
from customers.requests import get_editable, may_change
from dashboard.views.replying import PageRequest
from interactions.appreciating import appreciation_of
from interactions.referral_value import brought_by
from retention_crm.lib import clock

SHOWN_PERKS = 8


@require_safe
def log_gestures(request: PageRequest, pk: int) -> HttpResponse:
    """What gestures to them cost this year, for the log panel once “Gesture” is chosen."""
    customer = get_editable(Customer.objects.select_related("segment"), request, pk)
    company = request.user.company
    appreciation = appreciation_of(customer, company, on=customer.today())
    context = {"appreciation": appreciation, "currency": company.currency}
    return render(request, "includes/gestures_used.html", context)


@require_safe
def customer_gestures(request: PageRequest, pk: int) -> HttpResponse:
    """What they were given last, the budget of the year, and their perks; for htmx a part of the customer's page."""
    visible = Customer.objects.visible_to(request.user)
    customer = get_object_or_404(visible.select_related("segment"), pk=pk)
    at = clock.now()
    on = customer.today(at)
    perks = Perk.objects.standing().filter(customer=customer)
    context = {
        "customer": customer,
        "editable": may_change(customer, Customer.objects.all(), request),
        "appreciation": appreciation_of(customer, request.user.company, on=on),
        "perks": [
            (perk, perk.is_open(on))
            for perk in perks.order_by(F("used_on").desc(nulls_first=True), "-pk")[:SHOWN_PERKS]
        ],
        "referrer": visible.filter(pk=customer.referred_by_id).first() if customer.referred_by_id else None,
        "brought": brought_by(customer, visible, on=on),
        "currency": request.user.company.currency,
        "on": on,
        "at": at,
    }
    response = render(request, "dashboard/customer_gestures.html" + ("#part" if request.htmx else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response
