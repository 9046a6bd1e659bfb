"""What a company wants to know of its customers beside what every company does: tags, and fields of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models.functions import Lower
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from retention_crm.lib import dates, text
from retention_crm.lib.fields import LineField


class TagQuerySet(models.QuerySet["Tag"]):
    def named(self, names: Iterable[str]) -> list["Tag"]:
        """The tags of these names, made where there are none yet; case and accents make no other tag."""
        wanted: dict[str, Tag] = {}
        for tag in map(Tag.of, names):
            if tag.key:
                wanted.setdefault(tag.key, tag)
        self.bulk_create(wanted.values(), ignore_conflicts=True)
        return list(self.filter(key__in=wanted))


class Tag(models.Model):
    """A word that customers are marked with, to find them together."""

    name = LineField(gettext_lazy("name"), max_length=40)
    key = models.CharField(max_length=160, unique=True, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = text.sort_key(self.name)
        super().save(*args, **kwargs)

    @classmethod
    def of(cls, name: str) -> "Tag":
        """A tag of that name, not saved; its key is empty if the name is."""
        name = text.clean_line(name)
        return cls(name=name, key=text.sort_key(name))


@dataclass(frozen=True)
class Fact:
    """What a field says of a customer."""

    field: "CustomField"
    words: str

    @property
    def cell(self) -> str:
        """What the field is called where it is changed by itself."""
        return self.field.column


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    def used(self) -> Self:
        """Those that are asked for and shown."""
        return self.filter(is_used=True)

    def facts(self, custom: Mapping[str, Any]) -> list["Fact"]:
        """What the fields in use say of a customer, in their order; nothing is asked where nothing is known."""
        if not custom:
            return []
        return [Fact(field, field.in_words(custom[field.key])) for field in self.used() if field.key in custom]


class CustomField(models.Model):
    """Something a company wants to know of every customer. The values lie in `Customer.custom`, by the field's key."""

    class Kind(models.TextChoices):
        TEXT = "text", gettext_lazy("Text")
        NUMBER = "number", gettext_lazy("Number")
        DATE = "date", pgettext_lazy("kind of field", "Date")
        CHOICE = "choice", gettext_lazy("Choice")
        YES_NO = "yes_no", gettext_lazy("Yes or no")

    LONGEST_TEXT = 500
    MOST_DIGITS, MOST_DECIMALS = 20, 6

    name = LineField(gettext_lazy("name"), max_length=60)
    kind = models.CharField(gettext_lazy("kind"), max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = models.JSONField(default=list, blank=True, editable=False, help_text="Of a choice, in their order.")
    position = models.PositiveSmallIntegerField(
        gettext_lazy("place in the list"), default=0, help_text=gettext_lazy("Fields with a small number come first.")
    )
    is_used = models.BooleanField(
        gettext_lazy("in use"),
        default=True,
        help_text=gettext_lazy(
            "Without it nobody is asked for it any more; what is known stays, and can be seen again."
        ),
    )

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="custom_field_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Its name in `Customer.custom`; a number alone would be taken for a place in an array."""
        return f"f{self.pk}"

    @property
    def column(self) -> str:
        """What it is called among the fields and columns that customers have anyway."""
        return f"own_{self.pk}"

    def stored(self, value: Any) -> Any:
        """A value of a form as JSON can hold it; None for nothing."""
        match value:
            case None | "":
                return None
            case Decimal():
                # Adding nothing takes the sign from a zero.
                return format((value + 0).normalize(), "f")
            case date():
                return value.isoformat()
        return value

    def restored(self, value: Any) -> Any:
        """What a form shows for a stored value."""
        match self.kind:
            case self.Kind.DATE if isinstance(value, str):
                return date.fromisoformat(value)
            case self.Kind.NUMBER if isinstance(value, str):
                return Decimal(value)
        return value

    def in_words(self, value: Any) -> str:
        """What a page shows for a stored value."""
        match self.restored(value):
            case None:
                return ""
            case bool(answer):
                return _("Yes") if answer else _("No")
            case Decimal() as number:
                return formats.number_format(number, force_grouping=True)
            case date() as day:
                return dates.write(day, "day")
            case other:
                return str(other)
