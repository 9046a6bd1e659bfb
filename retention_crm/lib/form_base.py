"""What all forms of the product have in common, and the choice of a time zone or a country."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from retention_crm.lib import clock, workdays

HALF = "col-md-6"


def page_layout(*parts: Any) -> FormHelper:
    """A layout of fields alone: the page brings the form element, its buttons and the token."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*parts)
    return helper


def row(*fields: Any) -> Div:
    """Fields beside each other, each as wide as its wrapper class says."""
    return Div(*fields, css_class="row")


class CarefulForm(forms.BaseForm):
    """A form that lets no browser cut off what is pasted, and puts the cursor where something is to be mended."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    def is_valid(self) -> bool:
        valid = super().is_valid()
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong is not None:
            self.fields[wrong].widget.attrs["autofocus"] = True
        return valid


class DayInput(forms.DateInput):
    """A day by the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(dict(attrs or {}), format="%Y-%m-%d")


class QuickSelect(forms.Select):
    """A select without a template for each option: some pages have hundreds."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html(
            "<select{}>{}</select>", attributes, self.render_options("" if value is None else str(value))
        )

    def render_options(self, selected: str) -> SafeString:
        return _options(((str(key), label) for key, label in self.choices), selected)


def _options(choices: Iterable[tuple[str, Any]], selected: str) -> SafeString:
    marked = ((key, SafeString(" selected" if key == selected else ""), label) for key, label in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)


@lru_cache(maxsize=64)
def _zone_options(selected: str, _language: str | None) -> SafeString:
    def region(name: str) -> str:
        label = clock.zone_label(name)
        return label.partition("/")[0] if "/" in label else str(_("Other"))

    regions = groupby(sorted(clock.zone_names(), key=region), key=region)
    labelled = (
        (label, _options(((name, clock.zone_label(name)) for name in names), selected)) for label, names in regions
    )
    return format_html_join("", '<optgroup label="{}">{}</optgroup>', labelled)


class TimeZoneSelect(QuickSelect):
    def __init__(self, empty_label: Any = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty_label = empty_label

    def render_options(self, selected: str) -> SafeString:
        known = selected if selected in clock.zone_names() else ""
        empty = _options([("", self.empty_label)], known) if self.empty_label or not known else ""
        return format_html("{}{}", empty, _zone_options(known, get_language()))


class CountryChoice(forms.ChoiceField):
    """One of the countries whose public holidays are known, or none."""

    widget = QuickSelect

    default_error_messages = {"invalid_choice": _("Choose a country from the list.")}

    def __init__(self, *, empty_label: Any, **kwargs: Any) -> None:
        def choices() -> list[tuple[str, Any]]:
            return [("", empty_label), *workdays.country_names(get_language() or "").items()]

        super().__init__(choices=choices, required=False, **kwargs)


class TimeZoneChoice(forms.CharField):
    """One of the known time zones; the empty label is for a field that may stay empty."""

    default_error_messages = {"invalid": _("Choose a time zone from the list, such as Europe/Stockholm.")}

    def __init__(self, *, empty_label: Any = "", **kwargs: Any) -> None:
        kwargs.setdefault("widget", TimeZoneSelect(empty_label=empty_label))
        super().__init__(**kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value not in clock.zone_names():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
