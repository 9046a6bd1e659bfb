"""What was answered: the response as a whole, and the answer to each question."""

from datetime import datetime, timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, CustomerDataQuerySet
from interactions.models import Complaint
from retention_crm.lib import text
from retention_crm.lib.fields import NoteField
from surveys.models.invitation import Invitation
from surveys.models.question import KEY_LENGTH, Question
from surveys.models.survey import Version

NPS_TOP = 10
DETRACTOR_MAX = 6
PASSIVE_MAX = 8
EXCERPT_LENGTH = 200
EDIT_WINDOW = timedelta(hours=24)


class Opinion(models.TextChoices):
    PROMOTER = "promoter", _("Promoter")
    PASSIVE = "passive", _("Passive")
    DETRACTOR = "detractor", _("Detractor")


OPINION_SCORES = {
    Opinion.PROMOTER: (PASSIVE_MAX + 1, 10),
    Opinion.PASSIVE: (DETRACTOR_MAX + 1, PASSIVE_MAX),
    Opinion.DETRACTOR: (0, DETRACTOR_MAX),
}


def opinion_of(score: int) -> Opinion:
    if score <= DETRACTOR_MAX:
        return Opinion.DETRACTOR
    return Opinion.PASSIVE if score <= PASSIVE_MAX else Opinion.PROMOTER


class ResponseQuerySet(CustomerDataQuerySet["Response"]):
    def detractors(self) -> Self:
        return self.filter(score__lte=DETRACTOR_MAX)

    def unhappy(self) -> Self:
        """Those that somebody has to act on: detractors, who is not satisfied, and who found it hard."""
        return self.filter(models.Q(score__lte=DETRACTOR_MAX) | models.Q(low_point__isnull=False))

    def of_opinion(self, opinion: Opinion) -> Self:
        return self.filter(score__range=OPINION_SCORES[opinion])

    def for_list(self) -> Self:
        """With what a row of a list shows."""
        shown = self.select_related("contact", "customer")
        return shown.only(
            "score", "low_point", "low_of", "comment", "answered_at", "edited_at", "contact__name", "customer__name"
        )


class Response(models.Model):
    """The answer to an invitation; there is one at most, and it may be edited for a day.

    The score is the answer to the first NPS question and the comment that to the first long text, so that whoever looks
    for how content a customer is need not know what a survey asked; without such a question there is none.
    """

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="response")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="responses")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="responses")
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, blank=True, related_name="responses", db_index=False
    )
    score = models.PositiveSmallIntegerField(
        _("score"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10)]
    )
    comment = NoteField(_("comment"), blank=True, max_length=5000)
    # The unhappy answer to a scale: the point, and the last one of its scale.
    low_point = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    low_of = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    # Opened by the customer's own word.
    complaint = models.ForeignKey(
        Complaint, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["-answered_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(score__range=(0, 10)), name="response_score_on_scale"),
        ]
        indexes = [
            models.Index(fields=["customer", "-answered_at"], name="response_by_customer"),
            models.Index(fields=["-answered_at", "-id"], name="response_by_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.score}"

    @property
    def opinion(self) -> Opinion | None:
        return None if self.score is None else opinion_of(self.score)

    @property
    def is_detractor(self) -> bool:
        return self.opinion == Opinion.DETRACTOR

    @property
    def is_unhappy(self) -> bool:
        return self.is_detractor or self.low_point is not None

    @property
    def low(self) -> tuple[int | None, int]:
        """The unhappy answer: the point, and the last one of its scale."""
        return (self.score, NPS_TOP) if self.low_of is None else (self.low_point, self.low_of)

    @property
    def excerpt(self) -> str:
        """The beginning of the comment, on one line."""
        return text.excerpt(self.comment, EXCERPT_LENGTH)

    @property
    def is_longer_than_excerpt(self) -> bool:
        return len(self.comment) > EXCERPT_LENGTH

    @property
    def editable_until(self) -> datetime:
        """The end of the day of grace, or of the link, whichever comes first."""
        return min(self.answered_at + EDIT_WINDOW, self.invitation.expires_at)

    def is_editable(self, at: datetime) -> bool:
        return at < self.editable_until


class AnswerQuerySet(CustomerDataQuerySet["Answer"]):
    customer_path = "response__customer__"


class Answer(models.Model):
    """What a response says to one question: a number, a day, a text or a choice, by the kind of the question.

    Several choices are several rows, and so are the lines of a matrix.
    """

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    line = models.CharField(max_length=KEY_LENGTH, blank=True, default="", db_default="")
    choice = models.CharField(max_length=KEY_LENGTH, blank=True, default="", db_default="")
    number = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    text = NoteField(blank=True, default="", db_default="", max_length=5000)
    day = models.DateField(null=True, blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "question", "line", "choice"], name="answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.question_id}"
