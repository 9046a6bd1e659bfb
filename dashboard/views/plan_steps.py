"""What is done for a plan: steps, and its way from a draft to what came of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.requests import get_editable
from dashboard.views.replying import PageRequest, form_status, posted, saved
from retention import planning
from retention.models import PlanOutcome, PlanState, PlanStep, RetentionPlan
from retention.plan_forms import CloseForm, StepForm
from retention.scoring import rescore
from retention_crm.lib import clock, dates


def _editable(request: PageRequest, pk: int) -> RetentionPlan:
    return get_editable(RetentionPlan.objects.select_related("customer__owner", "customer__risk"), request, pk)


def _page(plan: RetentionPlan) -> str:
    return reverse("plan", args=[plan.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def plan_step_new(request: PageRequest, pk: int) -> HttpResponse:
    plan = _editable(request, pk)
    return _step_page(request, PlanStep(plan=plan))


@require_http_methods(["GET", "HEAD", "POST"])
def plan_step_edit(request: PageRequest, pk: int) -> HttpResponse:
    rows = PlanStep.objects.select_related("plan__customer__owner", "person", "follow_up__assignee")
    return _step_page(request, get_editable(rows, request, pk))


def _step_page(request: PageRequest, step: PlanStep) -> HttpResponse:
    plan = step.plan
    if not plan.is_open or step.is_done:
        return saved(request, _("This is over and stays as it was."), to=_page(plan))
    form = StepForm(posted(request), instance=step, customer=plan.customer, on=request.user.today())
    if form.is_valid():
        planning.save_step(form.step(), at=clock.now())
        return saved(request, _("Saved: %(step)s") % {"step": step}, to=_page(plan))
    context = {"form": form, "step": step, "plan": plan, "customer": plan.customer}
    return _show(request, "plan_step", context)


@require_POST
def plan_step_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Takes it out at once; the message has the way back."""
    step = get_editable(PlanStep.objects.select_related("plan__customer__owner", "follow_up"), request, pk)
    if not step.plan.is_open or step.is_done:
        return saved(request, _("This is over and stays as it was."), to=_page(step.plan))
    trashed = planning.remove_step(step, by=request.user, at=clock.now())
    words = _("Taken out: %(step)s") % {"step": trashed.name}
    return saved(request, words, to=_page(step.plan), undo=reverse("trash_restore", args=[trashed.pk]))


@require_POST
def plan_submit(request: PageRequest, pk: int) -> HttpResponse:
    """Begins, or asks for approval."""
    plan = _editable(request, pk)
    if planning.submit(plan, at=clock.now()):
        plan.refresh_from_db()
        words = _("The plan is under way. Each step stands on Today of whoever does it.")
        if plan.state == PlanState.WAITING:
            words = _("The plan waits for the approval of a manager.")
        messages.success(request, words)
    elif plan.state == PlanState.DRAFT:
        messages.warning(request, _("Add at least one step first: who does what until when."))
    return redirect("plan", pk)


@require_POST
def plan_approve(request: PageRequest, pk: int) -> HttpResponse:
    """For managers: the offer may be made, and the plan begins; or, with `answer=back`, it has to be changed."""
    plan = _editable(request, pk)
    if not request.user.is_manager:
        raise PermissionDenied
    if request.POST.get("answer") == "back":
        if planning.send_back(plan, at=clock.now()):
            messages.success(request, _("Sent back: it is a draft again, to be changed."))
    elif planning.approve(plan, by=request.user, at=clock.now()):
        messages.success(request, _("Approved. The plan is under way."))
    elif plan.state == PlanState.WAITING:
        messages.warning(request, _("You wrote this plan or its offer: another manager has to approve it."))
    return redirect("plan", pk)


@require_POST
def plan_review(request: PageRequest, pk: int) -> HttpResponse:
    """Somebody has looked at it; the next look follows by how much is at stake."""
    plan = _editable(request, pk)
    if plan.is_open:
        day = planning.review(plan, on=request.user.today())
        messages.success(request, _("Good. The next look is due on %(day)s.") % {"day": dates.write(day, "day")})
    return redirect("plan", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_close(request: PageRequest, pk: int) -> HttpResponse:
    """Asks what came of it; who left is then marked as lost."""
    at, plan = clock.now(), _editable(request, pk)
    if not plan.is_open:
        return saved(request, _("This plan was closed before."), to=_page(plan))
    form = CloseForm(posted(request))
    if form.is_valid():
        outcome = PlanOutcome(form.cleaned_data["outcome"])
        planning.close(plan, outcome, form.cleaned_data["learned"], by=request.user, at=at)
        rescore([plan.customer_id], at=at)
        words = _("The plan is closed: %(outcome)s.") % {"outcome": outcome.label}
        if outcome == PlanOutcome.LOST and not plan.customer.is_lost:
            words = f"{words} {_('If they have left, mark them as lost on their page.')}"
        return saved(request, words, to=_page(plan), undo=reverse("plan_reopen", args=[pk]))
    return _show(request, "plan_close", {"form": form, "plan": plan, "customer": plan.customer})


@require_POST
def plan_reopen(request: PageRequest, pk: int) -> HttpResponse:
    plan, at = _editable(request, pk), clock.now()
    if planning.reopen(plan, at=at):
        rescore([plan.customer_id], at=at)
        words = _("The plan is open again.")
    else:
        words = _("This plan is open, or there is another one by now.")
    return saved(request, words, to=_page(plan))


@require_POST
def plan_discard(request: PageRequest, pk: int) -> HttpResponse:
    """A draft is thrown away; the message has the way back."""
    plan = _editable(request, pk)
    trashed = planning.discard(plan, by=request.user, at=clock.now())
    if trashed is None:
        messages.warning(request, _("Only a draft can be thrown away. Close the plan instead."))
        return redirect("plan", pk)
    undo = reverse("trash_restore", args=[trashed.pk])
    messages.success(request, _("The draft is thrown away."), extra_tags=undo)
    return redirect("customer", plan.customer_id)


def _show(request: PageRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"dashboard/{name}.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(context["form"]))
