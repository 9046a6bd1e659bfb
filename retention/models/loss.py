"""Customers who left: why, by whose word, and whether they came back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, DateField, ExpressionWrapper, F, IntegerField, Min, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, Lower
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, OneOpenQuerySet
from retention.models.cause import Cause, CauseField
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField


class Ending(models.TextChoices):
    """Why a loss is one no longer."""

    WON_BACK = "won_back", _("Won back")
    MISTAKE = "mistake", _("Marked by mistake")
    MERGED = "merged", _("Counted with another, after a merge")


class MayCall(models.TextChoices):
    """Whether somebody who left wants to hear from us again."""

    YES = "yes", _("Yes")
    NO = "no", _("No")


class LossQuerySet(OneOpenQuerySet["Loss"]):
    def open(self) -> Self:
        """Those that were not ended in any way: the customer is gone."""
        return self.filter(ending="")

    def real(self) -> Self:
        """Those that count: the customer did leave, whatever came later."""
        return self.filter(ending__in=["", Ending.WON_BACK])

    def unexplained(self) -> Self:
        """Those of whom nobody has said why."""
        return self.filter(suspected=[], confirmed="")

    def to_approach(self, on: date, *, after_days: int) -> Self:
        """Open ones whose customer may be glad of a friendly word by that day, with that day as `approach_on`.

        It is the day they said, until they were spoken to, or so many days after they left or were last in touch; 0
        days are never, and who asked to be left alone is.
        """
        customer = "customer__"
        touched = F(f"{customer}last_touchpoint_on")
        days = Coalesce(F(f"{customer}segment__lost_contact_days"), Value(after_days))
        asked = Q(call_on__isnull=False) & (Q(**{f"{customer}last_touchpoint_on": None}) | Q(call_on__gt=touched))
        by_cadence = ExpressionWrapper(Greatest("lost_on", Coalesce(touched, "lost_on")) + F("days"), DateField())
        rows = self.open().exclude(may_call=MayCall.NO).filter(customer__do_not_contact=False)
        rows = rows.filter(Q(customer__snoozed_until=None) | Q(customer__snoozed_until__lte=on))
        rows = rows.annotate(days=Cast(days, IntegerField())).annotate(
            approach_on=Case(
                When(asked, then=F("call_on")), When(days__gt=0, then=by_cadence), output_field=DateField()
            )
        )
        return rows.filter(approach_on__lte=on).order_by("approach_on", "pk")

    def competitors(self) -> list[str]:
        """Whoever customers went to by what was said so far, each in one spelling."""
        named = self.real().exclude(competitor="").order_by().values_list(Lower("competitor"))
        return list(named.annotate(name=Min("competitor")).order_by("name").values_list("name", flat=True))

    def between(self, first: date | None, last: date | None) -> Self:
        """Of customers who left on those days or between them; None is no limit."""
        after = Q(lost_on__gte=first) if first else Q()
        return self.filter(after, Q(lost_on__lte=last) if last else Q())

    def doubled(self, kept: Customer, lost: Customer) -> Self:
        """Of two rows that are one customer, who left only if both did; then the first's own loss stands."""
        both = self.open().filter(customer__in=[kept, lost])
        return super().doubled(kept, lost) if kept.is_lost and lost.is_lost else both

    def end_as_merged(self, *, on: date, at: datetime) -> int:
        return self.update(ending=Ending.MERGED, ended_on=on)


class Loss(models.Model):
    """A customer left on that day. Each time they do is a loss of its own, open until they come back."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="losses")
    lost_on = models.DateField(_("lost on"))
    suspected = CauseField(verbose_name=_("what we suspect"))
    confirmed = models.CharField(
        _("what they said themselves"), max_length=16, choices=Cause.choices, blank=True, default=""
    )
    own_word = LineField(_("in a word of your own"), max_length=200, blank=True, default="")
    said_by = models.ForeignKey(
        Contact, verbose_name=_("who said it"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    competitor = LineField(
        _("whom they went to"), max_length=120, blank=True, default="", db_default="", help_text=_("A competitor.")
    )
    # The exit interview.
    missed = NoteField(_("what they missed"), max_length=2000, blank=True, default="", db_default="")
    back_if = NoteField(_("what would bring them back"), max_length=2000, blank=True, default="", db_default="")
    may_call = models.CharField(
        _("may we call again"), max_length=3, choices=MayCall.choices, blank=True, default="", db_default=""
    )
    call_on = models.DateField(_("when"), null=True, blank=True)
    interviewed_on = models.DateField(null=True, blank=True, editable=False)
    interviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    note = NoteField(_("what happened"), max_length=2000, blank=True, default="")
    value = models.DecimalField(
        max_digits=16, decimal_places=2, default=Decimal(0), help_text="What they bought in the year before that day."
    )
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    marked_at = models.DateTimeField(default=clock.now, editable=False)
    ending = models.CharField(max_length=8, choices=Ending.choices, blank=True, default="", editable=False)
    ended_on = models.DateField(null=True, blank=True, editable=False, help_text="The day they came back.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = LossQuerySet.as_manager()

    class Meta:
        verbose_name = _("loss")
        verbose_name_plural = _("losses")
        ordering = ["-lost_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(ending=""), name="loss_one_open"),
            models.CheckConstraint(
                condition=~Q(ending=Ending.WON_BACK) | Q(ended_on__gte=F("lost_on")), name="loss_won_back_later"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-lost_on"], name="loss_by_customer"),
            models.Index(fields=["-lost_on", "-id"], name="loss_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.lost_on}"

    @property
    def is_open(self) -> bool:
        return not self.ending

    @property
    def is_unexplained(self) -> bool:
        return not self.suspected and not self.confirmed

    @property
    def suspected_in_words(self) -> str:
        return Cause.in_words(self.suspected)
