"""Changing many customers at once: what to do, how far it is, and taking it back."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Customer, CustomerQuerySet, Tag
from dashboard import tasks
from dashboard.bulk_actions import THINK_AGAIN
from dashboard.bulk_changing import BATCH, ask_to_undo, begin, go_on
from dashboard.bulk_forms import BulkForm
from dashboard.filters import CustomerFilter
from dashboard.models import BulkChange, BulkRow
from dashboard.views.choosing import chosen
from dashboard.views.replying import PageRequest
from retention_crm.lib import clock
from surveys.asking import Standing, standings

SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_new(request: PageRequest) -> HttpResponse:
    """Asks what to do with the chosen customers (`pk`, or `all` that match the address), counts them, and begins.

    A few are changed at once; many by a worker, while the page of the change says how far it is.
    """
    filters = CustomerFilter(request.GET, Customer.objects.visible_to(request.user), request=request)
    rows = chosen(request, filters)
    number = rows.editable_by(request.user).count()
    query = filters.query.urlencode()
    if not number:
        messages.warning(request, _("Choose the customers first: tick them, or take all that match."))
        return redirect(f"{reverse('customers')}?{query or 'view='}")
    form = BulkForm(request.POST if "action" in request.POST else None, user=request.user)
    context = {
        "form": form,
        "number": number,
        "left_out": rows.count() - number,
        "pks": request.POST.getlist("pk"),
        "is_all": "all" in request.POST,
        "query": query,
    }
    if form.is_valid():
        asks = form.cleaned_data["action"] == BulkChange.Action.SURVEY
        if asks and "sure" not in request.POST:
            return render(request, "dashboard/bulk_ask.html", context | _asked(request, rows))
        return _begin(request, rows, form, query)
    context["tags"] = Tag.objects.all()
    return render(request, "dashboard/bulk_new.html", context, status=422 if form.is_bound else 200)


def _asked(request: PageRequest, rows: CustomerQuerySet) -> dict[str, Any]:
    """How many would be asked by a survey now, and how many not and why."""
    company = request.user.company
    found = standings(rows.editable_by(request.user), send_at=clock.now() + THINK_AGAIN, company=company)
    reasons = [(standing.label, number) for standing, number in found.items() if standing != Standing.ASKED]
    return {"asked": found.get(Standing.ASKED, 0), "reasons": reasons, "cooldown": company.survey_cooldown_days}


def _begin(request: PageRequest, rows: CustomerQuerySet, form: BulkForm, query: str) -> HttpResponse:
    at = clock.now()
    with transaction.atomic():
        change = begin(
            rows,
            action=form.cleaned_data["action"],
            parameters=form.parameters(),
            words=form.words(),
            by=request.user,
            at=at,
        )
    if change.rows.count() > BATCH:
        tasks.change_soon()
        return redirect("bulk_change", change.pk)
    while go_on(change, at=at):
        pass
    done = change.counts()[BulkRow.State.CHANGED]
    words = ngettext("%(words)s: %(number)d customer.", "%(words)s: %(number)d customers.", done)
    undo = reverse("bulk_undo", args=[change.pk])
    messages.success(request, words % {"words": change.words, "number": done}, extra_tags=undo if done else "")
    return redirect(f"{reverse('customers')}?{query or 'view='}")


@require_safe
def bulk_changes(request: PageRequest) -> HttpResponse:
    """The latest changes the person made; an administrator sees those of all."""
    rows = BulkChange.objects.visible_to(request.user).select_related("by")[:SHOWN]
    return render(request, "dashboard/bulk_changes.html", {"changes": rows, "at": clock.now()})


@require_safe
def bulk_change(request: PageRequest, pk: int) -> HttpResponse:
    """How far a change is; for htmx, which asks again until it is through, its state alone."""
    change = get_object_or_404(BulkChange.objects.visible_to(request.user).select_related("by"), pk=pk)
    counts = change.counts()
    context = {
        "change": change,
        "counts": counts,
        "done": counts["total"] - counts["waiting"],
        "may_be_undone": change.may_be_undone(clock.now()),
        "at": clock.now(),
    }
    return render(request, "dashboard/bulk_change.html" + ("#state" if request.htmx else ""), context)


@require_POST
def bulk_undo(request: PageRequest, pk: int) -> HttpResponse:
    """Takes a change back, whoever has not been changed since."""
    change = get_object_or_404(BulkChange.objects.visible_to(request.user), pk=pk)
    if ask_to_undo(change, at=clock.now()):
        tasks.change_soon()
    else:
        messages.warning(request, _("This was taken back already, or is too long ago."))
    target = reverse("bulk_change", args=[pk])
    if request.htmx:
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target)
