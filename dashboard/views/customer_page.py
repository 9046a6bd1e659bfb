"""The page of one customer: everything about the relationship, in order."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from customers.models import Customer, OwnerChange
from customers.requests import may_change
from dashboard.timeline import SHOWN_KINDS, timeline
from dashboard.views.replying import PageRequest
from interactions.models import Complaint, FollowUp, Wish
from retention.models import CustomerRisk
from retention.wording import reasons_in_words
from retention_crm.lib import clock


@require_safe
def customer(request: PageRequest, pk: int) -> HttpResponse:
    """The whole page; for htmx, which asks again when something was saved, all of it but the frame.

    One that was merged into another is found there.
    """
    shown = _visible(request, pk)
    if shown.pk != pk:
        return redirect("customer", shown.pk)
    response = render(request, _template(request, "page"), _whole(request, shown) | _timeline(request, shown))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def customer_timeline(request: PageRequest, pk: int) -> HttpResponse:
    """The timeline from `?after=` on, narrowed to `?show=`; without htmx on the whole page."""
    shown = _visible(request, pk)
    context = _timeline(request, shown)
    if not request.htmx:
        context |= _whole(request, shown)
    fragment = "older" if request.GET.get("after") else "timeline"
    response = render(request, _template(request, fragment), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _template(request: PageRequest, fragment: str) -> str:
    in_place = request.htmx and not request.htmx.history_restore_request
    return "dashboard/customer.html" + (f"#{fragment}" if in_place else "")


def _visible(request: PageRequest, pk: int) -> Customer:
    rows = Customer.objects.visible_to(request.user).select_related("owner", "segment", "risk")
    shown = rows.known_as(pk)
    if shown is None:
        raise Http404
    return shown


def _timeline(request: PageRequest, customer: Customer) -> dict[str, Any]:
    show = request.GET.get("show", "")
    return {
        "customer": customer,
        "editable": may_change(customer, Customer.objects.all(), request),
        "at": clock.now(),
        "timeline": timeline(customer, show=show, after=request.GET.get("after", "")),
        "show": show if show in SHOWN_KINDS else "",
        "kinds": [(key, label) for key, (label, _kinds) in SHOWN_KINDS.items()],
        "currency": request.user.company.currency,
    }


def _whole(request: PageRequest, customer: Customer) -> dict[str, Any]:
    at = clock.now()
    on = customer.today(at)
    risk: CustomerRisk | None = getattr(customer, "risk", None)
    return {
        "contacts": list(customer.contacts.prefetch_related("events")),
        "follow_ups": list(FollowUp.objects.open().filter(customer=customer).select_related("assignee")),
        "complaints": list(Complaint.objects.open().filter(customer=customer).select_related("owner")),
        "wishes": list(Wish.objects.open().filter(customer=customer).select_related("contact")),
        "untold": OwnerChange.objects.untold().filter(customer=customer).select_related("owner").first(),
        "risk": risk,
        "reasons": reasons_in_words(risk, on=on) if risk else [],
        "snoozed": customer.is_snoozed(on),
        "quiet_days": customer.quiet_days(on),
        "on": on,
    }
