"""What is known about each customer's risk of going silent."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Subquery
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet, Segment
from retention.rhythm import HORIZON_DAYS
from retention.weighing import LEAST_DAYS_AT_RISK, LEAVES_RISK_FROM


class Band(models.TextChoices):
    HEALTHY = "healthy", _("Healthy")
    WATCH = "watch", _("Watch")
    AT_RISK = "at_risk", _("At risk")
    LAPSED = "lapsed", _("Long silent")
    UNKNOWN = "unknown", _("Not enough data")


# Bands that ask for something to be done.
ATTENTION = (Band.AT_RISK, Band.WATCH)
# So many lost and so many not lost must have been back-tested before percentages are shown.
ENOUGH_OF_EACH = 100
SMALLEST_CHANCE = 1e-12
RISK_KEY = Coalesce("risk", models.Value(0.0))


def ranked(value: str) -> CombinedExpression:
    """One number to sort by: that value, which has whole cents, and where it is equal the risk, which is below one."""
    return Cast(value, models.FloatField()) + RISK_KEY / models.Value(100.0)


class CustomerRiskQuerySet(CustomerDataQuerySet["CustomerRisk"]):
    def turned_red(self) -> Self:
        """Those we saw come into the band at risk, who do not only wait to leave it, and whom we have and may call."""
        # Only who is in that band has the moment, and it has an index.
        rows = self.filter(at_risk_since__isnull=False, customer__lost_on=None, customer__do_not_contact=False)
        return rows.exclude(health__gte=LEAVES_RISK_FROM)


class CustomerRisk(models.Model):
    """The state and the result of the rhythm risk for one customer (see docs/RISK.md for the formula)."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="risk")
    contact_days = models.PositiveIntegerField(default=0, help_text="Days with at least one contact.")
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    decayed_repeats = models.FloatField(
        default=0.0, help_text="Repeats, halved for every 180 days of age, as of last_day."
    )
    rhythm_days = models.FloatField(null=True, blank=True, help_text="Usual days from contact to contact.")
    risk = models.FloatField(null=True, blank=True, help_text="Chance of no contact in the horizon, with signals.")
    health = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="0 to 100, the sum of the points of the reasons; empty where too little is known.",
    )
    band = models.CharField(
        max_length=8,
        choices=Band.choices,
        default=Band.UNKNOWN,
        help_text="Of the health; at risk is left with a margin and after some days (retention.weighing).",
    )
    at_risk_since = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When they were seen to come into the band at risk; empty outside it, and if nobody saw it.",
    )
    reasons = models.JSONField(
        default=list, help_text="[{code, size, points, …}]: size in log-odds; the words are made when shown."
    )
    noted_health = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="The score when a change was kept last."
    )
    noted_band = models.CharField(max_length=8, default="", db_default="", editable=False)
    noted_at = models.DateTimeField(null=True, blank=True, editable=False)
    value_last_year = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))
    value_at_risk = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))
    computed_on = models.DateField(null=True, blank=True)
    computed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The database's clock; a computation never overwrites one that began after it.",
    )

    objects = CustomerRiskQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(ranked("value_at_risk"), "customer", name="risk_by_rank"),
            models.Index("band", ranked("value_at_risk"), "customer", name="risk_by_band_and_rank"),
            models.Index(
                ranked("value_last_year"), "customer", name="risk_by_value", condition=models.Q(band__in=ATTENTION)
            ),
            models.Index(RISK_KEY, "customer", name="risk_by_risk", condition=models.Q(band__in=ATTENTION)),
            # Who turned red is asked again every few seconds.
            models.Index(
                fields=["at_risk_since"], name="risk_turned_red", condition=models.Q(at_risk_since__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.risk}"

    @property
    def stays_red_until(self) -> datetime | None:
        """Until when somebody whose score has risen is called at risk at least; None for all others."""
        if self.band != Band.AT_RISK or self.at_risk_since is None or (self.health or 0) < LEAVES_RISK_FROM:
            return None
        return self.at_risk_since + timedelta(days=LEAST_DAYS_AT_RISK)


class RiskBasis(models.Model):
    """What the last nightly rebuild learned from the whole company: one row, primary key 1."""

    median_gap_days = models.FloatField(default=30.0, help_text="P: median gap between contact days, 1 to 365.")
    rebuilt_at = models.DateTimeField(null=True, blank=True)
    customers = models.PositiveIntegerField(default=0, help_text="How many customers there were at the last count.")
    counted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the figures of the portfolio were prepared."
    )
    rebuilt_on = models.DateField(null=True, blank=True, help_text="The company's local day of the last rebuild.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="risk_basis_is_one_row")]

    def __str__(self) -> str:
        return f"median gap {self.median_gap_days} days"


class RiskScaleQuerySet(models.QuerySet["RiskScale"]):
    def in_use(self) -> "RiskScale | None":
        """The latest, if it was learnt from enough; None while there are bands only."""
        latest = self.order_by("-learnt_on").first()
        return latest if latest is not None and latest.is_enough else None

    def latest_as_json(self) -> Subquery:
        """The latest one, to be fetched with rows of something else; `RiskScale.read` makes one of it."""
        fields = ("horizon_days", "intercept", "slope", "customers", "lost")
        return Subquery(self.order_by("-learnt_on").values(written=JSONObject(**{name: name for name in fields}))[:1])


class RiskScale(models.Model):
    """What the back-test of one night learnt: how the risk of the formula reads as a percentage at this company.

    shown = 1/(1 + exp(−(intercept + slope · ln(risk/(1 − risk))))); the slope is above 0, so the order stays.
    """

    learnt_on = models.DateField(unique=True, help_text="The company's local day.")
    horizon_days = models.PositiveSmallIntegerField()
    intercept = models.FloatField()
    slope = models.FloatField()
    customers = models.PositiveIntegerField(help_text="How many were looked at, at all cut-offs together.")
    lost = models.PositiveIntegerField(help_text="How many of them were not seen in the horizon.")

    objects = RiskScaleQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(slope__gt=0), name="risk_scale_rises")]

    def __str__(self) -> str:
        return f"{self.learnt_on}: {self.intercept:+.2f}, × {self.slope:.2f}"

    @classmethod
    def read(cls, written: dict[str, Any] | None) -> "RiskScale | None":
        """The scale in use, from what `latest_as_json` fetched; None while there are bands only."""
        scale = cls(**written) if written else None
        return scale if scale is not None and scale.is_enough else None

    @property
    def is_enough(self) -> bool:
        """Whether the history has room for the horizon, and enough came back and enough did not."""
        return self.horizon_days == HORIZON_DAYS and min(self.lost, self.customers - self.lost) >= ENOUGH_OF_EACH

    def percent(self, risk: float) -> int:
        """From 1 to 99: nothing is sure."""
        odds = math.log(max(risk, SMALLEST_CHANCE)) - math.log(max(1 - risk, SMALLEST_CHANCE))
        return max(1, min(99, round(100 / (1 + math.exp(-(self.intercept + self.slope * odds))))))


class PortfolioCount(models.Model):
    """The prepared figures of the portfolio for the customers of one owner in one segment.

    Those named as a stage count the customers at it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+")
    customers = models.PositiveIntegerField(default=0, db_default=0)
    at_risk = models.PositiveIntegerField()
    watch = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=20, decimal_places=2)
    cared_for = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    cared_for_value = models.DecimalField(max_digits=20, decimal_places=2, default=0, db_default=0)
    overdue_value = models.DecimalField(max_digits=20, decimal_places=2, default=0, db_default=0)
    complaints = models.PositiveIntegerField()
    unhappy = models.PositiveIntegerField()
    promises = models.PositiveIntegerField(default=0, db_default=0, help_text="Customers we owe one that is late.")
    turned_red = models.PositiveIntegerField(default=0, db_default=0, help_text="At risk now, and not a week before.")
    red_no_more = models.PositiveIntegerField(default=0, db_default=0)
    acquaintance = models.PositiveIntegerField(default=0, db_default=0)
    friend = models.PositiveIntegerField(default=0, db_default=0)
    dating = models.PositiveIntegerField(default=0, db_default=0)
    engaged = models.PositiveIntegerField(default=0, db_default=0)
    married = models.PositiveIntegerField(default=0, db_default=0)
    oldest_complaint = models.DateTimeField(null=True, blank=True)
    oldest_unhappy = models.DateTimeField(null=True, blank=True)
    oldest_promise = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "segment"], name="portfolio_count_once")]

    def __str__(self) -> str:
        return f"{self.owner_id}, {self.segment_id}: {self.at_risk} at risk"
