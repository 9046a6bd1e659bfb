"""Complaints: taken in, answered, put right, and taken up again."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Customer
from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.complaining import answer, reopen, take_back_answer, take_back_resolution
from interactions.complaint_forms import ComplaintForm, ResolveForm
from interactions.models import Complaint
from retention.scoring import rescore
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_new(request: PageRequest, pk: int) -> HttpResponse:
    at = clock.now()
    customer = get_editable(Customer.objects.select_related("owner"), request, pk)
    form = ComplaintForm(posted(request), customer=customer, at=at)
    if form.is_valid():
        complaint = form.save()
        words = _("Complaint noted. Greetings wait until it is put right.")
        if complaint.escalated_at:
            words = _("Noted. It is not the first: a manager is told, and greetings wait until it is put right.")
        return _saved(request, complaint, words, at)
    return _show(request, "complaint_form", {"form": form, "customer": customer})


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_edit(request: PageRequest, pk: int) -> HttpResponse:
    """What was noted wrongly, or goes to somebody else; one that is put right stays as it is."""
    at = clock.now()
    complaint = _complaint(request, pk)
    if not complaint.is_open:
        return saved(request, _("This complaint was put right before."), to=_page(complaint))
    form = ComplaintForm(posted(request), customer=complaint.customer, at=at, instance=complaint)
    if form.is_valid():
        return _saved(request, form.save(), _("Saved: %(what)s") % {"what": complaint.what}, at)
    return _show(request, "complaint_form", {"form": form, "complaint": complaint, "customer": complaint.customer})


@require_POST
def complaint_answer(request: PageRequest, pk: int) -> HttpResponse:
    """The customer has had an answer; when it is to be put right stays."""
    complaint, at = _complaint(request, pk), clock.now()
    if not answer(complaint, at=at):
        return saved(request, _("This complaint was answered before."), to=_page(complaint))
    return _saved(request, complaint, _("Answered: %(what)s") % {"what": complaint.what}, at, "complaint_unanswer")


@require_POST
def complaint_unanswer(request: PageRequest, pk: int) -> HttpResponse:
    complaint = _complaint(request, pk)
    take_back_answer(complaint)
    return _saved(request, complaint, _("Not answered yet: %(what)s") % {"what": complaint.what}, clock.now())


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_resolve(request: PageRequest, pk: int) -> HttpResponse:
    """Ends an open complaint; one that was put right before stays as it was."""
    at = clock.now()
    complaint = _complaint(request, pk)
    if not complaint.is_open:
        return saved(request, _("This complaint was put right before."), to=_page(complaint))
    form = ResolveForm(posted(request), instance=complaint, at=at)
    if form.is_valid():
        words = _("Put right: %(what)s") % {"what": complaint.what}
        return _saved(request, form.save(), words, at, "complaint_unresolve")
    context = {"form": form, "complaint": complaint, "customer": complaint.customer, "at": at}
    return _show(request, "complaint_resolve", context)


@require_POST
def complaint_unresolve(request: PageRequest, pk: int) -> HttpResponse:
    """Somebody pressed the wrong button; what comes back in earnest is reopened."""
    complaint = _complaint(request, pk)
    take_back_resolution(complaint)
    return _saved(request, complaint, _("Open again: %(title)s") % {"title": complaint.what}, clock.now())


@require_POST
def complaint_reopen(request: PageRequest, pk: int) -> HttpResponse:
    """It was not put right after all."""
    complaint, at = _complaint(request, pk), clock.now()
    if not reopen(complaint, at=at):
        return saved(request, _("This complaint is open."), to=_page(complaint))
    words = _("Taken up again, with new deadlines; a manager is told: %(what)s") % {"what": complaint.what}
    return _saved(request, complaint, words, at)


def _complaint(request: PageRequest, pk: int) -> Complaint:
    return get_editable(Complaint.objects.select_related("customer__owner", "owner"), request, pk)


def _saved(request: PageRequest, complaint: Complaint, words: str, at: datetime, undo: str = "") -> HttpResponse:
    rescore([complaint.customer_id], at=at)
    return saved(request, words, to=_page(complaint), undo=reverse(undo, args=[complaint.pk]) if undo else "")


def _show(request: PageRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"dashboard/{name}.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(context["form"]))


def _page(complaint: Complaint) -> str:
    return reverse("customer", args=[complaint.customer_id])
