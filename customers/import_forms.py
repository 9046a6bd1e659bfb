"""Forms of an import: the file, how it is read, and where its columns go."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from crispy_forms.layout import Field
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.dates import MONTHS
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from customers.forms import EARLIEST
from customers.importing.csv_files import DELIMITERS, ENCODINGS
from customers.importing.recognising import day_order
from customers.importing.targets import DAYS, GROUPS, MANY, NAMING, Target
from customers.importing.written_days import read_day
from customers.models import CustomField, Import, Language, Segment
from retention_crm.lib import text
from retention_crm.lib.form_base import HALF, CarefulForm, CountryChoice, DayInput, QuickSelect, page_layout, row

# Whoever is a customer since a few days is thanked for it; nobody is for having been imported.
SINCE_BEFORE = timedelta(days=7)
MODES = (
    ("fill", _("Fill what is empty, change nothing")),
    ("overwrite", _("Overwrite with what the file says")),
    ("skip", _("Leave them as they are")),
)


class UploadForm(CarefulForm, forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.vcf"}),
        error_messages={"empty": _("The file is empty."), "required": _("Choose a file first.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = page_layout("file")

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_MB * 1024 * 1024:
            size, most = (file.size or 0) // 1024 // 1024, settings.IMPORT_MAX_MB
            words = _("The file has %(size)d MB; %(most)d are allowed. Split it, or leave out pictures.")
            raise ValidationError(words, params={"size": size, "most": most})
        return file


class ReadingForm(forms.Form):
    """How a text file is read, where it was not recognised rightly."""

    encoding = forms.ChoiceField(label=_("Characters"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=_("Between the columns"), choices=list(DELIMITERS.items()))
    headless = forms.BooleanField(label=_("The first line is data"), required=False)

    def __init__(self, *args: Any, intake: Import, **kwargs: Any) -> None:
        found = intake.found
        first = {"encoding": found.get("encoding", ""), "delimiter": found.get("delimiter", "")}
        super().__init__(*args, **kwargs)
        self.initial = {**first, "headless": intake.reading.get("headless", False)}
        if found.get("format") != "csv":
            del self.fields["delimiter"], self.fields["headless"]
        self.helper = page_layout(*self.fields)


class ColumnsForm(CarefulForm, forms.Form):
    """Where each column goes, in what order its days are, and what counts where the file says nothing."""

    mode = forms.ChoiceField(label=_("Who is there already"), choices=MODES, initial="fill", widget=forms.RadioSelect)
    owner = forms.ModelChoiceField(label=_("Owner of new customers"), queryset=User.objects.none(), empty_label=None)
    segment = forms.ModelChoiceField(
        label=_("Segment of new customers"), queryset=Segment.objects.none(), empty_label=None
    )
    since = forms.DateField(
        label=_("Customers since"),
        widget=DayInput(),
        help_text=_("Where the file does not say. Cadences count from it."),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=Language.choices, help_text=_("Where the file does not say.")
    )
    country = CountryChoice(
        label=_("Country of telephone numbers"),
        empty_label=_("Leave numbers without + as they are"),
        help_text=_("For numbers like 070-123 45 67."),
    )

    def __init__(self, *args: Any, intake: Import, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.intake, self.user = intake, user
        self.own = list(CustomField.objects.used())
        self.days = {*DAYS, *(field.column for field in self.own if field.kind == CustomField.Kind.DATE)}
        self._choose_from("segment", Segment.objects.all())
        people = User.objects.get_queryset().active()
        self._choose_from("owner", people if user.sees_everything else people.filter(pk=intake.created_by_id))
        self.initial = {**self._first_values(), **intake.options, **self.initial}
        self._add_columns()
        self.helper = page_layout(
            "mode",
            row(Field("owner", wrapper_class=HALF), Field("segment", wrapper_class=HALF)),
            row(Field("since", wrapper_class=HALF), Field("language", wrapper_class=HALF)),
            Field("country", wrapper_class=HALF),
        )

    def _choose_from(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def _first_values(self) -> dict[str, Any]:
        company = Company.current()
        return {
            "owner": self.intake.created_by_id,
            "segment": Segment.objects.values_list("pk", flat=True).first(),
            "since": self.user.today() - SINCE_BEFORE,
            "language": Language.ENGLISH.value,
            "country": company.country,
        }

    def _add_columns(self) -> None:
        own = tuple((field.column, field.name) for field in self.own)
        pairs = zip(self.intake.columns, self.intake.mapping, strict=True)
        for number, (column, goes) in enumerate(pairs):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                choices=[*Target.choices, *own],
                required=False,
                initial=goes["target"],
                label=column["name"],
                widget=TargetSelect(own, attrs={"class": "form-select"}),
            )
            if column["days"]:
                self.fields[f"order_{number}"] = forms.ChoiceField(
                    choices=[("", _("– choose –")), *self._orders(column)],
                    required=False,
                    initial=goes["order"] or day_order(column),
                    label=_("Order of the day"),
                    widget=QuickSelect(attrs={"class": "form-select"}),
                )

    def _orders(self, column: dict[str, Any]) -> list[tuple[str, str]]:
        """Both orders, each with what the first value of the column would be."""
        today = self.user.today()
        return [
            (order, f"{label} {_example(column['samples'], order, today)}")
            for order, label in (("day", str(_("day first:"))), ("month", str(_("month first:"))))
        ]

    def columns(self) -> list[dict[str, Any]]:
        """Each column with its fields, as the page shows them."""
        return [
            {
                "column": column,
                "target": self[f"column_{number}"],
                "order": self[f"order_{number}"] if f"order_{number}" in self.fields else None,
            }
            for number, column in enumerate(self.intake.columns)
        ]

    def clean_since(self) -> date:
        day: date = self.cleaned_data["since"]
        if not EARLIEST <= day <= self.user.today():
            raise ValidationError(_("Check the year: it must lie between 1900 and today."))
        return day

    def clean(self) -> dict[str, Any]:
        seen: dict[str, str] = {}
        for number, column in enumerate(self.intake.columns):
            target = self.cleaned_data.get(f"column_{number}", "")
            if target in seen and target not in MANY:
                words = _("“%(other)s” goes there already; only one column can.")
                self.add_error(f"column_{number}", ValidationError(words, params={"other": seen[target]}))
            seen.setdefault(target, column["name"])
            if target in self.days and column["days"] and not self.cleaned_data.get(f"order_{number}"):
                words = _("Are days like %(sample)s written day first or month first?")
                sample = {"sample": next(iter(column["samples"]), "03/04/2026")}
                self.add_error(f"order_{number}", ValidationError(words, params=sample))
        if not NAMING & set(seen):
            raise ValidationError(_("Say which column has the name of the person, the company or the e-mail address."))
        return self.cleaned_data

    def mapping(self) -> list[dict[str, str]]:
        cleaned = self.cleaned_data
        numbers = range(len(self.intake.columns))
        return [
            {"target": cleaned[f"column_{number}"], "order": cleaned.get(f"order_{number}", "")} for number in numbers
        ]

    def options(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "mode": cleaned["mode"],
            "owner": cleaned["owner"].pk,
            "segment": cleaned["segment"].pk,
            "since": cleaned["since"].isoformat(),
            "language": cleaned["language"],
            "country": cleaned["country"],
            "source": self.intake.found.get("layout", "") or "file",
        }


class TargetSelect(QuickSelect):
    """Where a column can go; a file may have hundreds of columns, so that no template is used for an option."""

    def __init__(self, own: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.own = own

    def render_options(self, selected: str) -> SafeString:
        return _target_options(selected, self.own, get_language())


@lru_cache(maxsize=256)
def _target_options(selected: str, own: tuple[tuple[str, str], ...], _language: str | None) -> SafeString:
    def options(targets: Iterable[tuple[str, Any]]) -> SafeString:
        marks = ((value, SafeString(" selected" if value == selected else ""), label) for value, label in targets)
        return format_html_join("", '<option value="{}"{}>{}</option>', marks)

    ours = [(label, [(target.value, target.label) for target in targets]) for label, targets in GROUPS]
    offered = [*ours, (_("Your own fields"), own)] if own else ours
    groups = ((label, options(targets)) for label, targets in offered)
    grouped = format_html_join("", '<optgroup label="{}">{}</optgroup>', groups)
    return format_html("{}{}", options([(Target.LEFT_OUT.value, Target.LEFT_OUT.label)]), grouped)


def _example(samples: list[str], order: str, today: date) -> str:
    for sample in samples:
        try:
            day = read_day(sample, order=order, today=today)
        except ValueError:
            continue
        if day is not None:
            return f"{day.day} {MONTHS[day.month]} {day.year or ''}".strip()
    return text.excerpt(samples[0], 20) if samples else ""
