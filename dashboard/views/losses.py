"""Losing a customer: marked with the reason, won back, and what all losses of a time teach."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest, managers_only
from customers.models import Customer
from customers.requests import get_editable
from dashboard.losses import Choice, periods
from dashboard.paging import Order, page_of
from dashboard.views.replying import PageRequest, form_status, posted, saved
from outreach.describing import say
from retention import losing
from retention.forms import ExitForm, LossForm
from retention.learning import BACK, COMPETITOR, CONFIRMED, SUSPECTED, UNKNOWN, by_competitor, lessons
from retention.models import Loss
from retention.replaying import replay
from retention.suspecting import evidence_of
from retention.wording import account_of_then
from retention_crm.lib import clock

PAGE_SIZE = 25
LATEST_FIRST = Order(F("lost_on"), date.fromisoformat, descending=True)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_lost(request: PageRequest, pk: int) -> HttpResponse:
    """Asks whether the customer has left and why, or whether a lost one is won back, and marks it."""
    customer = get_editable(Customer.objects.select_related("owner", "segment"), request, pk)
    if request.POST.get("answer") == "kept":
        return _won_back(request, customer)
    form = _form(request, Loss(customer=customer, lost_on=request.user.today()), customer)
    if request.method == "POST" and (customer.is_lost or request.POST.get("answer") != "lost"):
        return redirect("customer", pk)
    if form.is_valid():
        loss = losing.lose(form.instance, by=request.user, at=clock.now())
        words = _("%(name)s is marked as lost.") % {"name": customer}
        messages.success(request, words, extra_tags=reverse("loss_undo", args=[loss.pk]))
        return redirect("customer", pk)
    context = {"customer": customer, "form": form}
    return render(request, "dashboard/customer_lost.html", context, status=form_status(form))


def _won_back(request: PageRequest, customer: Customer) -> HttpResponse:
    loss = losing.win_back(customer, by=request.user, on=request.user.today(), at=clock.now())
    undo = reverse("loss_reopen", args=[loss.pk]) if loss else ""
    messages.success(request, _("%(name)s is won back.") % {"name": customer}, extra_tags=undo)
    return redirect("customer", customer.pk)


def _form(request: PageRequest, loss: Loss, customer: Customer) -> LossForm:
    user = request.user
    return LossForm(
        posted(request),
        instance=loss,
        contacts=customer.contacts.all(),
        facts=evidence_of(customer.pk, zone=user.time_zone, at=clock.now()),
        on=user.today(),
        competitors=Loss.objects.visible_to(user).competitors(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def loss_reason(request: PageRequest, pk: int) -> HttpResponse:
    """Why a customer left: said later, or corrected."""
    loss = get_editable(Loss.objects.select_related("customer"), request, pk)
    form = _form(request, loss, loss.customer)
    if form.is_valid():
        losing.explain(form.instance, at=clock.now())
        words = _("Noted why %(name)s left.") % {"name": loss.customer}
        return saved(request, words, to=reverse("customer", args=[loss.customer_id]))
    context = {"form": form, "loss": loss, "customer": loss.customer, "next": request.GET.get("next", "")}
    template = "dashboard/loss_reason.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def loss_interview(request: PageRequest, pk: int) -> HttpResponse:
    """What somebody who left says in a last conversation."""
    loss = get_editable(Loss.objects.select_related("customer"), request, pk)
    form = ExitForm(posted(request), instance=loss, on=request.user.today())
    if form.is_valid():
        losing.interview(form.instance, by=request.user, on=request.user.today())
        words = _("Noted what %(name)s said.") % {"name": loss.customer}
        return saved(request, words, to=reverse("customer", args=[loss.customer_id]))
    context = {"form": form, "loss": loss, "customer": loss.customer}
    template = "dashboard/loss_interview.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_POST
def loss_leave(request: PageRequest, pk: int) -> HttpResponse:
    """They are to be left alone."""
    loss = get_editable(Loss.objects.select_related("customer"), request, pk)
    losing.leave_alone(loss)
    words, undo = _("Nobody proposes to call %(name)s any more."), reverse("loss_call_again", args=[pk])
    to = reverse("customer", args=[loss.customer_id])
    return saved(request, words % {"name": loss.customer}, to=to, undo=undo)


@require_POST
def loss_call_again(request: PageRequest, pk: int) -> HttpResponse:
    loss = get_editable(Loss.objects.select_related("customer"), request, pk)
    losing.call_again(loss)
    words = _("A call to %(name)s is proposed when its time comes.") % {"name": loss.customer}
    return saved(request, words, to=reverse("customer", args=[loss.customer_id]))


@require_safe
def loss_replay(request: PageRequest, pk: int) -> HttpResponse:
    """What was known of the customer 180, 90 and 30 days before they left, and who was warned."""
    loss = get_object_or_404(Loss.objects.visible_to(request.user).select_related("customer__owner"), pk=pk)
    found = replay(loss)
    context = {
        "loss": loss,
        "customer": loss.customer,
        "replay": found,
        "days": [(then, account_of_then(then.change, on=then.day) if then.change else []) for then in found.days],
        "warned": [(one, say(one.notification)) for one in found.warned],
        "next": request.GET.get("next", ""),
        "currency": request.user.company.currency,
        "at": clock.now(),
    }
    return render(request, "dashboard/loss_replay.html", context)


@require_POST
def loss_undo(request: PageRequest, pk: int) -> HttpResponse:
    """It was marked by mistake: the customer never left."""
    loss = get_editable(Loss.objects.select_related("customer"), request, pk)
    if loss.is_open:
        losing.take_back(loss.customer, by=request.user, on=request.user.today(), at=clock.now())
    words = _("%(name)s is a customer as before.") % {"name": loss.customer}
    return saved(request, words, to=reverse("customer", args=[loss.customer_id]))


@require_POST
def loss_reopen(request: PageRequest, pk: int) -> HttpResponse:
    """They were not won back after all."""
    loss = get_editable(Loss.objects.select_related("customer"), request, pk)
    losing.lose_again(loss, at=clock.now())
    words = _("%(name)s is marked as lost.") % {"name": loss.customer}
    return saved(request, words, to=reverse("customer", args=[loss.customer_id]))


@require_safe
@managers_only
def losses(request: PersonRequest) -> HttpResponse:
    """Figures by cause for the days that are chosen, and the list behind the one that is."""
    on = request.user.today()
    choice = Choice.read(request.GET, on=on)
    visible = Loss.objects.visible_to(request.user)
    page = page_of(
        choice.behind(visible).select_related("customer__owner", "said_by").fetch_mode(FETCH_RAISE),
        LATEST_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    known = lessons(choice.of(visible))
    context: dict[str, Any] = {
        "choice": choice,
        "periods": [(label, address, address == choice.address()) for label, address in periods(on)],
        "lessons": known,
        "behind": _lists_behind(choice, known),
        "competitors": [
            (name, tally, choice.address(kind=COMPETITOR, cause=name))
            for name, tally in by_competitor(choice.of(visible))
        ],
        "file": f"{reverse('figures_export', args=['losses'])}?{choice.days.query()}",
        "rows": page.rows,
        "following": choice.address(**choice.here, after=page.following) if page.following else "",
        "preceding": choice.address(**choice.here, before=page.preceding) if page.preceding else "",
        "has_any": bool(known.total.number) or visible.real().exists(),
        "currency": request.user.company.currency,
    }
    return render(request, "dashboard/losses.html", context)


def _lists_behind(choice: Choice, known: Any) -> dict[str, Any]:
    """The address of the list behind each figure."""
    return {
        "all": choice.address(),
        "unknown": choice.address(kind=UNKNOWN),
        "back": choice.address(kind=BACK),
        "causes": [
            (
                row,
                choice.address(kind=SUSPECTED, cause=row.cause.value),
                choice.address(kind=CONFIRMED, cause=row.cause.value),
            )
            for row in known.causes
        ],
    }
