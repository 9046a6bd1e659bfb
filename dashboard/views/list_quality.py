"""How good the list of customers at risk was, with the customers behind each figure. For managers."""

from typing import Any

from django.contrib import messages
from django.db.models import FETCH_RAISE
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest, managers_only, managers_read_administrators_change
from dashboard import list_quality as lists
from dashboard.charts import calibration
from dashboard.paging import page_of
from dashboard.views.replying import form_status
from retention.list_forms import ListRulesForm
from retention.models import ListRules, RiskSnapshot
from retention.proving import Proof, capacity

PAGE_SIZE = 25


@require_safe
@managers_only
def list_quality(request: PersonRequest, until: str = "") -> HttpResponse:
    """What became of those on the list of 90 days before, and one page of those behind the figure that is chosen.

    With a day (2026-03-31) what was found on that day.
    """
    proof = Proof.of(until) if until else Proof.latest()
    if until and proof is None:
        raise Http404
    if proof is None:
        return render(request, "dashboard/list_quality.html", {"proof": None})
    chosen = request.GET.get("show", "")
    kind = chosen if chosen in lists.TITLES else lists.FLAGGED_LOST
    rows = lists.behind(RiskSnapshot.objects.visible_to(request.user), proof.quality, kind)
    page = page_of(
        rows.select_related("customer__owner").defer("customer__care_note").fetch_mode(FETCH_RAISE),
        lists.BY_SILENCE if kind == lists.LONGEST else lists.BY_PLACE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    list_page = reverse("list_quality_of", args=[until]) if until else reverse("list_quality")
    here = f"{list_page}?show={kind}"
    context: dict[str, Any] = {
        "proof": proof,
        "quality": proof.quality,
        "points": calibration(proof.bars),
        "earlier": lists.earlier(proof.quality),
        "list_page": list_page,
        "files": {name: f"{reverse('figures_export', args=[name])}?of={until}" for name in ("list", "said")},
        "kind": kind,
        "title": lists.TITLES[kind],
        "rows": [lists.in_words(row, proof.quality) for row in page.rows],
        "following": f"{here}&after={page.following}#list" if page.following else "",
        "preceding": f"{here}&before={page.preceding}#list" if page.preceding else "",
        "currency": request.user.company.currency,
    }
    return render(request, "dashboard/list_quality.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_read_administrators_change
def list_rules(request: PersonRequest) -> HttpResponse:
    """For how many customers the team has time in a week."""
    form = ListRulesForm(request.POST if request.method == "POST" else None, instance=ListRules.current())
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("list_rules")
    context = {"form": form, "capacity": capacity()}
    return render(request, "dashboard/list_rules.html", context, status=form_status(form))
