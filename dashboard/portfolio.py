"""The figures of the portfolio page, and what its list can be narrowed to."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django_filters as filters
from django.db.models import Count, Exists, OuterRef, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.forms import Form
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from customers.models import Customer, Segment
from dashboard.paging import Order
from interactions.models import Complaint, ComplaintQuerySet
from retention.models import ATTENTION, Band, CustomerRisk, CustomerRiskQuerySet, ranked
from retention_crm.lib import clock
from retention_crm.lib.form_base import QuickSelect
from surveys.models import Response, ResponseQuerySet

OPINION_DAYS = 90
EVERY_BAND = "all"
BANDS = [*((band.value, band.label) for band in Band), (EVERY_BAND, _("Every band"))]
SIGNALS = {"complaint": _("Open complaint"), "detractor": _("Unhappy answer in the last 90 days")}
SORTS = {
    "weighted": _("Risk × value"),
    "value": _("Value of the last year"),
    "risk": _("Risk"),
}
ORDERS = {
    "weighted": Order(ranked("value_at_risk"), float, descending=True),
    "value": Order(ranked("value_last_year"), float, descending=True),
    "risk": Order(Coalesce("risk", Value(0.0)), float, descending=True),
}


def _select(**options: Any) -> dict[str, Any]:
    return {"widget": QuickSelect, **options}


class PortfolioFilter(filters.FilterSet):  # type: ignore[misc]
    """Every part is optional; without a band the list shows those who ask for something to be done."""

    sort = filters.ChoiceFilter(
        **_select(label=_("Order"), choices=list(SORTS.items()), method="unchanged", empty_label=None)
    )
    band = filters.ChoiceFilter(
        **_select(label=_("Risk"), choices=BANDS, method="unchanged", empty_label=_("At risk and watch"))
    )
    signal = filters.ChoiceFilter(
        **_select(
            label=_("Signal"), choices=list(SIGNALS.items()), method="unchanged", empty_label=_("With or without")
        )
    )
    owner = filters.ModelChoiceFilter(
        **_select(
            label=_("Owner"),
            queryset=lambda _request: User.objects.get_queryset().active(),
            field_name="customer__owner",
            empty_label=_("Anyone"),
        )
    )
    team = filters.ModelChoiceFilter(
        **_select(
            label=_("Team"), queryset=Team.objects.all(), field_name="customer__owner__team", empty_label=_("Any team")
        )
    )
    segment = filters.ModelChoiceFilter(
        **_select(
            label=_("Segment"),
            queryset=Segment.objects.all(),
            field_name="customer__segment",
            empty_label=_("Any segment"),
        )
    )

    class Meta:
        model = CustomerRisk
        fields: list[str] = []

    @cached_property
    def form(self) -> Form:
        form: Form = super().form
        for name, field in form.fields.items():
            field.widget.attrs["class"] = "form-select" + (" is-invalid" if name in form.errors else "")
        return form

    @property
    def words(self) -> dict[str, str]:
        """The parameters as they came; what an address needs to show the same list."""
        return {name: self.data[name] for name in self.filters if self.data.get(name)}

    @property
    def scope(self) -> dict[str, str]:
        """The part of the company looked at: what every figure of the page is narrowed to."""
        return {name: value for name, value in self.words.items() if name in {"owner", "team", "segment"}}

    @property
    def narrows(self) -> bool:
        """Whether anything at all is left out by choice."""
        return bool(self.words.keys() - {"sort"})

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set that the page otherwise hides."""
        return bool(self.words.keys() - {"sort", "band"})

    def unchanged(self, rows: CustomerRiskQuerySet, _name: str, _value: str) -> CustomerRiskQuerySet:
        return rows

    def filter_queryset(self, queryset: CustomerRiskQuerySet) -> CustomerRiskQuerySet:
        rows: CustomerRiskQuerySet = super().filter_queryset(queryset).filter(customer__lost_on__isnull=True)
        signal = self.form.cleaned_data.get("signal")
        if signal:
            having = _complaints if signal == "complaint" else _unhappy
            rows = rows.filter(Exists(having(self.request.user).filter(customer_id=OuterRef("pk"))))
        band = self.form.cleaned_data.get("band")
        if band == EVERY_BAND:
            return rows
        return rows.filter(band=band) if band else rows.filter(band__in=ATTENTION)

    def about(self, path: str) -> Q:
        """The same part of the company for a model from which `path` leads to the customer."""
        fields = {"owner": f"{path}owner", "team": f"{path}owner__team", "segment": f"{path}segment"}
        chosen = {} if self.errors.keys() & fields.keys() else self.form.cleaned_data
        return Q(**{field: chosen[name] for name, field in fields.items() if chosen.get(name)})


def _unhappy(user: User) -> ResponseQuerySet:
    """Answers of detractors in the last 90 days of that person's calendar."""
    first = user.today() - timedelta(days=OPINION_DAYS - 1)
    return (
        Response.objects.visible_to(user)
        .detractors()
        .filter(answered_at__gte=clock.day_bounds(first, user.time_zone)[0])
    )


def _complaints(user: User) -> ComplaintQuerySet:
    return Complaint.objects.visible_to(user).open()


@dataclass(frozen=True)
class Figures:
    """The head of the page; `value` is what those at risk bought in the last year."""

    at_risk: int
    watch: int
    value: Decimal
    cared_for: int
    overdue: int
    complaints: int
    detractors: int

    @property
    def in_time(self) -> int | None:
        """Percent of the customers with a cadence who were contacted within it; rounded down, so 100 means all."""
        return 100 * (self.cared_for - self.overdue) // self.cared_for if self.cared_for else None


def figures(part: PortfolioFilter) -> Figures:
    """Counted anew for each request, in four queries."""
    user: User = part.request.user
    risks = CustomerRisk.objects.visible_to(user).filter(part.about("customer__"))
    bands = {
        band: (number, value)
        for band, number, value in risks.filter(band__in=ATTENTION)
        .order_by()
        .values_list("band")
        .annotate(number=Count("pk"), value=Sum("value_last_year"))
    }
    cared_for = Customer.objects.visible_to(user).cared_for().filter(part.about(""))
    contact = cared_for.aggregate(all=Count("pk"), overdue=Count("pk", filter=Q(next_due_on__lt=user.today())))
    kept = Q(customer__lost_on__isnull=True) & part.about("customer__")
    at_risk, value = bands.get(Band.AT_RISK, (0, Decimal(0)))
    return Figures(
        at_risk=at_risk,
        watch=bands.get(Band.WATCH, (0, Decimal(0)))[0],
        value=value,
        cared_for=contact["all"],
        overdue=contact["overdue"],
        complaints=_complaints(user).filter(kept).order_by().values("customer").distinct().count(),
        detractors=_unhappy(user).filter(kept).order_by().values("customer").distinct().count(),
    )
