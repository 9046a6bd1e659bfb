"""Answers that belong to nobody: given in confidence, or by the public link of a survey."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention_crm.lib import clock, tokens
from retention_crm.lib.fields import LineField, NoteField
from surveys.models.invitation import new_nonce
from surveys.models.question import KEY_LENGTH, Question
from surveys.models.survey import Survey, Version

PUBLIC_PURPOSE = "public survey"


class PublicLink(models.Model):
    """An address of a survey for everybody who has it."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="public_links")
    name = LineField(
        _("where it will stand"), max_length=80, help_text=_("For example: counter, invoice, trade fair in May.")
    )
    nonce = models.CharField(max_length=32, default=new_nonce, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        return tokens.make(PUBLIC_PURPOSE, self.pk, self.nonce)


class UnnamedQuerySet(models.QuerySet["Unnamed"]):
    def in_confidence(self) -> Self:
        return self.filter(link__isnull=True)

    def by_link(self) -> Self:
        return self.filter(link__isnull=False)


class Unnamed(models.Model):
    """An answer without a name.

    One given in confidence must lead back to nobody: its id is drawn, its moment is only a week, and no row of a
    customer, contact or invitation is named in it or names it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="unnamed")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="unnamed", db_index=False)
    # None for what was given in confidence.
    link = models.ForeignKey(PublicLink, on_delete=models.PROTECT, null=True, related_name="unnamed", db_index=False)
    # The Monday of the week it was given in.
    week = models.DateField()

    objects = UnnamedQuerySet.as_manager()

    class Meta:
        ordering = ["-week", "pk"]

    def __str__(self) -> str:
        return f"{self.survey_id}: {self.week}"


class UnnamedAnswer(models.Model):
    """What an unnamed answer says to one question; the same as `Answer` says of a named one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(Unnamed, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="unnamed_answers")
    line = models.CharField(max_length=KEY_LENGTH, blank=True, default="")
    choice = models.CharField(max_length=KEY_LENGTH, blank=True, default="")
    number = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    text = NoteField(blank=True, default="", max_length=5000)
    day = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.response_id}: {self.question_id}"
