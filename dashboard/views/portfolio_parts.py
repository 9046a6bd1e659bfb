"""What stands behind the portfolio: who turned red within a week, and what each member of staff looks after."""

from dataclasses import dataclass
from typing import Any

from django.db.models import FETCH_RAISE
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import PersonRequest, managers_only
from customers.models import Customer
from dashboard.list_quality import BY_PLACE
from dashboard.paging import page_of
from dashboard.portfolio import PortfolioFilter, with_words
from dashboard.views.portfolio import lists_behind
from retention.counting import Figures, figures, loads
from retention.models import CustomerRisk, RiskSnapshot, RiskSnapshotQuerySet
from retention.staying import of_part
from retention.turning import IN, OUT, Week, why_in, why_out
from retention_crm.lib import clock

PAGE_SIZE = 25


@dataclass(frozen=True)
class Turned:
    """A customer who came into the band at risk or left it, and why."""

    snapshot: RiskSnapshot
    why: list[str]


@dataclass(frozen=True)
class Load:
    """What one member of staff looks after, with the lists behind the figures."""

    owner: User
    figures: Figures
    behind: dict[str, str]


@require_safe
@managers_only
def portfolio_week(request: PersonRequest) -> HttpResponse:
    """Who came into the band at risk within a week, or with ?show=out who left it."""
    filters, week = scope_of(request), Week.latest()
    kind = OUT if request.GET.get("show") == OUT else IN
    file = with_words(reverse("figures_export", args=["week"]), filters.scope | {"show": kind})
    context: dict[str, Any] = {"week": week, "kind": kind, "filters": filters, "file": file}
    if week is not None:
        context |= _turned(request, filters, week, kind)
    return render(request, "dashboard/portfolio_week.html", context)


def _turned(request: PersonRequest, filters: PortfolioFilter, week: Week, kind: str) -> dict[str, Any]:
    at = clock.now()
    part, on = filters.part, request.user.today(at)
    page = page_of(
        turned_rows(request, filters, week, kind)
        .select_related("customer__owner", "customer__risk")
        .defer("customer__care_note")
        .fetch_mode(FETCH_RAISE),
        BY_PLACE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    here = reverse("portfolio_week")
    words = filters.scope | {"show": kind}
    return {
        "figures": figures(part, request.user.company, at=at),
        "rows": [Turned(row, why_in(row, on) if kind == IN else [why_out(row, week)]) for row in page.rows],
        "ways": {IN: with_words(here, filters.scope), OUT: with_words(here, filters.scope | {"show": OUT})},
        "following": with_words(here, words | {"after": page.following}) if page.following else "",
        "preceding": with_words(here, words | {"before": page.preceding}) if page.preceding else "",
    }


def turned_rows(request: PersonRequest, filters: PortfolioFilter, week: Week, kind: str) -> RiskSnapshotQuerySet:
    """Those who came in or went out, of the part of the company that is chosen."""
    rows = RiskSnapshot.objects.visible_to(request.user)
    if filters.scope:
        rows = rows.filter(customer__in=of_part(Customer.objects.all(), filters.part).order_by().values("pk"))
    return week.turned(rows, kind)


@require_safe
@managers_only
def portfolio_people(request: PersonRequest) -> HttpResponse:
    """What each member of staff looks after, those with most at risk first."""
    filters, at, company = scope_of(request), clock.now(), request.user.company
    found = loads(filters.part, company, at=at)
    people = User.objects.in_bulk([owner for owner, _figures in found])
    context = {
        "filters": filters,
        "file": with_words(reverse("figures_export", args=["people"]), filters.scope),
        "loads": [
            Load(people[owner], one, lists_behind(filters.scope | {"owner": str(owner)})) for owner, one in found
        ],
        "at": at,
        "currency": company.currency,
    }
    return render(request, "dashboard/portfolio_people.html", context)


def scope_of(request: PersonRequest) -> PortfolioFilter:
    return PortfolioFilter(request.GET, CustomerRisk.objects.visible_to(request.user), request=request)
