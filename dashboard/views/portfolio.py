"""The portfolio: who is at risk, what that is worth, and how well customers are cared for. For managers."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import FETCH_RAISE
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import PersonRequest
from dashboard.losses import Choice
from dashboard.paging import page_of
from dashboard.plans import all_plans, counts
from dashboard.portfolio import EVERY_BAND, ORDERS, PortfolioFilter
from dashboard.renewals import ahead
from retention.counting import figures
from retention.learning import UNKNOWN
from retention.models import Band, CustomerRisk, Loss
from retention.wording import signals_in_words, summary, who_went_quiet_in_short
from retention_crm.lib import clock

PAGE_SIZE = 25


@dataclass(frozen=True)
class Row:
    risk: CustomerRisk
    quiet: str
    who: str
    signals: list[str]


@require_safe
def portfolio(request: PersonRequest) -> HttpResponse:
    """The head figures and one page of the list, both of the part of the company that is chosen."""
    if not request.user.is_manager:
        raise PermissionDenied
    rows = CustomerRisk.objects.visible_to(request.user)
    filters = PortfolioFilter(request.GET, rows, request=request)
    page = page_of(
        filters.qs.select_related("customer__owner").defer("customer__care_note").fetch_mode(FETCH_RAISE),
        ORDERS[filters.form.cleaned_data.get("sort") or "weighted"],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    at, company = clock.now(), request.user.company
    on = request.user.today(at)
    context = {
        "filters": filters,
        "figures": figures(filters.part, company, at=at),
        "at": at,
        "on": on,
        "rows": [_row(risk, on) for risk in page.rows],
        "following": _address(filters, after=page.following),
        "preceding": _address(filters, before=page.preceding),
        "behind": _lists_behind(filters),
        "renewals": ahead(request.user, filters.part, on=on),
        "renewals_address": _with(reverse("renewals"), filters.scope),
        "plans": counts(all_plans(request.user, at=at)),
        "unexplained": _unexplained(request.user, on),
        "losses_address": Choice.last_year(on).address(kind=UNKNOWN),
        "has_history": bool(page.rows) or rows.filter(contact_days__gt=1).exists(),
        "currency": company.currency,
    }
    return render(request, "dashboard/portfolio.html", context)


def _row(risk: CustomerRisk, on: date) -> Row:
    return Row(risk, summary(risk, on), who_went_quiet_in_short(risk, on), signals_in_words(risk, on=on))


def _unexplained(user: User, on: date) -> int:
    """Of how many who left in the last year nobody has said why."""
    losses = Loss.objects.visible_to(user).real().unexplained()
    return Choice.last_year(on).of(losses).count()


def _lists_behind(filters: PortfolioFilter) -> dict[str, str]:
    """The address of the list behind each figure, for the same part of the company."""
    here, scope = reverse("portfolio"), filters.scope
    return {
        "at_risk": _with(here, scope | {"band": Band.AT_RISK.value}),
        "value": _with(here, scope | {"band": Band.AT_RISK.value, "sort": "value"}),
        "overdue": _with(reverse("customers"), scope | {"attention": "overdue", "sort": "due"}),
        "complaints": _with(here, scope | {"signal": "complaint", "band": EVERY_BAND}),
        "unhappy": _with(here, scope | {"signal": "detractor", "band": EVERY_BAND}),
    }


def _address(filters: PortfolioFilter, **place: str) -> str:
    """Where the list goes on at that place; empty for a place that is not there."""
    return _with(reverse("portfolio"), filters.words | place) if any(place.values()) else ""


def _with(address: str, words: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(words)
    return f"{address}?{query.urlencode()}"
