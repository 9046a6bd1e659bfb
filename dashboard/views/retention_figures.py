"""Who stays and for how long, in figures, with the customers behind them and the tables as files. For managers."""

from datetime import date
from typing import Any

from django.db.models import FETCH_RAISE, F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest, managers_only
from customers.models import Customer, CustomerQuerySet
from dashboard.charts import survival_curve
from dashboard.csv_files import csv_file
from dashboard.losses import Choice as LossChoice
from dashboard.paging import Order, page_of
from dashboard.periods import Days
from dashboard.retention_figures import (
    TITLES,
    Choice,
    cohort_name,
    cohorts_as_csv,
    stay_as_csv,
    survival_as_csv,
)
from retention.forms import PeriodForm
from retention.staying import LOST, Stay, behind, of_part, stay
from retention.surviving import cohorts, expected, survival

PAGE_SIZE = 25
BY_NAME = Order(F("sort_key"))


@require_safe
@managers_only
def retention_figures(request: PersonRequest) -> HttpResponse:
    """The figures of the year and the part of the company that are chosen, and those behind one of them."""
    on = request.user.today()
    choice = Choice.read(request.GET, on=on)
    customers, chosen = _customers(request, choice), request.GET.get("show", "")
    kind = chosen if chosen in TITLES else LOST
    page = page_of(
        behind(customers, choice.year, kind).select_related("owner").defer("care_note").fetch_mode(FETCH_RAISE),
        BY_NAME,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    curve = survival(choice.part, on)
    context: dict[str, Any] = {
        "choice": choice,
        "year": choice.year,
        "stay": stay(customers, choice.part, choice.year),
        "behind": {name: f"{choice.address(show=name)}#list" for name in TITLES},
        "losses": LossChoice(Days(PeriodForm(), _next_day(choice.year.first), choice.year.last)).address(),
        "cohorts": [(cohort_name(cohort, choice.step), cohort) for cohort in cohorts(choice.part, on, choice.step)],
        "survival": curve,
        "curve": survival_curve(curve),
        "expected": expected(choice.part, on),
        "files": {name: choice.address("retention_export", name) for name in ("year", "cohorts", "survival")},
        "title": TITLES[kind],
        "rows": page.rows,
        "following": f"{choice.address(show=kind, after=page.following)}#list" if page.following else "",
        "preceding": f"{choice.address(show=kind, before=page.preceding)}#list" if page.preceding else "",
        "currency": request.user.company.currency,
    }
    return render(request, "dashboard/retention_figures.html", context)


@require_safe
@managers_only
def retention_export(request: PersonRequest, table: str) -> HttpResponse:
    """One of the tables as CSV, of the same choice."""
    on = request.user.today()
    choice = Choice.read(request.GET, on=on)
    if table == "year":
        figures = stay(_customers(request, choice), choice.part, choice.year)
        content = stay_as_csv(_named(figures, request.user.company.currency), choice.year)
    elif table == "cohorts":
        content = cohorts_as_csv(cohorts(choice.part, on, choice.step), choice.step)
    elif table == "survival":
        content = survival_as_csv(survival(choice.part, on))
    else:
        raise Http404
    return csv_file(f"retention-{table}-{on.isoformat()}", content)


def _customers(request: PersonRequest, choice: Choice) -> CustomerQuerySet:
    return of_part(Customer.objects.visible_to(request.user), choice.part)


def _named(figures: Stay, currency: str) -> dict[str, Any]:
    return {
        _("Customers at the start"): figures.start,
        _("Stayed"): figures.kept,
        _("Left"): figures.lost,
        _("Came"): figures.new,
        _("Back"): figures.back,
        _("Won back in that year"): figures.won_back,
        _("Bought in the year before (%(currency)s)") % {"currency": currency}: figures.before,
        _("Bought in the year (%(currency)s)") % {"currency": currency}: figures.after,
        _("Of it no more than before (%(currency)s)") % {"currency": currency}: figures.held,
    }


def _next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
