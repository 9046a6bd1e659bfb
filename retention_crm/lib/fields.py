"""Model fields that keep rows clean whatever wrote them."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention_crm.lib import clock, text

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
    _TextField = models.TextField[str, str]
else:
    _CharField = models.CharField
    _TextField = models.TextField


class LineField(_CharField):
    """One line of text, cleaned on every save: no control characters, no direction overrides, white space folded."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return text.clean_line(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return text.clean_line(value) if isinstance(value, str) else value


class NoteField(_TextField):
    """Several lines of text, cleaned on every save: no control characters, LF line ends."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return text.clean(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return text.clean(value) if isinstance(value, str) else value


def validate_time_zone(value: str) -> None:
    """Only names this installation knows: planners join on them."""
    if value not in clock.zone_names():
        raise ValidationError(
            _("“%(zone)s” is not a known time zone. Use a name such as Europe/Stockholm."),
            params={"zone": value},
        )


class TimeZoneField(_CharField):
    """The name of an IANA time zone, for example Europe/Stockholm."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_time_zone]

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, path, args, kwargs
