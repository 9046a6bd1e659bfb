"""Why customers leave."""

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _ArrayField = ArrayField[list[str], list[str]]
else:
    _ArrayField = ArrayField


class Cause(models.TextChoices):
    COMFORT = "comfort", _("Comfort: nobody looked after them any more")
    CARELESSNESS = "carelessness", _("Carelessness")
    BROKEN_WORD = "broken_word", _("A broken word")
    NO_PERSONAL_CONTACT = "impersonal", _("No personal contact")
    OUTDATED_OFFER = "outdated", _("An outdated offer")
    INACTIVITY = "inactivity", _("Inactivity: it fell asleep on both sides")
    PRICE = "price", _("The price")
    COMPETITOR = "competitor", _("A competitor")
    NEED_ENDED = "need_ended", _("They need it no longer")

    @classmethod
    def in_words(cls, values: list[str]) -> str:
        """Several on one line."""
        return " · ".join(str(cls(value).label) for value in values)


class CauseField(_ArrayField):
    """Any number of causes; what is suspected is rarely one thing alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["base_field"] = models.CharField(max_length=16, choices=Cause.choices)
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)
