"""What the customer list can be narrowed to."""

from typing import Any

import django_filters as filters
from django.db.models import Q
from django.forms import Form
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from customers import searching
from customers.models import Customer, CustomerQuerySet, Segment, Stage
from retention.models import Band
from retention_crm.lib.form_base import QuickSelect

SORTS = {
    "name": _("Name"),
    "due": _("Next contact due, earliest first"),
    "quiet": _("Last contact, longest ago first"),
    "recent": _("Last contact, latest first"),
}
ATTENTION = {"overdue": _("Contact overdue"), "never": _("Never contacted")}
STATES = {"lost": _("Lost customers"), "all": _("Kept and lost")}


def _people_whose_customers_show(request: Any) -> Any:
    users = User.objects.get_queryset().only("name", "email")
    return users.active() if request.user.reads_everything else users.colleagues_of(request.user)


class CustomerFilter(filters.FilterSet):  # type: ignore[misc]
    """Every part is optional; a value that means nothing gets a message and narrows nothing."""

    q = filters.CharFilter(label=_("Search"), method="search", max_length=200)
    owner = filters.ModelChoiceFilter(
        widget=QuickSelect, label=_("Owner"), queryset=_people_whose_customers_show, empty_label=_("Anyone")
    )
    team = filters.ModelChoiceFilter(
        widget=QuickSelect, label=_("Team"), queryset=Team.objects.all(), method="of_team", empty_label=_("Any team")
    )
    segment = filters.ModelChoiceFilter(
        widget=QuickSelect, label=_("Segment"), queryset=Segment.objects.all(), empty_label=_("Any segment")
    )
    stage = filters.ChoiceFilter(
        widget=QuickSelect, label=_("Stage"), choices=Stage.choices, empty_label=_("Any stage")
    )
    band = filters.ChoiceFilter(
        widget=QuickSelect, label=_("Risk"), choices=Band.choices, method="in_band", empty_label=_("Any risk")
    )
    attention = filters.ChoiceFilter(
        widget=QuickSelect,
        label=_("Contact"),
        choices=list(ATTENTION.items()),
        method="needing",
        empty_label=_("Any time"),
    )
    state = filters.ChoiceFilter(
        widget=QuickSelect,
        label=_("Lost or kept"),
        choices=list(STATES.items()),
        method="in_state",
        empty_label=_("Kept customers"),
    )
    sort = filters.ChoiceFilter(
        widget=QuickSelect, label=_("Order"), choices=list(SORTS.items()), method="unchanged", empty_label=None
    )

    class Meta:
        model = Customer
        fields: list[str] = []

    @cached_property
    def form(self) -> Form:
        form: Form = super().form
        for name, field in form.fields.items():
            kind = "form-control" if name == "q" else "form-select"
            field.widget.attrs["class"] = kind + (" is-invalid" if name in form.errors else "")
        form.fields["q"].widget.attrs.update({"type": "search", "placeholder": _("Name, e-mail or phone")})
        return form

    @property
    def words(self) -> dict[str, str]:
        """The parameters that narrow or sort, as they came; what an address needs to show the same list."""
        return {name: self.data[name] for name in self.filters if self.data.get(name)}

    @property
    def narrows(self) -> bool:
        """Whether anything at all is left out by choice."""
        return bool(self.words.keys() - {"sort"})

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter beside the search is set, so that the page shows them."""
        return bool(self.words.keys() - {"sort", "q"})

    def search(self, rows: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        return searching.search(rows, value)

    def of_team(self, rows: CustomerQuerySet, _name: str, team: Team) -> CustomerQuerySet:
        return rows.filter(owner_id__in=User.objects.filter(team=team).values("pk"))

    def in_band(self, rows: CustomerQuerySet, _name: str, band: str) -> CustomerQuerySet:
        wanted = Q(risk__band=band)
        return rows.filter(wanted | Q(risk__isnull=True) if band == Band.UNKNOWN else wanted)

    def needing(self, rows: CustomerQuerySet, _name: str, attention: str) -> CustomerQuerySet:
        if attention == "overdue":
            return rows.overdue(on=self.request.user.today())
        return rows.filter(last_touchpoint_at__isnull=True)

    def in_state(self, rows: CustomerQuerySet, _name: str, state: str) -> CustomerQuerySet:
        return rows.filter(lost_on__isnull=False) if state == "lost" else rows

    def unchanged(self, rows: CustomerQuerySet, _name: str, _value: str) -> CustomerQuerySet:
        return rows

    def filter_queryset(self, queryset: CustomerQuerySet) -> CustomerQuerySet:
        rows: CustomerQuerySet = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.kept()
