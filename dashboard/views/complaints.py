"""Complaints: taken in, and put right."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.models import Customer
from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.forms import ComplaintForm, ResolveForm
from interactions.models import Complaint
from retention.scoring import rescore
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_new(request: PageRequest, pk: int) -> HttpResponse:
    at = clock.now()
    customer = get_editable(Customer.objects.select_related("owner"), request, pk)
    form = ComplaintForm(posted(request), customer=customer, at=at)
    if form.is_valid():
        return _save(request, form, customer, _("Complaint noted. Greetings wait until it is put right."), at)
    return _show(request, "complaint_new", {"form": form, "customer": customer})


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_resolve(request: PageRequest, pk: int) -> HttpResponse:
    """Ends an open complaint; one that was put right before stays as it was."""
    at = clock.now()
    complaint = get_editable(Complaint.objects.select_related("customer"), request, pk)
    if not complaint.is_open:
        return saved(request, _("This complaint was put right before."), to=_page(complaint.customer))
    form = ResolveForm(posted(request), instance=complaint, at=at)
    if form.is_valid():
        return _save(request, form, complaint.customer, _("Put right: %(what)s") % {"what": complaint.what}, at)
    context = {"form": form, "complaint": complaint, "customer": complaint.customer, "at": at}
    return _show(request, "complaint_resolve", context)


def _save(request: PageRequest, form: Any, customer: Customer, words: str, at: datetime) -> HttpResponse:
    form.save()
    rescore([customer.pk], at=at)
    return saved(request, words, to=_page(customer))


def _show(request: PageRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"dashboard/{name}.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(context["form"]))


def _page(customer: Customer) -> str:
    return reverse("customer", args=[customer.pk])
