"""A short list of questions to ask now and then while one speaks to a customer, and what they answered."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import CustomerDataQuerySet, Segment
from interactions.models.history import Interaction
from retention_crm.lib.fields import LineField


class CheckInQuestionQuerySet(models.QuerySet["CheckInQuestion"]):
    def for_segment(self, segment_id: int) -> Self:
        """Those that are asked there, in their order."""
        asked = models.Q(segment=None) | models.Q(segment=segment_id)
        return self.filter(asked, is_asked=True).order_by("position", "pk")


class CheckInQuestion(models.Model):
    """A question offered in the log panel: for the customers of a segment, or for all."""

    text = LineField(_("question"), max_length=200)
    segment = models.ForeignKey(
        Segment,
        verbose_name=_("segment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="check_in_questions",
        help_text=_("Empty: for all customers."),
    )
    position = models.PositiveSmallIntegerField(_("place in the list"), default=1)
    is_asked = models.BooleanField(_("is asked"), default=True, help_text=_("The answers stay if it is not."))

    objects = CheckInQuestionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class CheckInAnswerQuerySet(CustomerDataQuerySet["CheckInAnswer"]):
    customer_path = "interaction__customer__"


class CheckInAnswer(models.Model):
    """What a customer answered to one of the questions, in a conversation."""

    interaction = models.ForeignKey(Interaction, on_delete=models.CASCADE, related_name="check_in_answers")
    question = models.ForeignKey(CheckInQuestion, on_delete=models.CASCADE, related_name="answers")
    text = LineField(_("answer"), max_length=500)

    objects = CheckInAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["question__position", "pk"]
        constraints = [models.UniqueConstraint(fields=["interaction", "question"], name="check_in_answered_once")]

    def __str__(self) -> str:
        return self.text
