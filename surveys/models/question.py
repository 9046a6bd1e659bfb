"""One question of a version: what it asks, how it is answered, and when it is shown."""

import secrets
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention_crm.lib.fields import LineField
from surveys.models.survey import Version

KEY_LENGTH = 8


def new_key() -> str:
    return secrets.token_hex(KEY_LENGTH // 2)


class Kind(models.TextChoices):
    NPS = "nps", _("Recommendation, 0 to 10 (NPS)")
    CSAT = "csat", _("Satisfaction, 1 to 5 (CSAT)")
    CES = "ces", _("Ease, 1 to 7 (CES)")
    SINGLE = "single", _("One choice")
    MULTIPLE = "multiple", _("Several choices")
    MATRIX = "matrix", _("Matrix: one choice on each line")
    SHORT = "short", _("Short text")
    LONG = "long", _("Long text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    CONSENT = "consent", _("Consent")


SCALES = {Kind.NPS.value: range(11), Kind.CSAT.value: range(1, 6), Kind.CES.value: range(1, 8)}
CHOICES = {Kind.SINGLE.value, Kind.MULTIPLE.value, Kind.MATRIX.value}
TEXTS = {Kind.SHORT.value, Kind.LONG.value}


class Sign(models.TextChoices):
    """How a rule compares the answer to an earlier question with its value."""

    IS = "is", _("is")
    IS_NOT = "is_not", _("is not")
    AT_LEAST = "at_least", _("is at least")
    AT_MOST = "at_most", _("is at most")


class QuestionQuerySet(models.QuerySet["Question"]):
    def kept(self) -> Self:
        return self.filter(removed_at__isnull=True)

    def removed(self) -> Self:
        return self.filter(removed_at__isnull=False).order_by("-removed_at", "pk")


class Question(models.Model):
    """The key stays the same from version to version, so answers to the same question can be counted together."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="questions")
    key = models.CharField(max_length=KEY_LENGTH, default=new_key, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    section = LineField(
        _("heading before it"),
        max_length=120,
        blank=True,
        help_text=_("Begins a section. A long survey has a page for each."),
    )
    text = LineField(_("question"), max_length=300)
    help_text = LineField(_("help text"), max_length=300, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)
    low_label = LineField(_("words at the low end"), max_length=80, blank=True)
    high_label = LineField(_("words at the high end"), max_length=80, blank=True)
    # What can be chosen, and the lines of a matrix: each a key and a text.
    choices: Any = models.JSONField(default=list, blank=True)
    lines: Any = models.JSONField(default=list, blank=True)
    # Shown only if the answer to the question with that key compares so; always where there is none.
    rule_key = models.CharField(_("show it only if"), max_length=KEY_LENGTH, blank=True)
    rule_sign = models.CharField(max_length=8, choices=Sign, blank=True)
    rule_value = models.CharField(max_length=40, blank=True)
    # By language the texts by their names.
    translations: Any = models.JSONField(default=dict, blank=True)
    # Only in a draft: taken out, and can be put back until the draft is published.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["version", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="question_once_per_key")]

    def __str__(self) -> str:
        return self.text

    @property
    def is_scale(self) -> bool:
        return self.kind in SCALES

    @property
    def scale(self) -> range:
        return SCALES[self.kind]

    @property
    def is_choice(self) -> bool:
        return self.kind in CHOICES

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS

    @property
    def choice_keys(self) -> list[str]:
        return [choice["key"] for choice in self.choices]

    @property
    def line_keys(self) -> list[str]:
        return [line["key"] for line in self.lines]

    def remove(self, at: datetime) -> None:
        self.removed_at = at
        self.save(update_fields=["removed_at"])
