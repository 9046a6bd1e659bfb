"""How the health of a customer moved, and what somebody who knows them thinks of it."""

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet, OneOpenQuerySet
from retention.models.risk import Band
from retention.weighing import JUDGED_MOST
from retention_crm.lib.fields import LineField

LONGEST_REASON = 300


class HealthChange(models.Model):
    """The score moved by five points or more since the last of these, or the band changed; with the reasons of then."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="health_changes")
    changed_at = models.DateTimeField()
    health = models.PositiveSmallIntegerField(null=True)
    band = models.CharField(max_length=8, choices=Band.choices)
    former_health = models.PositiveSmallIntegerField(null=True)
    former_band = models.CharField(max_length=8, choices=Band.choices)
    reasons = models.JSONField(default=list, help_text="As CustomerRisk.reasons.")

    objects = CustomerDataQuerySet["HealthChange"].as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-changed_at", "-id"], name="health_change_by_customer"),
            # They come in the order of time, and are forgotten in it.
            BrinIndex(fields=["changed_at"], name="health_change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.former_health} → {self.health}"


class JudgementQuerySet(OneOpenQuerySet["Judgement"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def end_as_merged(self, *, on: date, at: datetime) -> int:
        return self.update(ended_at=at)

    def in_force(self, on: date) -> Self:
        """Those that count on the company's day; the day of expiry no longer does."""
        return self.open().filter(expires_on__gt=on)


class Judgement(models.Model):
    """What whoever knows a customer adds to or takes from the health, and why; each customer has one at a time."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="judgements")
    points = models.SmallIntegerField(_("points"))
    is_leaving = models.BooleanField(
        _("they have said that they want to leave"),
        default=False,
        help_text=_("Puts them at risk at once, whatever else is known."),
    )
    reason = LineField(_("why"), max_length=LONGEST_REASON)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(editable=False)
    expires_on = models.DateField(editable=False, help_text="The first of the company's days it does not count on.")
    ended_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Taken back, or replaced.")

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(ended_at=None), name="judgement_one_open"),
            models.CheckConstraint(
                condition=Q(points__gte=-JUDGED_MOST, points__lte=JUDGED_MOST), name="judgement_points_within"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-made_at"], name="judgement_by_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.points:+d}"
