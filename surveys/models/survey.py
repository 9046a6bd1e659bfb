"""A survey and its versions: one is asked, one at most is being written, the others are kept for their answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from customers.models import Language
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField

if TYPE_CHECKING:
    from surveys.models.question import Question


class SurveyQuerySet(models.QuerySet["Survey"]):
    def in_use(self) -> Self:
        """Those that may be asked: not put aside, and with a version that was published."""
        return self.filter(is_active=True, published__isnull=False)

    def asking(self) -> Self:
        """Those that ask by themselves: in use, and with an occasion."""
        return self.in_use().filter(occasions__is_active=True).distinct()


class Survey(models.Model):
    """What people know under one name; what it asks stands in its versions."""

    name = LineField(_("name"), max_length=120)
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=Language,
        default=Language.ENGLISH,
        help_text=_("The language its texts are written in; what is not translated is asked in it."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    follow_up_hours = models.PositiveSmallIntegerField(
        _("hours until somebody has to act on an unhappy answer"),
        default=24,
        db_default=24,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
        help_text=_("Hours of days off do not count."),
    )
    offers_complaint = models.BooleanField(
        _("offer to treat an unhappy answer as a complaint"),
        default=False,
        db_default=False,
        help_text=_("Asked on the page that thanks for the answer."),
    )
    # The version that is asked; kept here because every invitation asks for it.
    published = models.ForeignKey(
        "Version", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    asks_promoters = models.BooleanField(
        _("thank promoters by mail, and ask whether they know somebody"),
        default=False,
        db_default=False,
        help_text=_("Who answers with 9 or 10, a day later, and at most once a year."),
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        ordering = ["-is_active", "name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def question(self) -> str:
        """What it asks first, in its own language; empty while nothing was published."""
        asked = self.published.asked if self.published else []
        return asked[0].text if asked else ""


class Version(models.Model):
    """The questions of a survey as they were asked from some day on; once published it never changes."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField(null=True, blank=True)
    thanks = NoteField(
        _("thank-you text"),
        max_length=1000,
        default="Thank you. Your answer has reached the person who looks after you.",
    )
    thanks_promoter = NoteField(_("thank-you text for promoters (9–10)"), max_length=1000, blank=True)
    thanks_passive = NoteField(_("thank-you text for passives (7–8)"), max_length=1000, blank=True)
    thanks_detractor = NoteField(_("thank-you text for detractors (0–6)"), max_length=1000, blank=True)
    is_confidential = models.BooleanField(
        _("answers are confidential"),
        default=False,
        db_default=False,
        help_text=_("They are counted without the name, and nobody can find out whose they are. Nobody can call back."),
    )
    least_answers = models.PositiveSmallIntegerField(
        _("show figures only from so many answers on"),
        default=5,
        db_default=5,
        validators=[MinValueValidator(3), MaxValueValidator(100)],
        help_text=_("Of confidential answers."),
    )
    # By language the texts by their names.
    translations: Any = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["survey", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="version_once_per_number"),
            models.UniqueConstraint(
                fields=["survey"], condition=models.Q(published_at__isnull=True), name="version_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}.{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @cached_property
    def asked(self) -> "list[Question]":
        """Its questions in their order."""
        return sorted(
            (question for question in self.questions.all() if question.removed_at is None),
            key=lambda question: (question.position, question.pk),
        )

    @property
    def opening(self) -> "Question | None":
        """The question that can be answered with one click in the mail: the first, if it is a scale."""
        first = self.asked[0] if self.asked else None
        return first if first and first.is_scale else None

    @property
    def is_short(self) -> bool:
        """Whether it asks one question, at most with a box for the reason, which may stay empty."""
        return len([question for question in self.asked if question.is_required or not question.is_text]) <= 1

    def publish(self, at: datetime) -> None:
        self.published_at = at
        self.save(update_fields=["published_at"])
