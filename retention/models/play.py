"""Plays: what helped with a cause before, ready to become the plan for another customer."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.models.cause import Cause, CauseField
from retention_crm.lib.fields import LineField, NoteField


class Doer(models.TextChoices):
    OWNER = "owner", _("Whoever looks after them")
    MANAGER = "manager", _("A manager")
    DEPUTY = "deputy", _("Whoever stands in for them")


class Play(models.Model):
    """Steps against some causes; plans keep which play they came from."""

    name = LineField(_("name"), max_length=120, unique=True)
    causes = CauseField(verbose_name=_("helps against"))
    offer = NoteField(_("what we offer"), max_length=1000, blank=True, default="")

    class Meta:
        verbose_name = _("play")
        verbose_name_plural = _("plays")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

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
