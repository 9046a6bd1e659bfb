"""Contracts and subscriptions that renew or end on a day: to be spoken about before it comes."""

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet
from retention_crm.lib.fields import LineField

# So far ahead a renewal is spoken about.
AHEAD = timedelta(days=90)


class RenewalOutcome(models.TextChoices):
    RENEWED = "renewed", _("Renewed")
    ENDED = "ended", _("Ended")
    DROPPED = "dropped", _("Entered by mistake")


class RenewalQuerySet(CustomerDataQuerySet["Renewal"]):
    def open(self) -> Self:
        """Those of which nothing has come yet, also where the day has passed."""
        return self.filter(outcome="")

    def ahead(self, on: date) -> Self:
        """Those to be spoken about by that day, of customers we have; the overdue ones among them."""
        return self.open().filter(due_on__lte=on + AHEAD, customer__lost_on=None)


class Renewal(models.Model):
    """The day a contract of a customer renews or ends, what it is worth, and what came of it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="renewals")
    due_on = models.DateField(_("renews or ends on"))
    value = models.DecimalField(
        _("value of a year"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    note = LineField(_("what it is"), max_length=200, blank=True, default="")
    outcome = models.CharField(
        _("what came of it"), max_length=8, choices=RenewalOutcome.choices, blank=True, default=""
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RenewalQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(value=None) | Q(value__gte=0), name="renewal_value_is_no_debt"),
            models.CheckConstraint(condition=Q(outcome="") | Q(decided_at__isnull=False), name="renewal_decided_once"),
        ]
        indexes = [
            models.Index(fields=["customer", "due_on"], name="renewal_by_customer"),
            models.Index(fields=["due_on", "id"], name="renewal_by_day", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return self.note or str(self.due_on)

    @property
    def is_open(self) -> bool:
        return self.outcome == ""
