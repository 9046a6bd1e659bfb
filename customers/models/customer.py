"""Customers, the relationships we keep, and the segments they are in."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, ExtractDay, ExtractMonth, Greatest
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.choices import CountsAsContact, Language, Stage
from customers.models.labels import Tag
from retention_crm.lib import clock, text
from retention_crm.lib.fields import LineField, NoteField, TimeZoneField

# Keys for sorting that are never empty, so that paging by key needs no exceptions; each has an index.
DUE_KEY = Coalesce("next_due_on", models.Value(date.max), output_field=models.DateField())
TOUCH_KEY = Coalesce(
    "last_touchpoint_at", models.Value(datetime(1, 1, 1, tzinfo=UTC)), output_field=models.DateTimeField()
)
# A reserved domain: what ends with it is nobody's mail address.
SAMPLE_DOMAIN = "sample.example.com"


class Segment(models.Model):
    """Customers who deserve the same rhythm of care."""

    name = LineField(_("name"), max_length=80, unique=True)
    cadence_days = models.PositiveSmallIntegerField(
        _("cadence in days"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("The longest time without a touchpoint."),
    )
    counts_as_contact = models.CharField(
        _("what counts as contact"),
        max_length=12,
        choices=CountsAsContact.choices,
        default=CountsAsContact.BOTH,
        db_default=CountsAsContact.BOTH,
        help_text=_("What ends a silence, for the risk and the health. Choose purchases only for a shop nobody calls."),
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("horizon of the risk in days"),
        default=90,
        db_default=90,
        validators=[MinValueValidator(14), MaxValueValidator(365)],
        help_text=_("The risk is the chance of no contact within so many days. Longer where contacts are rare."),
    )
    contacts_a_month = models.PositiveSmallIntegerField(
        _("contacts a month that are enough"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text=_("Ours and automatic ones together; more is said before the next. Empty: by the cadence."),
    )
    order_call_days = models.PositiveSmallIntegerField(
        _("days before an expected order"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(90)],
        help_text=_("A call is proposed then, to customers who buy at regular intervals. Empty: none."),
    )
    renewal_call_days = models.PositiveSmallIntegerField(
        _("days before a renewal or the end of a contract"),
        null=True,
        blank=True,
        default=30,
        db_default=30,
        validators=[MaxValueValidator(365)],
        help_text=_("A call is proposed then. Empty: none."),
    )

    gesture_budget = models.DecimalField(
        _("budget for gestures a year"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("For gifts, samples and the like to one customer in a calendar year. Empty: none is set."),
    )
    lost_contact_days = models.PositiveSmallIntegerField(
        _("days until a friendly contact with who left"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(3650)],
        help_text=_("Empty: as the company says. 0: never."),
    )

    class Meta:
        ordering = ["cadence_days", "name"]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(CustomerDataQuerySet["Customer"]):
    customer_path = ""

    def known_as(self, pk: int) -> "Customer | None":
        """The customer with that id, or the one it was merged into."""
        return self.filter(pk=pk).first() or self._merged_from(pk).first()

    def known_by(self, keys: Collection[str]) -> dict[str, int]:
        """The ids of those who have, or a customer merged into them had, one of these numbers elsewhere."""
        former = self.filter(former_keys__key__in=keys).values_list("former_keys__key", "pk")
        own = self.filter(external_key__in=keys).values_list("external_key", "pk")
        return {**dict(former), **{key: pk for key, pk in own if key is not None}}

    def _merged_from(self, pk: int) -> Self:
        return self.filter(merges__former_pk=pk, merges__contact=None, merges__undone_at=None)

    def kept(self) -> Self:
        """Customers we still have."""
        return self.filter(lost_on__isnull=True)

    def cared_for(self) -> Self:
        """Customers a cadence applies to: neither lost nor asking to be left alone."""
        return self.kept().filter(do_not_contact=False)

    def overdue(self, on: date) -> Self:
        """Customers over their cadence on that day; the due day itself is still in time."""
        return self.cared_for().filter(next_due_on__lt=on)

    def recompute_due(self) -> int:
        """Sets the next due day anew from the last touchpoint (or the start) and the cadence; returns the row count.

        Who is put off is overdue from the day they are put off to.
        """
        cadence = Coalesce(
            models.F("cadence_days"),
            models.Subquery(Segment.objects.filter(pk=models.OuterRef("segment_id")).values("cadence_days")[:1]),
        )
        start = Coalesce(models.F("last_touchpoint_on"), models.F("customer_since"))
        due = models.ExpressionWrapper(start + cadence, output_field=models.DateField())
        put_off = models.ExpressionWrapper(
            models.F("snoozed_until") - models.Value(1), output_field=models.DateField(null=True)
        )
        return self.update(next_due_on=Greatest(due, put_off))

    def set_custom(self, values: Mapping[str, Any]) -> int:
        """Sets these of the company's own fields, by their keys, and leaves the others; None takes a value out."""
        known = {key: value for key, value in values.items() if value is not None}
        without = models.Func(
            models.F("custom"),
            models.Value([key for key in values if key not in known], ArrayField(models.TextField())),
            template="(%(expressions)s)",
            arg_joiner=" - ",
        )
        patch = models.Value(known, models.JSONField())
        return self.update(custom=models.Func(without, patch, template="(%(expressions)s)", arg_joiner=" || "))

    def mark_risk_stale(self, at: datetime) -> int:
        """Asks for a new computation of the risk; the earliest open request stands."""
        return self.update(risk_stale_since=Coalesce(models.F("risk_stale_since"), models.Value(at)))


class Customer(models.Model):
    """A relationship we keep: a company or a person."""

    name = LineField(_("name"), max_length=200)
    sort_key = models.CharField(max_length=400, editable=False, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="customers"
    )
    segment = models.ForeignKey(Segment, verbose_name=_("segment"), on_delete=models.PROTECT, related_name="customers")
    stage = models.CharField(_("stage"), max_length=16, choices=Stage.choices, default=Stage.ACQUAINTANCE)
    time_zone = TimeZoneField(_("time zone"), default="Europe/Stockholm")
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.ENGLISH)
    cadence_days = models.PositiveSmallIntegerField(
        _("own cadence in days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Leave empty to use the segment's cadence."),
    )
    gesture_budget = models.DecimalField(
        _("own budget for gestures a year"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Leave empty to use the segment's."),
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text=_("Whose public holidays they keep."),
    )
    care_note = NoteField(
        _("how to treat them"),
        blank=True,
        max_length=1000,
        help_text=_("Shown before every call, for example “speaks slowly, give him time”."),
    )
    customer_since = models.DateField(_("customer since"))
    referred_by = models.ForeignKey(
        "self",
        verbose_name=_("brought by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="referred",
        db_index=False,
        editable=False,
    )
    referral_noted_at = models.DateTimeField(null=True, blank=True, editable=False)
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="customers")
    custom = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        editable=False,
        help_text="What the company's own fields say, by their keys.",
    )
    do_not_contact = models.BooleanField(
        _("do not contact"), default=False, help_text=_("No automatic messages and no reminders to call.")
    )
    lost_on = models.DateField(_("lost on"), null=True, blank=True)
    is_sample = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Invented, to try things out with: never written to, and taken away with all the others.",
    )
    external_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)
    last_touchpoint_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_touchpoint_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The customer's own local day of the last touchpoint.",
    )
    next_due_on = models.DateField(null=True, blank=True, editable=False)
    snoozed_until = models.DateField(
        null=True, blank=True, editable=False, help_text="Not overdue before this day; the next touchpoint ends it."
    )
    snooze_reason = LineField(max_length=200, blank=True, default="", db_default="", editable=False)
    risk_stale_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="customer_by_name"),
            models.Index(fields=["owner", "sort_key", "id"], name="customer_by_owner"),
            models.Index(fields=["next_due_on", "id"], name="customer_by_due"),
            models.Index(fields=["owner", "next_due_on"], name="customer_by_owner_due"),
            # Lists in this order are of a few people's customers: whose each is stands in the index, so that the rows
            # of others are passed over without reading them.
            models.Index(DUE_KEY, "id", "owner", name="customer_by_due_owner"),
            models.Index(TOUCH_KEY, "id", "owner", name="customer_by_touch_owner"),
            GinIndex(fields=["sort_key"], opclasses=["gin_trgm_ops"], name="customer_search"),
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="customer_by_custom"),
            models.Index(
                fields=["referred_by"], name="customer_referred", condition=models.Q(referred_by__isnull=False)
            ),
            models.Index(
                fields=["referral_noted_at"],
                name="customer_referral_noted",
                condition=models.Q(referral_noted_at__isnull=False),
            ),
            models.Index(fields=["created_at"], name="customer_by_created"),
            models.Index(fields=["customer_since", "id"], name="customer_by_since"),
            models.Index(ExtractMonth("customer_since"), ExtractDay("customer_since"), name="customer_by_anniversary"),
            models.Index(
                fields=["risk_stale_since"],
                name="customer_risk_stale",
                condition=models.Q(risk_stale_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = text.sort_key(self.name)[:400]
        super().save(*args, **kwargs)

    def today(self, at: datetime | None = None) -> date:
        """The calendar day it is for the customer."""
        return clock.today(self.time_zone, at)

    @property
    def cadence(self) -> int:
        """Longest allowed gap between touchpoints, in days."""
        return self.cadence_days or self.segment.cadence_days

    @property
    def gesture_allowance(self) -> Decimal | None:
        """What gestures to them may cost in a calendar year; None where nobody said so."""
        return self.segment.gesture_budget if self.gesture_budget is None else self.gesture_budget

    def quiet_days(self, on: date) -> int | None:
        """Whole days since the last touchpoint; None if there never was one."""
        return (on - self.last_touchpoint_on).days if self.last_touchpoint_on else None

    def is_snoozed(self, on: date) -> bool:
        return self.snoozed_until is not None and on < self.snoozed_until

    @property
    def is_lost(self) -> bool:
        return self.lost_on is not None
