"""Changing a single field of a customer or a contact on the customer's page."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers import single_fields
from customers.models import Contact, Customer
from customers.requests import get_editable
from customers.single_fields import SingleField
from dashboard.views.replying import PageRequest, form_status, posted, saved
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def customer_field(request: PageRequest, pk: int, name: str) -> HttpResponse:
    customer = get_editable(Customer.objects.select_related("owner", "segment"), request, pk)
    field = single_fields.of_customer(customer, name, posted(request), user=request.user)
    return _cell(request, field, customer)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_field(request: PageRequest, pk: int, name: str) -> HttpResponse:
    contact = get_editable(Contact.objects.select_related("customer"), request, pk)
    field = single_fields.of_contact(contact, name, posted(request), user=request.user)
    return _cell(request, field, contact.customer)


def _cell(request: PageRequest, field: SingleField | None, customer: Customer) -> HttpResponse:
    """Asks for it, in place or on a page of its own, or saves it."""
    if field is None:
        raise Http404
    page = reverse("customer", args=[customer.pk])
    if request.method == "POST" and field.is_valid():
        label = field.bound.label
        field.save(at=clock.now())
        return saved(request, _("Saved: %(field)s.") % {"field": label}, to=page, quiet=True)
    template = "dashboard/single_field.html" + ("#cell" if request.htmx else "")
    context = {"field": field.bound, "seen": field.seen, "customer": customer, "page": page}
    return render(request, template, context, status=form_status(field.form))
