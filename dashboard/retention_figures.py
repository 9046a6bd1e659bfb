"""What the page of retention figures is about: which part of the company, which year, and which file."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from customers.models import Segment, Tag
from dashboard.csv_files import as_csv
from retention.counting import Part
from retention.staying import BACK, KEPT, LOST, NEW, START, WON_BACK, Year
from retention.surviving import Cohort, Step, Survival
from retention_crm.lib import dates
from retention_crm.lib.form_base import QuickSelect

_PART = ("owner", "team", "segment", "tag")
_FORMER_YEARS = 3
TITLES: dict[str, Any] = {
    LOST: gettext_lazy("Were customers at the start, and are no more"),
    START: gettext_lazy("Customers at the start"),
    KEPT: gettext_lazy("Stayed"),
    NEW: gettext_lazy("Came in that year"),
    BACK: gettext_lazy("Had left before, and are back"),
    WON_BACK: gettext_lazy("Won back in that year"),
}


class ChoiceForm(forms.Form):
    """Everything is optional; what is no choice narrows nothing."""

    year = forms.ChoiceField(label=gettext_lazy("Year"), required=False, widget=QuickSelect)
    by = forms.ChoiceField(
        label=gettext_lazy("Cohorts by"),
        required=False,
        widget=QuickSelect,
        choices=[(step.value, step.label) for step in Step],
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.none(),
        required=False,
        widget=QuickSelect,
        empty_label=gettext_lazy("Anyone"),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.all(),
        required=False,
        widget=QuickSelect,
        empty_label=gettext_lazy("Any team"),
    )
    segment = forms.ModelChoiceField(
        label=gettext_lazy("Segment"),
        queryset=Segment.objects.all(),
        required=False,
        widget=QuickSelect,
        empty_label=gettext_lazy("Any segment"),
    )
    tag = forms.ModelChoiceField(
        label=gettext_lazy("Tag"),
        queryset=Tag.objects.all(),
        required=False,
        widget=QuickSelect,
        empty_label=gettext_lazy("Any tag"),
    )

    def __init__(self, data: QueryDict, *, on: date) -> None:
        super().__init__(data)
        year, owner = self.fields["year"], self.fields["owner"]
        assert isinstance(year, forms.ChoiceField) and isinstance(owner, forms.ModelChoiceField)
        former = [str(on.year - ago) for ago in range(1, _FORMER_YEARS + 1)]
        year.choices = [("", _("The last twelve months")), *((name, name) for name in former)]
        owner.queryset = User.objects.get_queryset().active()
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" + (" is-invalid" if name in self.errors else "")


@dataclass(frozen=True)
class Choice:
    """What an address chose."""

    form: ChoiceForm
    on: date
    words: dict[str, str]

    @classmethod
    def read(cls, get: QueryDict, *, on: date) -> "Choice":
        form = ChoiceForm(get, on=on)
        form.is_valid()
        return cls(form, on, {name: word for name in form.fields if (word := str(get.get(name, "")))})

    @property
    def part(self) -> Part:
        chosen = self.form.cleaned_data
        return Part(**{name: chosen[name].pk for name in _PART if chosen.get(name)})

    @property
    def year(self) -> Year:
        chosen = self.form.cleaned_data.get("year")
        return Year(date(int(chosen), 12, 31) if chosen else self.on)

    @property
    def step(self) -> Step:
        return Step(self.form.cleaned_data.get("by") or Step.YEAR)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words.keys() & set(_PART))

    def address(self, view: str = "retention_figures", *args: str, **more: str) -> str:
        """The page, or another view of the same choice, with more."""
        query = QueryDict(mutable=True)
        query.update(self.words | {name: value for name, value in more.items() if value})
        return f"{reverse(view, args=args)}?{query.urlencode()}"


def cohort_name(cohort: Cohort, step: Step) -> str:
    """The year, or the year and the quarter."""
    if step is Step.YEAR:
        return str(cohort.began.year)
    words = {"year": cohort.began.year, "quarter": (cohort.began.month + 2) // 3}
    return _("%(year)d, quarter %(quarter)d") % words


def cohorts_as_csv(cohorts: list[Cohort], step: Step) -> bytes:
    """A line for each cohort: its first day, its size, and how many were there after each step."""
    steps = range(1, len(cohorts[0].there) + 1) if cohorts else ()
    head = [_("Came"), _("Customers"), *(f"{step.label} {number}" for number in steps)]
    rows = ([cohort_name(cohort, step), cohort.size, *cohort.there] for cohort in cohorts)
    return as_csv(head, rows)


def survival_as_csv(survival: Survival) -> bytes:
    """A line for each day somebody left on, counted from the day they came."""
    head = [_("Days"), _("Customers until then"), _("Left"), _("Share"), _("Lower bound"), _("Upper bound")]
    rows = (
        [stand.days, stand.customers, stand.left, *(f"{x:.6f}" for x in (stand.share, stand.lowest, stand.highest))]
        for stand in survival.stands
    )
    return as_csv(head, rows)


def stay_as_csv(figures: dict[str, Any], year: Year) -> bytes:
    """A line for each figure of the year."""
    span = f"{dates.write(year.first, 'day')} – {dates.write(year.last, 'day')}"
    return as_csv([_("Figure"), span], ([name, value] for name, value in figures.items()))
