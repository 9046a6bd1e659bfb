"""The health of a customer: what it is made of, how it moved, what somebody judges; and the qualities beside it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.changing import save_customer
from customers.models import Customer, Stage
from customers.requests import get_editable, may_change
from dashboard.health import judgement_of, moves, spark
from dashboard.qualities import qualities
from dashboard.stages import stage_line
from dashboard.views.replying import PageRequest, form_status, posted, saved
from retention.adjusting import judge, put_back, take_back
from retention.advancing import standing
from retention.assessing import facts
from retention.judgement_forms import JudgementForm
from retention.models import CustomerRisk, Judgement
from retention.scoring import rescore
from retention.wording import account
from retention_crm.lib import clock, dates


@require_safe
def customer_health(request: PageRequest, pk: int) -> HttpResponse:
    rows = Customer.objects.visible_to(request.user).select_related("owner", "risk")
    customer = get_object_or_404(rows, pk=pk)
    at = clock.now()
    risk: CustomerRisk | None = getattr(customer, "risk", None)
    found = moves(customer, customer.time_zone)
    context = {
        "customer": customer,
        "editable": may_change(customer, Customer.objects.all(), request),
        "risk": risk,
        "account": account(risk, on=customer.today(at)) if risk else [],
        "judgement": judgement_of(customer, request.user.company, at=at),
        "moves": found,
        "spark": spark([move.change for move in found], risk, at=at, zone=customer.time_zone),
        "at": at,
    }
    return render(request, "dashboard/customer_health.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def judgement_new(request: PageRequest, pk: int) -> HttpResponse:
    """Asks how it stands beside what is counted, and why; what is saved counts for thirty days."""
    customer = get_editable(Customer.objects.all(), request, pk)
    at, company = clock.now(), request.user.company
    form = JudgementForm(posted(request), instance=Judgement(customer=customer))
    if form.is_valid():
        made = judge(form.instance, by=request.user, on=clock.today(company.time_zone, at), at=at)
        rescore([pk], at=at, company=company)
        words = _("Your judgement of %(name)s counts until %(day)s.")
        words = words % {"name": customer, "day": dates.write(made.expires_on, "day")}
        return saved(request, words, to=_page(pk), undo=reverse("judgement_end", args=[made.pk]))
    context = {"form": form, "customer": customer, "known": judgement_of(customer, company, at=at)}
    template = "dashboard/judgement_new.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_POST
def judgement_end(request: PageRequest, pk: int) -> HttpResponse:
    judgement = get_editable(Judgement.objects.select_related("customer"), request, pk)
    at = clock.now()
    if not take_back(judgement, at=at):
        return saved(request, _("It was taken back or replaced before."), to=_page(judgement.customer_id))
    rescore([judgement.customer_id], at=at)
    undo = reverse("judgement_restore", args=[pk])
    return saved(request, _("The judgement no longer counts."), to=_page(judgement.customer_id), undo=undo)


@require_POST
def judgement_restore(request: PageRequest, pk: int) -> HttpResponse:
    judgement = get_editable(Judgement.objects.select_related("customer"), request, pk)
    at = clock.now()
    if not put_back(judgement, at=at):
        return saved(
            request, _("There is a newer judgement, so this one stays as it is."), to=_page(judgement.customer_id)
        )
    rescore([judgement.customer_id], at=at)
    return saved(request, _("The judgement counts again."), to=_page(judgement.customer_id))


@require_safe
def customer_qualities(request: PageRequest, pk: int) -> HttpResponse:
    """The four qualities and reliability; for htmx as a part of the page of the customer."""
    rows = Customer.objects.visible_to(request.user).select_related("segment")
    customer = get_object_or_404(rows, pk=pk)
    at = clock.now()
    known = facts(customer, at=at)
    found = standing(Stage(customer.stage), known, known_days=(customer.today(at) - customer.customer_since).days)
    context = {
        "customer": customer,
        "editable": may_change(customer, Customer.objects.all(), request),
        "qualities": qualities(customer, known, at=at),
        "stage": stage_line(customer, found),
    }
    response = render(request, "dashboard/customer_qualities.html" + ("#part" if request.htmx else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def customer_stage(request: PageRequest, pk: int) -> HttpResponse:
    """Moves the relationship to the stage that was chosen (`stage`, also in the address, for the way back)."""
    customer = get_editable(Customer.objects.select_related("segment", "owner"), request, pk)
    chosen, former = request.POST.get("stage") or request.GET.get("stage", ""), customer.stage
    if chosen not in Stage.values:
        return saved(request, _("Choose one of the five stages."), to=_page(pk))
    customer.stage = chosen
    save_customer(customer, by=request.user, at=clock.now(), changed=["stage"])
    words = _("%(customer)s: %(stage)s") % {"customer": customer, "stage": customer.get_stage_display()}
    return saved(request, words, to=_page(pk), undo=f"{reverse('customer_stage', args=[pk])}?stage={former}")


def _page(pk: int) -> str:
    return reverse("customer", args=[pk])
