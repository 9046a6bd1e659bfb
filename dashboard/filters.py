"""What the customer list can be narrowed to."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, Q
from django.forms import BoundField, CheckboxSelectMultiple, Form
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from customers import searching
from customers.models import Contact, Customer, CustomerQuerySet, CustomField, Segment, Stage, Tag
from dashboard.columns import COLUMNS, USUAL, Column, column_of
from dashboard.own_filters import filters_for
from dashboard.sorting import SORTS, USUAL_ORDER
from interactions.models import FollowUp
from retention.models import Band
from retention_crm.lib.form_base import QuickSelect

ATTENTION = {
    "overdue": _("Contact overdue"),
    "week": _("Due within a week"),
    "never": _("Never contacted"),
    "quiet30": _("No contact for 30 days"),
    "quiet90": _("No contact for 90 days"),
    "no_step": _("No next step"),
    "birthday": _("Birthday this month"),
}
# Parameters that change how a list looks, not what stands on it.
_LOOKS = frozenset({"sort", "columns"})
STATES = {"lost": _("Lost customers"), "all": _("Kept and lost")}


def _people_whose_customers_show(request: Any) -> Any:
    users = User.objects.get_queryset().only("name", "email")
    return users.active() if request.user.reads_everything else users.colleagues_of(request.user)


def _quiet_for(days: int) -> Callable[[CustomerQuerySet, date], CustomerQuerySet]:
    return lambda rows, today: rows.filter(last_touchpoint_on__lt=today - timedelta(days=days))


def _without_next_step(rows: CustomerQuerySet, _today: date) -> CustomerQuerySet:
    return rows.filter(~Exists(FollowUp.objects.open().filter(customer=OuterRef("pk"))), do_not_contact=False)


def _with_birthday(rows: CustomerQuerySet, today: date) -> CustomerQuerySet:
    born = Contact.objects.filter(customer=OuterRef("pk"), birthday_month=today.month, deceased=False)
    return rows.filter(Exists(born))


_NEEDING: dict[str, Callable[[CustomerQuerySet, date], CustomerQuerySet]] = {
    "overdue": lambda rows, today: rows.overdue(on=today),
    "week": lambda rows, today: rows.cared_for().filter(next_due_on__range=(today, today + timedelta(days=7))),
    "never": lambda rows, _today: rows.filter(last_touchpoint_at__isnull=True),
    "quiet30": _quiet_for(30),
    "quiet90": _quiet_for(90),
    "no_step": _without_next_step,
    "birthday": _with_birthday,
}


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
    tag = filters.ModelChoiceFilter(
        widget=QuickSelect, label=_("Tag"), queryset=Tag.objects.all(), method="tagged", empty_label=_("Any tag")
    )
    sort = filters.ChoiceFilter(
        widget=QuickSelect, label=_("Order"), choices=list(SORTS.items()), method="unchanged", empty_label=None
    )

    columns = filters.MultipleChoiceFilter(
        widget=CheckboxSelectMultiple, label=_("Columns"), choices=[], method="unchanged"
    )

    class Meta:
        model = Customer
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = list(CustomField.objects.used())
        self.known_columns = [*COLUMNS, *map(column_of, own)]
        self.filters["columns"].extra["choices"] = [(column.name, column.label) for column in self.known_columns]
        self.own_names: list[str] = []
        for field in own:
            for name, narrowing in filters_for(field).items():
                narrowing.parent, narrowing.model = self, Customer
                self.filters[name] = narrowing
                self.own_names.append(name)

    @cached_property
    def form(self) -> Form:
        form: Form = super().form
        for name, field in form.fields.items():
            if name == "columns":
                continue
            kind = "form-select" if isinstance(field.widget, QuickSelect) else "form-control"
            field.widget.attrs["class"] = kind + (" is-invalid" if name in form.errors else "")
        form.fields["q"].widget.attrs.update({"type": "search", "placeholder": _("Name, e-mail or phone")})
        return form

    @property
    def words(self) -> dict[str, list[str]]:
        """The parameters that narrow, sort or choose columns, as they came; what an address needs for the same list."""
        given = {name: [value for value in self.data.getlist(name) if value] for name in self.filters}
        if set(given["columns"]) == set(USUAL):
            given["columns"] = []
        return {name: values for name, values in given.items() if values}

    @property
    def query(self) -> QueryDict:
        """Those of them that mean something, for an address."""
        query = QueryDict(mutable=True)
        for name, values in self.words.items():
            if name not in self.form.errors:
                query.setlist(name, values)
        return query

    @property
    def columns_shown(self) -> list[Column]:
        """Those that were chosen, or the usual ones, in the order all of them have."""
        chosen = self.form.cleaned_data.get("columns") or USUAL
        return [column for column in self.known_columns if column.name in chosen]

    @property
    def order(self) -> str:
        """The name of the order the list stands in."""
        chosen: str = self.form.cleaned_data.get("sort") or USUAL_ORDER
        return chosen

    @property
    def own_fields(self) -> list[BoundField]:
        """What narrows by the company's own fields."""
        return [self.form[name] for name in self.own_names]

    @property
    def narrows(self) -> bool:
        """Whether anything at all is left out by choice."""
        return bool(self.words.keys() - _LOOKS)

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter beside the search is set, so that the page shows them."""
        return bool(self.words.keys() - _LOOKS - {"q"})

    def search(self, rows: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        return searching.search(rows, value)

    def of_team(self, rows: CustomerQuerySet, _name: str, team: Team) -> CustomerQuerySet:
        return rows.filter(owner_id__in=User.objects.filter(team=team).values("pk"))

    def in_band(self, rows: CustomerQuerySet, _name: str, band: str) -> CustomerQuerySet:
        wanted = Q(risk__band=band)
        return rows.filter(wanted | Q(risk__isnull=True) if band == Band.UNKNOWN else wanted)

    def needing(self, rows: CustomerQuerySet, _name: str, attention: str) -> CustomerQuerySet:
        return _NEEDING[attention](rows, self.request.user.today())

    def tagged(self, rows: CustomerQuerySet, _name: str, tag: Tag) -> CustomerQuerySet:
        marked = Customer.tags.through.objects.filter(customer=OuterRef("pk"), tag=tag)
        return rows.filter(Exists(marked))

    def in_state(self, rows: CustomerQuerySet, _name: str, state: str) -> CustomerQuerySet:
        return rows.filter(lost_on__isnull=False) if state == "lost" else rows

    def unchanged(self, rows: CustomerQuerySet, _name: str, _value: str) -> CustomerQuerySet:
        return rows

    def filter_queryset(self, queryset: CustomerQuerySet) -> CustomerQuerySet:
        rows: CustomerQuerySet = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.kept()
