"""Plans to keep a customer: all of them for managers, and the page of one."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import FETCH_RAISE, F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, managers_only, managers_read_administrators_change
from customers.models import Customer
from customers.requests import get_editable, may_change
from dashboard.paging import Order, aware_moment, page_of
from dashboard.plans import OPEN, SHOWN, TRIED, URGENCY, Narrowed, PlanRow, all_plans, counts, view_of
from dashboard.views.replying import PageRequest, form_status, posted
from retention import planning
from retention.models import PlanRules, Play, RetentionPlan
from retention.plan_forms import PlanForm, RulesForm
from retention.playing import fitting
from retention.suspecting import evidence_of
from retention_crm.lib import clock

PAGE_SIZE = 25
URGENT_FIRST = Order(URGENCY, int)
_CLOSED = {"kept", "lost", "won_back", "later", "tried", "saved"}
LATEST_FIRST = Order(F("closed_at"), aware_moment, descending=True)


@require_safe
@managers_only
def plans(request: PersonRequest) -> HttpResponse:
    """Open plans, those that need a look first, or what `?show=` names; each number is the list behind it.

    The list may be narrowed to those that a figure of the save odds speaks of.
    """
    at, show = clock.now(), request.GET.get("show", OPEN)
    narrowed = Narrowed.read(request.GET, on=request.user.today(at))
    kinds = SHOWN | TRIED
    show = show if show in kinds else OPEN
    rows, chosen = all_plans(request.user, at=at), kinds[show][1]
    numbers = counts(rows)
    rows = narrowed.of(rows, request.user.company.time_zone)
    page = page_of(
        rows.filter(chosen).select_related("customer__owner", "written_by").fetch_mode(FETCH_RAISE),
        LATEST_FIRST if show in _CLOSED else URGENT_FIRST,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = {
        "rows": [PlanRow(plan, request.user.today(at)) for plan in page.rows],
        "following": page.following,
        "preceding": page.preceding,
        "kinds": [(key, label, numbers[key]) for key, (label, _chosen) in SHOWN.items()],
        "numbers": numbers,
        "narrowed": narrowed,
        "title": kinds[show][0],
        "here": urlencode({"show": show} | narrowed.words),
        "show": show,
        "has_any": any(numbers.values()),
        "at": at,
    }
    return render(request, "dashboard/plans.html", context)


@require_safe
def plan(request: PageRequest, pk: int) -> HttpResponse:
    """Why they may go, what is done about it, and what may be done with the plan."""
    at = clock.now()
    rows = RetentionPlan.objects.visible_to(request.user).select_related(
        "customer__owner", "customer__risk", "written_by", "approved_by", "closed_by", "play"
    )
    shown = get_object_or_404(rows, pk=pk)
    facts = evidence_of(shown.customer_id, zone=request.user.time_zone, at=at)
    context: dict[str, Any] = {
        "view": view_of(shown, request.user, facts),
        "plan": shown,
        "customer": shown.customer,
        "risk": getattr(shown.customer, "risk", None),
        "editable": may_change(shown, RetentionPlan.objects.all(), request),
        "earlier": list(RetentionPlan.objects.filter(customer=shown.customer).exclude(pk=pk)[:5]),
        "needs_approval": shown.needs_approval(PlanRules.current()),
        "currency": request.user.company.currency,
        "on": request.user.today(at),
        "at": at,
    }
    in_place = request.htmx and not request.htmx.history_restore_request
    response = render(request, "dashboard/plan.html" + ("#page" if in_place else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: PageRequest, pk: int) -> HttpResponse:
    """A plan for this customer; one that is open already is opened instead."""
    customer = get_editable(Customer.objects.select_related("owner", "risk"), request, pk)
    known = planning.open_plan_of(customer)
    if known is not None:
        return redirect("plan", known.pk)
    on = request.user.today()
    form = _form(request, RetentionPlan(customer=customer), planning.next_review(customer, PlanRules.current(), on=on))
    if form.is_valid():
        made = planning.draft(form.instance, by=request.user, at=clock.now())
        if made is form.instance:
            messages.success(request, _("The plan is there. Add what is to be done, then begin."))
        return redirect("plan", made.pk)
    return _show_form(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Another cause, another offer; a closed plan stays as it was."""
    shown = get_editable(RetentionPlan.objects.select_related("customer__owner"), request, pk)
    if not shown.is_open:
        messages.warning(request, _("This plan is closed. Open it again to change it."))
        return redirect("plan", pk)
    before = shown.state
    form = _form(request, shown, shown.review_on)
    if form.is_valid():
        if not planning.change(form.instance, by=request.user, changed=form.changed_data, at=clock.now()):
            messages.warning(request, _("This plan is closed. Open it again to change it."))
        elif shown.state != before:
            messages.success(request, _("Saved. This offer waits for approval."))
        else:
            messages.success(request, _("Saved."))
        return redirect("plan", pk)
    return _show_form(request, form)


def _form(request: PageRequest, instance: RetentionPlan, review_on: Any) -> PlanForm:
    at = clock.now()
    return PlanForm(
        posted(request),
        instance=instance,
        facts=evidence_of(instance.customer_id, zone=request.user.time_zone, at=at),
        rules=PlanRules.current(),
        on=request.user.today(at),
        initial={"review_on": review_on},
    )


def _show_form(request: PageRequest, form: PlanForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "plan": form.instance, "customer": form.instance.customer}
    if not (form.instance.pk or form.is_bound):
        context["plays"] = fitting(Play.objects.all(), list(form.facts))
    return render(request, "dashboard/plan_edit.html", context, status=form_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@managers_read_administrators_change
def plan_rules(request: PersonRequest) -> HttpResponse:
    """Which offers a manager has to approve, and whose plans are looked at every week."""
    form = RulesForm(request.POST if request.method == "POST" else None, instance=PlanRules.current())
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(reverse("plan_rules"))
    context = {"form": form, "currency": request.user.company.currency}
    return render(request, "dashboard/plan_rules.html", context, status=form_status(form))
