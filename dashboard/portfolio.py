"""What the list of the portfolio can be narrowed to and sorted by."""

from collections.abc import Callable, Mapping
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import Form
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Team, User
from customers.models import Customer, Segment, Tag
from dashboard.paging import Order
from interactions.models import Complaint, ComplaintQuerySet, FollowUp, FollowUpQuerySet
from retention.counting import Part, first_opinion_moment
from retention.models import ATTENTION, RISK_KEY, Band, CustomerRisk, CustomerRiskQuerySet, ranked
from retention_crm.lib import clock
from retention_crm.lib.form_base import QuickSelect
from surveys.models import Response, ResponseQuerySet

_SCOPE = ("owner", "team", "segment", "tag")
EVERY_BAND = "all"
BANDS = [*((band.value, band.label) for band in Band), (EVERY_BAND, _("Every band"))]
SIGNALS = {
    "complaint": _("Open complaint"),
    "detractor": _("Unhappy answer in the last 90 days"),
    "promise": _("Promise that is late"),
}
SORTS = {
    "weighted": _("Risk × value"),
    "value": _("Value of the last year"),
    "risk": _("Risk"),
}
ORDERS = {
    "weighted": Order(ranked("value_at_risk"), float, descending=True),
    "value": Order(ranked("value_last_year"), float, descending=True),
    "risk": Order(RISK_KEY, float, descending=True),
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

    tag = filters.ModelChoiceFilter(
        **_select(label=_("Tag"), queryset=Tag.objects.all(), method="tagged", empty_label=_("Any tag"))
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
        return {name: value for name, value in self.words.items() if name in _SCOPE}

    @property
    def narrows(self) -> bool:
        """Whether anything at all is left out by choice."""
        return bool(self.words.keys() - {"sort"})

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set that the page otherwise hides."""
        return bool(self.words.keys() - {"sort", "band"})

    def tagged(self, rows: CustomerRiskQuerySet, _name: str, tag: Tag) -> CustomerRiskQuerySet:
        marked = Customer.tags.through.objects.filter(customer=OuterRef("pk"), tag=tag)
        return rows.filter(Exists(marked))

    def unchanged(self, rows: CustomerRiskQuerySet, _name: str, _value: str) -> CustomerRiskQuerySet:
        return rows

    def filter_queryset(self, queryset: CustomerRiskQuerySet) -> CustomerRiskQuerySet:
        rows: CustomerRiskQuerySet = super().filter_queryset(queryset).filter(customer__lost_on__isnull=True)
        signal = self.form.cleaned_data.get("signal")
        if signal:
            rows = rows.filter(Exists(_HAVING[signal](self.request.user).filter(customer_id=OuterRef("pk"))))
        band = self.form.cleaned_data.get("band")
        if band == EVERY_BAND:
            return rows
        return rows.filter(band=band) if band else rows.filter(band__in=ATTENTION)

    @property
    def part(self) -> Part:
        """The same part of the company for the figures."""
        chosen = self.form.cleaned_data if self.is_bound else {}
        return Part(**{name: chosen[name].pk for name in _SCOPE if chosen.get(name)})


def _unhappy(user: User) -> ResponseQuerySet:
    """Answers of detractors in the last 90 days."""
    since = first_opinion_moment(Company.current(), clock.now())
    return Response.objects.visible_to(user).detractors().filter(answered_at__gte=since)


def _complaints(user: User) -> ComplaintQuerySet:
    return Complaint.objects.visible_to(user).open()


def _promises(user: User) -> FollowUpQuerySet:
    """Promises to customers that are late by now."""
    return FollowUp.objects.visible_to(user).promises().due_by(clock.now())


_HAVING: dict[str, Callable[[User], QuerySet[Any]]] = {
    "complaint": _complaints,
    "detractor": _unhappy,
    "promise": _promises,
}


def with_words(address: str, words: Mapping[str, str]) -> str:
    """The address with these parameters."""
    query = QueryDict(mutable=True)
    query.update(words)
    return f"{address}?{query.urlencode()}" if words else address
