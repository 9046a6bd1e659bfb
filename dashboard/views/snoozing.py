"""Putting a customer who has gone quiet off to a later day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.forms import SnoozeForm
from customers.models import Customer
from customers.requests import get_editable
from customers.snoozing import snooze, wake
from dashboard.views.replying import PageRequest, form_status, posted, saved
from retention_crm.lib import dates


@require_http_methods(["GET", "HEAD", "POST"])
def customer_snooze(request: PageRequest, pk: int) -> HttpResponse:
    """Asks until when and why, and puts the customer off."""
    customer = get_editable(Customer.objects.all(), request, pk)
    initial = {"until": customer.snoozed_until, "reason": customer.snooze_reason}
    form = SnoozeForm(posted(request), user=request.user, initial=initial)
    if form.is_valid():
        snooze(customer, until=form.cleaned_data["until"], reason=form.cleaned_data["reason"])
        words = _("%(name)s is put off to %(day)s.")
        words = words % {"name": customer, "day": dates.write(form.cleaned_data["until"], "day")}
        return saved(request, words, to=_page(customer), undo=reverse("customer_wake", args=[pk]))
    context = {"form": form, "customer": customer, "next": request.GET.get("next", "")}
    template = "dashboard/customer_snooze.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_POST
def customer_wake(request: PageRequest, pk: int) -> HttpResponse:
    customer = get_editable(Customer.objects.all(), request, pk)
    wake(customer)
    return saved(request, _("%(name)s is not put off any more.") % {"name": customer}, to=_page(customer))


def _page(customer: Customer) -> str:
    return reverse("customer", args=[customer.pk])
