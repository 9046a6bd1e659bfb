"""How a customer and its contacts like to get recaps."""

from django.contrib import messages as notices
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest, way_back
from customers.models import Customer
from customers.requests import get_editable
from outreach.forms import RecapStyleForm
from outreach.models import ReaderFormat, RecapStyle, style_of


@require_http_methods(["GET", "HEAD", "POST"])
def recap_style(request: PersonRequest, pk: int) -> HttpResponse:
    """The format of all and of each contact, and the headings of recaps in the customer's own order."""
    customer = get_editable(Customer.objects.select_related("recap_style"), request, pk)
    contacts = list(customer.contacts.select_related("recap_format"))
    style = style_of(customer)
    formats = dict(ReaderFormat.objects.filter(contact__in=contacts).values_list("contact_id", "format"))
    initial = {"format": style.format, **{f"format_{contact}": chosen for contact, chosen in formats.items()}}
    form = RecapStyleForm(
        request.POST if request.method == "POST" else None, contacts=contacts, parts=style.parts, initial=initial
    )
    if form.is_valid():
        _save(customer, form)
        notices.success(request, _("Saved: this is how they get recaps."))
        return redirect(way_back(request, reverse("customer", args=[pk])))
    context = {"form": form, "customer": customer, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "outreach/recap_style.html", context, status=422 if form.is_bound else 200)


def _save(customer: Customer, form: RecapStyleForm) -> None:
    with transaction.atomic():
        chosen = {"format": form.cleaned_data["format"], "headings": form.headings()}
        RecapStyle.objects.update_or_create(customer=customer, defaults=chosen)
        for contact, wanted in form.formats().items():
            if wanted:
                ReaderFormat.objects.update_or_create(contact_id=contact, defaults={"format": wanted})
            else:
                ReaderFormat.objects.filter(contact=contact).delete()
