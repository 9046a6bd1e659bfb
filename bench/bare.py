"""The barest Django page of each kind: one queryset, one small template, the same middleware as every page."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Customer
from dashboard.timeline import PAGE
from interactions.models import Interaction
from retention_crm.lib import clock
from surveys.models import Response, Survey, Unnamed

ROWS = 50


class BareForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Interaction
        fields = ["kind", "outcome", "happened_at", "notes"]


class BareAnswer(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Response
        fields = ["score", "comment"]


@require_safe
def bare_list(request: HttpRequest) -> HttpResponse:
    """As many customers as the product's list shows, with what it shows of each: six columns from four tables."""
    customers = Customer.objects.select_related("owner", "segment", "risk").order_by("sort_key", "pk")[:ROWS]
    return render(request, "bench/list.html", {"customers": customers})


@require_safe
def bare_record(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer with the people there and as much of the history as the product's page shows."""
    customer = get_object_or_404(Customer, pk=pk)
    history = customer.interactions.select_related("author", "contact").order_by("-happened_at", "-pk")[:PAGE]
    return render(
        request, "bench/record.html", {"customer": customer, "contacts": customer.contacts.all(), "history": history}
    )


@require_http_methods(["GET", "POST"])
def bare_form(request: HttpRequest, pk: int) -> HttpResponse:
    """One form for one row, checked and saved."""
    customer = get_object_or_404(Customer, pk=pk)
    form = BareForm(request.POST or None, instance=Interaction(customer=customer))
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("bare_record", pk=pk)
    return render(request, "bench/form.html", {"form": form, "title": customer.name})


@login_not_required
@csrf_exempt
@require_POST
def bare_insert(request: HttpRequest) -> HttpResponse:
    """One row, with the keys of two others, and on to a page: the least that taking an answer can be."""
    survey = Survey.objects.in_use().order_by("pk")[0]
    Unnamed.objects.create(survey=survey, version_id=survey.published_id or 0, week=clock.today("UTC"))
    return redirect("bare_public", pk=survey.pk)


@login_not_required
@require_safe
def bare_public(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for somebody without a login."""
    survey = get_object_or_404(Survey, pk=pk)
    return render(request, "bench/form.html", {"form": BareAnswer(), "title": survey.question})
