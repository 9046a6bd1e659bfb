"""Days of a contact that come round every year, beside the birthday."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.contact import Contact
from retention_crm.lib.fields import LineField


class DatedEventQuerySet(CustomerDataQuerySet["DatedEvent"]):
    customer_path = "contact__customer__"


class DatedEvent(models.Model):
    """A day worth a greeting every year: a wedding day, the opening of a shop. The year may be unknown."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="events")
    name = LineField(
        _("what"),
        max_length=100,
        help_text=_("Stands in the greeting as it is written here, for example “the opening of your shop”."),
    )
    day = models.PositiveSmallIntegerField(_("day"))
    month = models.PositiveSmallIntegerField(_("month"), choices=list(MONTHS.items()))
    year = models.PositiveSmallIntegerField(
        _("year"), null=True, blank=True, help_text=_("May stay empty. Greetings go out from this year on.")
    )

    objects = DatedEventQuerySet.as_manager()

    class Meta:
        ordering = ["month", "day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(month__range=(1, 12), day__range=(1, 31)), name="dated_event_day_possible"
            ),
        ]
        indexes = [models.Index(fields=["month", "day"], name="dated_event_by_day")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.day and self.month:
            try:
                date(self.year or 2000, self.month, self.day)
            except ValueError:
                raise ValidationError({"day": _("There is no such day; check day, month and year.")}) from None
