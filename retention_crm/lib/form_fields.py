"""Form fields for what people really type: pasted text, decimal commas, times by their own clock."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from retention_crm.lib import clock, text

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
_GROUPING = re.compile(r"[\s'’]")
# Three digits after the only mark are a thousand, for there are two decimals at most: 1.234 and 1,234 are the same.
_AMOUNTS = [
    re.compile(r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:[.](?P<cents>[0-9]{1,2}))?"),
    re.compile(r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:[.][0-9]{3})+)(?:,(?P<cents>[0-9]{1,2}))?"),
]
_LARGEST_WHOLE_DIGITS = 12


class LongestText:
    """At most so many characters; says how long the text is, and that nothing was lost."""

    message = ngettext_lazy(
        "This may be %(limit)d character long; it has %(length)d. Nothing is lost: shorten it here and save again.",
        "This may be %(limit)d characters long; it has %(length)d. Nothing is lost: shorten it here and save again.",
        "limit",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, value: str) -> None:
        if len(value) > self.limit:
            raise ValidationError(self.message, params={"limit": self.limit, "length": len(value)})


class LineInput(forms.CharField):
    """One line, cleaned as it will be stored. There is no maxlength: browsers cut what is pasted without a word."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(validators=[LongestText(limit)], **kwargs)

    def to_python(self, value: Any) -> str:
        return text.clean_line(super().to_python(value) or "")


class NoteInput(forms.CharField):
    """Several lines, cleaned as they will be stored."""

    widget = forms.Textarea

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(validators=[LongestText(limit)], **kwargs)

    def to_python(self, value: Any) -> str:
        return text.clean(super().to_python(value) or "")


class AmountInput(forms.CharField):
    """An amount of money as people write it: 1200, 1 200,50, 1.200,50 or 1,200.50; two decimals at most."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Write the amount with digits only, for example 1200 or 1200.50."),
        "large": _("This amount is too large; it may have twelve digits before the decimal point."),
    }

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        return self._amount(_GROUPING.sub("", written)) if written else None

    def _amount(self, written: str) -> Decimal:
        found = next(filter(None, (form.fullmatch(written) for form in _AMOUNTS)), None)
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        whole = re.sub("[.,]", "", found["whole"])
        if len(whole.lstrip("0")) > _LARGEST_WHOLE_DIGITS:
            raise ValidationError(self.error_messages["large"], code="large")
        return Decimal(f"{whole}.{found['cents'] or 0}")


class MomentWidget(forms.TextInput):
    input_type = "datetime-local"


class MomentInput(forms.CharField):
    """A day and time by the clock of `zone_name`, which the form sets; gives the moment in UTC.

    A time skipped by a change to summer time is the first instant after the gap, and of a time that occurs twice the
    first is meant, so that nobody has to think about it.
    """

    widget = MomentWidget
    zone_name = clock.FALLBACK_ZONE
    default_error_messages = {
        "invalid": _("Write a day and a time, for example 2026-11-26 14:30."),
        "year": _("Check the year: it must lie between %(earliest)d and %(latest)d."),
    }

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        return self._moment(written) if written else None

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        local = value.astimezone(clock.zone(self.zone_name))
        return local.replace(tzinfo=None).isoformat(timespec="minutes")

    def _moment(self, written: str) -> datetime:
        try:
            parsed = datetime.fromisoformat(written)
        except ValueError:
            parsed = None
        # Twelve characters are less than any day with a time: a day alone would silently mean midnight.
        if parsed is None or len(written) < 13:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if not EARLIEST_YEAR <= parsed.year <= LATEST_YEAR:
            years = {"earliest": EARLIEST_YEAR, "latest": LATEST_YEAR}
            raise ValidationError(self.error_messages["year"], code="year", params=years)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
        return clock.moment(parsed.date(), parsed.time(), self.zone_name)
