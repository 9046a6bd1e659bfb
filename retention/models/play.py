"""Plays: what helped with a cause before, ready to become the plan for another customer."""

from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet, Segment
from retention.models.cause import Cause, CauseField
from retention_crm.lib.fields import LineField, NoteField


class Doer(models.TextChoices):
    OWNER = "owner", _("Whoever looks after them")
    MANAGER = "manager", _("A manager")
    DEPUTY = "deputy", _("Whoever stands in for them")


class PlayQuerySet(models.QuerySet["Play"]):
    def automatic(self) -> Self:
        """Those that are begun by rule, the first that fits first: the dearer customers, then the narrower rules."""
        rows = self.filter(automatic_since__isnull=False)
        return rows.order_by(
            models.F("value_from").desc(nulls_last=True),
            models.F("for_segment").asc(nulls_last=True),
            "-for_cause",
            "pk",
        )


class Play(models.Model):
    """Steps against some causes; plans keep which play they came from.

    With `automatic_since` it becomes the plan of whoever turns red from then on, if the rest of its rule fits them.
    """

    name = LineField(_("name"), max_length=120, unique=True)
    causes = CauseField(verbose_name=_("helps against"))
    offer = NoteField(_("what we offer"), max_length=1000, blank=True, default="")
    automatic_since = models.DateTimeField(null=True, blank=True, editable=False)
    for_segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    for_cause = models.CharField(
        _("suspected cause"), max_length=16, choices=Cause.choices, blank=True, default="", db_default=""
    )
    value_from = models.DecimalField(
        _("value of the last year from"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    waits_for_approval = models.BooleanField(_("waits for approval"), default=False, db_default=False)
    held_out_every = models.PositiveSmallIntegerField(
        _("leave out one customer in"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(100)],
        help_text="Drawn by lot, so that it can be seen what the play is worth.",
    )

    objects = PlayQuerySet.as_manager()

    class Meta:
        verbose_name = _("play")
        verbose_name_plural = _("plays")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(held_out_every=None) | Q(held_out_every__gte=2), name="play_holds_out_a_part"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_automatic(self) -> bool:
        return self.automatic_since is not None

    @property
    def causes_in_words(self) -> str:
        return Cause.in_words(self.causes)


class PlayStep(models.Model):
    """What is done so many days after the plan was made."""

    play = models.ForeignKey(Play, on_delete=models.CASCADE, related_name="steps")
    title = LineField(_("what"), max_length=200)
    after_days = models.PositiveSmallIntegerField(_("days from the start"), validators=[MaxValueValidator(365)])
    doer = models.CharField(_("who"), max_length=8, choices=Doer.choices, default=Doer.OWNER)

    class Meta:
        verbose_name = _("step of a play")
        verbose_name_plural = _("steps of plays")
        ordering = ["after_days", "pk"]

    def __str__(self) -> str:
        return self.title


class PlayTurnQuerySet(CustomerDataQuerySet["PlayTurn"]):
    def of_turn(self, customer: int, turned_at: datetime) -> Self:
        return self.filter(customer=customer, turned_at=turned_at)


class PlayTurn(models.Model):
    """What a rule did when a customer turned red: a plan from the play, or nothing because the lot left them out."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="play_turns")
    play = models.ForeignKey(Play, on_delete=models.CASCADE, related_name="turns")
    turned_at = models.DateTimeField(help_text="When they came into the band at risk; each turn is answered once.")
    is_held_out = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    objects = PlayTurnQuerySet.as_manager()

    class Meta:
        verbose_name = _("play begun by rule")
        verbose_name_plural = _("plays begun by rule")
        ordering = ["-turned_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["customer", "turned_at"], name="play_turn_once")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.play_id}{' held out' if self.is_held_out else ''}"
