"""What the list of customers at risk looked like, day by day: the only past it can be judged by."""

from datetime import date
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet

# The risk is kept in parts of ten thousand.
RISK_PARTS = 10_000


class RiskDay(models.Model):
    """A day whose list was kept; its row is written in the transaction of the list, so there is one list a day."""

    day = models.DateField(primary_key=True, help_text="The company's local day.")
    taken_at = models.DateTimeField()
    ranked = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    intercept = models.FloatField(null=True, blank=True, help_text="Of the scale percentages were shown by that day.")
    slope = models.FloatField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.day}: {self.flagged} of {self.ranked}"


class RiskSnapshotQuerySet(CustomerDataQuerySet["RiskSnapshot"]):
    def of_day(self, day: date) -> Self:
        """Each customer once: of two who are one since a merge, the place further up counts."""
        same = self.model._base_manager.filter(day=day, customer=OuterRef("customer"))
        higher = Q(place__lt=OuterRef("place")) | Q(place=OuterRef("place"), pk__lt=OuterRef("pk"))
        return self.filter(~Exists(same.filter(higher)), day=day)

    def with_later(self, until: date) -> Self:
        """With the silence and the days at risk on the list of that day: None for who is not on it."""
        later = self.model._base_manager.filter(day=until, customer=OuterRef("customer")).order_by("place", "pk")
        return self.annotate(
            later_silence=Subquery(later.values("silence")[:1]),
            later_flagged_days=Subquery(later.values("flagged_days")[:1]),
        )


class RiskSnapshot(models.Model):
    """One customer on the list of one day. Never written again, but that a merge gives it to whoever stays.

    Two bytes are enough for most of it: with a hundred thousand customers there are as many rows a day.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    value = models.IntegerField(help_text="What they bought in the year before, in whole units of the currency.")
    place = models.PositiveSmallIntegerField(
        help_text="From the top of the list as it opens; 32,767 also for all further down."
    )
    risk = models.PositiveSmallIntegerField(
        help_text="In parts of ten thousand, by the formula, as it orders the list."
    )
    silence = models.PositiveSmallIntegerField(help_text="Days since the last contact.")
    flagged_days = models.PositiveSmallIntegerField(
        help_text="For how many days they were at risk without a break, the first counts; 0 for all others."
    )

    objects = RiskSnapshotQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["day", "customer"], name="snapshot_by_day"),
            models.Index(fields=["day", "customer"], name="snapshot_flagged", condition=Q(flagged_days__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} on {self.day}: {self.place}"


class ListRules(models.Model):
    """What the company can do with its list: one row, primary key 1."""

    weekly_capacity = models.PositiveIntegerField(
        _("customers the team can care for in a week"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="list_rules_are_one_row")]

    def __str__(self) -> str:
        return f"{self.weekly_capacity} a week"

    @classmethod
    def current(cls) -> "ListRules":
        """The rules in force; an empty database has the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class ListQuality(models.Model):
    """How good the list of one day was, by what the list of a later day says of the same customers.

    Worked out once, when the later list was kept. Lost is who was not seen in between, or left.
    """

    until = models.DateField(primary_key=True, help_text="The day of the later list.")
    since = models.DateField(help_text="The day of the list that is judged.")
    ranked = models.PositiveIntegerField()
    flagged = models.PositiveIntegerField(help_text="How many were at risk.")
    flagged_lost = models.PositiveIntegerField()
    lost = models.PositiveIntegerField(help_text="Of all who were ranked.")
    silence_lost = models.FloatField(
        help_text="How many lost as many of the longest silent would have held; among equals as chance has it."
    )
    early_flagged = models.PositiveIntegerField(help_text="At risk, and seen within 60 days before the list.")
    early_flagged_lost = models.PositiveIntegerField()
    early_silence_lost = models.FloatField(help_text="As many of the longest silent among those seen so lately.")
    capacity = models.PositiveIntegerField(help_text="For how many the team had time in a week.")
    first_lost = models.PositiveIntegerField(help_text="How many lost so many from the top of the list held.")
    first_lost_value = models.BigIntegerField(help_text="What these lost ones had bought in the year before.")
    first_silence_lost = models.FloatField(help_text="The same for the longest silent.")
    first_silence_lost_value = models.FloatField()
    saved = models.PositiveIntegerField(help_text="At risk, then in contact and at risk no more.")
    again = models.PositiveIntegerField(help_text="At risk, then in contact, and at risk again.")
    warned = models.PositiveIntegerField(help_text="Of those lost in between, who had been at risk before.")
    unwarned = models.PositiveIntegerField()
    lead_days = models.FloatField(null=True, blank=True, help_text="Median days of warning before they were lost.")
    is_shown_scale = models.BooleanField(help_text="Whether `table` has percentages that were shown, or the formula's.")
    table = models.JSONField(default=list, help_text="[[tenth, customers, said on average, lost]]")

    def __str__(self) -> str:
        return f"{self.since} to {self.until}: {self.flagged_lost} of {self.flagged}"

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def others(self) -> int:
        """How many were ranked and not at risk."""
        return self.ranked - self.flagged

    @property
    def others_lost(self) -> int:
        return self.lost - self.flagged_lost
