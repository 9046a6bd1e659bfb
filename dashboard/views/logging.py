"""The log panel: what happened with a customer, what they wish, and what is to follow."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Customer
from customers.requests import get_editable
from dashboard.log_forms import LogForms
from dashboard.looking_ahead import look_ahead
from dashboard.telling import told
from dashboard.undoing import offered, undo_address
from dashboard.views.replying import PageRequest, posted, saved
from interactions.check_in_forms import CheckInForm
from interactions.logging import Logged, due_for, logged_as
from interactions.models import CheckInQuestion, Complaint, FollowUp, Outcome, Wish
from outreach.overdoing import heard
from retention_crm.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
def log(request: PageRequest) -> HttpResponse:
    """Asks for the customer unless `?customer=` names one, then for what happened; saving stays on the page.

    What is sent again under the same `log_key` is answered as if it had been saved just now.
    """
    sent = request.POST if request.method == "POST" else request.GET
    if not sent.get("customer"):
        return _choose(request)
    at = clock.now()
    data = posted(request)
    customer = get_editable(Customer.objects.all(), request, number(sent["customer"]))
    key = log_key(sent)
    if data is not None and (before := logged_as(key, by=request.user)):
        return _answer(request, Logged(before, is_new=False))
    contacts = list(customer.contacts.all())
    forms = LogForms.about(customer, data, user=request.user, at=at, contacts=contacts, chosen=sent)
    if data is not None and forms.are_valid():
        return _answer(request, forms.save(request.user, at=at))
    context = _open_matters(customer) | {
        "form": forms.interaction,
        "said": forms.said,
        "check_in": forms.check_in,
        "next_step": forms.next_step,
        "customer": customer,
        "heard": heard(customer, at=at) if data is None else None,
        "editable": True,
        "contacts": [contact for contact in contacts if not contact.deceased and not contact.left_on],
        "at": at,
        "kind": sent.get("kind", ""),
        "log_key": uuid.uuid4() if key is None or "log_key" in forms.interaction.errors else key,
        "next": sent.get("next", ""),
        "meeting": forms.meeting,
    }
    return _show(request, context, status=422 if data is not None else 200)


@require_safe
def log_questions(request: PageRequest, pk: int) -> HttpResponse:
    """The questions to ask this customer, for the log panel once somebody wants to."""
    customer = get_editable(Customer.objects.all(), request, pk)
    questions = list(CheckInQuestion.objects.for_segment(customer.segment_id))
    return render(request, "includes/check_in.html", {"check_in": CheckInForm(questions=questions)})


def _answer(request: PageRequest, logged: Logged) -> HttpResponse:
    interaction = logged.interaction
    detail: dict[str, Any] = {"interaction": interaction.pk, "customer": interaction.customer_id}
    if interaction.is_touchpoint:
        detail["follow"] = reverse("log_next", args=[interaction.pk])
        due = due_for(interaction.customer, request.user, at=clock.now())
        if due and due.origin != FollowUp.Origin.NOTICE and not due.needs_outcome:
            detail["due"] = {"title": due.title, "done": reverse("follow_up_done", args=[due.pk])}
    if interaction.outcome == Outcome.MISSED_BY_US:
        # A second toast, with the one thing to do about it.
        messages.warning(
            request,
            _("They waited for us. Call and apologise?"),
            extra_tags=f"call:{reverse('apology_new', args=[interaction.pk])}",
        )
    undo = undo_address(logged) if offered(logged, at=clock.now()) else ""
    return saved(request, told(logged), to=reverse("customer", args=[interaction.customer_id]), undo=undo, **detail)


def _open_matters(customer: Customer) -> dict[str, Any]:
    """What one should know of before speaking to them."""
    return {
        "open_wishes": list(Wish.objects.open().filter(customer=customer)[:4]),
        "open_complaints": list(Complaint.objects.open().filter(customer=customer)[:4]),
        "open_follow_ups": list(
            FollowUp.objects.open().filter(customer=customer).order_by("-is_promise", "due_at", "pk")[:4]
        ),
    }


def _choose(request: PageRequest) -> HttpResponse:
    """The look-ahead, in a panel or as a page of its own."""
    context = vars(look_ahead(request.GET.get("q", ""), request.user)) | {"kind": request.GET.get("kind", "")}
    if request.htmx and request.htmx.target == "log-found":
        return render(request, "dashboard/log.html#found", context)
    return _show(request, context, status=422 if request.method == "POST" else 200)


def number(written: str) -> int:
    try:
        return int(written)
    except ValueError:
        raise Http404 from None


def log_key(sent: QueryDict) -> uuid.UUID | None:
    """The number of the form that was sent; none if it is no number, which the form says itself."""
    try:
        return uuid.UUID(sent.get("log_key", ""))
    except ValueError:
        return None


def _show(request: PageRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "dashboard/log.html" + ("#panel" if request.htmx else ""), context, status=status)
