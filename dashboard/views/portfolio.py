"""The portfolio: who is at risk, what that is worth, and how well customers are cared for. For managers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import FETCH_RAISE
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import User
from customers.models import Stage
from dashboard.losses import Choice
from dashboard.paging import page_of
from dashboard.plans import all_plans, counts
from dashboard.portfolio import EVERY_BAND, ORDERS, PortfolioFilter, with_words
from dashboard.renewals import ahead
from dashboard.views.replying import PageRequest
from retention.counting import Figures, figures
from retention.learning import UNKNOWN
from retention.models import Band, CustomerRisk, CustomerRiskQuerySet, Loss, RiskScale
from retention.proving import Proof
from retention.wording import chance, signals_in_words, summary, who_went_quiet_in_short
from retention_crm.lib import clock

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    risk: CustomerRisk
    quiet: str
    who: str
    signals: list[str]
    percent: int | None


@require_safe
def portfolio(request: PageRequest) -> HttpResponse:
    """The head figures and one page of the list, both of the part of the company that is chosen.

    What it can be narrowed by is fetched when somebody wants to (`?filters=1`), unless the page is narrowed already.
    """
    if not request.user.is_manager:
        raise PermissionDenied
    rows = CustomerRisk.objects.visible_to(request.user)
    filters = PortfolioFilter(request.GET, rows, request=request)
    if request.htmx and "filters" in request.GET:
        return _with_vary(render(request, "dashboard/portfolio.html#filters", {"filters": filters}))
    return _with_vary(render(request, "dashboard/portfolio.html", _context(request, filters, rows)))


def _context(request: PageRequest, filters: PortfolioFilter, rows: CustomerRiskQuerySet) -> dict[str, Any]:
    page = page_of(
        filters.qs.annotate(scale=RiskScale.objects.latest_as_json())
        .select_related("customer__owner")
        .defer("customer__care_note")
        .fetch_mode(FETCH_RAISE),
        ORDERS[filters.form.cleaned_data.get("sort") or "weighted"],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    at, company = clock.now(), request.user.company
    on = request.user.today(at)
    counted = figures(filters.part, company, at=at)
    return {
        "filters": filters,
        "shows_filters": "filters" in request.GET,
        "filters_address": with_words(reverse("portfolio"), filters.words | {"filters": "1"}),
        "figures": counted,
        "at": at,
        "on": on,
        "rows": [_row(risk, on) for risk in page.rows],
        "following": _address(filters, after=page.following),
        "preceding": _address(filters, before=page.preceding),
        "behind": lists_behind(filters.scope),
        "files": {
            name: with_words(reverse("figures_export", args=[name]), filters.scope) for name in ("portfolio", "stages")
        },
        "stages": _stages(counted, filters.scope),
        "renewals": ahead(request.user, filters.part, on=on),
        "renewals_address": with_words(reverse("renewals"), filters.scope),
        "plans": counts(all_plans(request.user, at=at)),
        "proof": Proof.latest(),
        "unexplained": _unexplained(request.user, on),
        "losses_address": Choice.last_year(on).address(kind=UNKNOWN),
        "has_history": bool(page.rows) or rows.filter(contact_days__gt=1).exists(),
        "currency": company.currency,
    }


def _with_vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response


def _row(risk: CustomerRisk, on: date) -> Row:
    percent = chance(risk, RiskScale.read(getattr(risk, "scale", None)))
    return Row(risk, summary(risk, on), who_went_quiet_in_short(risk, on), signals_in_words(risk, on=on), percent)


def _unexplained(user: User, on: date) -> int:
    """Of how many who left in the last year nobody has said why."""
    losses = Loss.objects.visible_to(user).real().unexplained()
    return Choice.last_year(on).of(losses).count()


def lists_behind(scope: dict[str, str]) -> dict[str, str]:
    """The address of the list behind each figure, for that part of the company."""
    here = reverse("portfolio")
    return {
        "customers": with_words(reverse("customers"), scope),
        "week": with_words(reverse("portfolio_week"), scope),
        "people": with_words(reverse("portfolio_people"), scope),
        "promises": with_words(here, scope | {"signal": "promise", "band": EVERY_BAND}),
        "at_risk": with_words(here, scope | {"band": Band.AT_RISK.value}),
        "watch": with_words(here, scope | {"band": Band.WATCH.value}),
        "value": with_words(here, scope | {"band": Band.AT_RISK.value, "sort": "value"}),
        "overdue": with_words(reverse("customers"), scope | {"attention": "overdue", "sort": "due"}),
        "complaints": with_words(here, scope | {"signal": "complaint", "band": EVERY_BAND}),
        "unhappy": with_words(here, scope | {"signal": "detractor", "band": EVERY_BAND}),
    }


@dataclass(frozen=True)
class StageShare:
    """So many customers of that stage, from `x` on in the bar, and their list."""

    stage: Stage
    x: int
    number: int
    address: str


def _stages(counted: Figures, scope: dict[str, str]) -> list[StageShare]:
    shares, x = [], 0
    for stage in Stage:
        number = counted.stages.get(stage, 0)
        shares.append(StageShare(stage, x, number, with_words(reverse("customers"), scope | {"stage": stage.value})))
        x += number
    return shares


def _address(filters: PortfolioFilter, **place: str) -> str:
    """Where the list goes on at that place; empty for a place that is not there."""
    return with_words(reverse("portfolio"), filters.words | place) if any(place.values()) else ""
