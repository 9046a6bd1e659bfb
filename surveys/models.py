"""Satisfaction surveys: what is asked, who was asked, what they answered."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, CustomerDataQuerySet
from interactions.models import Interaction
from retention_crm.lib import clock, text, tokens
from retention_crm.lib.fields import LineField, NoteField

DETRACTOR_MAX = 6
PASSIVE_MAX = 8
EXCERPT_LENGTH = 200
EDIT_WINDOW = timedelta(hours=24)
TOKEN_PURPOSE = "survey"  # noqa: S105 - a label, not a secret


def new_nonce() -> str:
    return secrets.token_hex(8)


class SurveyQuerySet(models.QuerySet["Survey"]):
    def for_invitations(self) -> "Survey | None":
        """The survey that events ask with: the oldest in use, or none."""
        return self.filter(is_active=True).order_by("pk").first()


class Survey(models.Model):
    """One question on a scale from 0 to 10 (NPS) and a comment."""

    name = LineField(_("name"), max_length=120)
    question = LineField(
        _("question"),
        max_length=300,
        default="How likely are you to recommend us to a friend or colleague?",
    )
    comment_question = LineField(
        _("question for the comment"), max_length=300, default="What is the reason for your answer?"
    )
    thanks = NoteField(
        _("thank-you text"),
        max_length=1000,
        default="Thank you. Your answer has reached the person who looks after you.",
    )
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        ordering = ["-is_active", "name", "pk"]

    def __str__(self) -> str:
        return self.name


class InvitationQuerySet(CustomerDataQuerySet["Invitation"]):
    def asked(self, at: datetime) -> Self:
        """Those whose time had come by then; what never went out because it was withdrawn before is not one."""
        return self.filter(send_at__lte=at).exclude(revoked_at__lte=models.F("send_at"))

    def unanswered(self) -> Self:
        return self.filter(~models.Exists(Response.objects.filter(invitation=models.OuterRef("pk"))))

    def open(self, at: datetime) -> Self:
        """Those whose link works at that moment."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=at)

    def for_list(self) -> Self:
        """With what a row of a list shows."""
        shown = self.select_related("contact", "customer")
        return shown.only("send_at", "expires_at", "contact__name", "customer__name")


class Invitation(models.Model):
    """One contact asked once, with a link of its own."""

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="invitations")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="invitations")
    trigger = models.ForeignKey(
        Interaction, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    nonce = models.CharField(max_length=32, default=new_nonce, editable=False)
    send_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "trigger", "contact"], name="invitation_once_per_event"),
        ]
        indexes = [
            models.Index(fields=["contact", "-send_at"], name="invitation_by_contact"),
            models.Index(fields=["customer", "-created_at"], name="invitation_by_customer"),
            models.Index(fields=["created_at"], name="invitation_by_created"),
            models.Index(fields=["-send_at", "-id"], name="invitation_by_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}: {self.contact_id}"

    @property
    def token(self) -> str:
        return tokens.make(TOKEN_PURPOSE, self.pk, self.nonce)

    def is_open(self, at: datetime) -> bool:
        """Whether its link still works."""
        return self.revoked_at is None and at < self.expires_at

    def revoke(self, at: datetime) -> None:
        """Ends its link; the first withdrawal stands."""
        Invitation.objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=at)


class Opinion(models.TextChoices):
    PROMOTER = "promoter", _("Promoter")
    PASSIVE = "passive", _("Passive")
    DETRACTOR = "detractor", _("Detractor")


OPINION_SCORES = {
    Opinion.PROMOTER: (PASSIVE_MAX + 1, 10),
    Opinion.PASSIVE: (DETRACTOR_MAX + 1, PASSIVE_MAX),
    Opinion.DETRACTOR: (0, DETRACTOR_MAX),
}


class ResponseQuerySet(CustomerDataQuerySet["Response"]):
    def detractors(self) -> Self:
        return self.filter(score__lte=DETRACTOR_MAX)

    def of_opinion(self, opinion: Opinion) -> Self:
        return self.filter(score__range=OPINION_SCORES[opinion])

    def for_list(self) -> Self:
        """With what a row of a list shows."""
        shown = self.select_related("contact", "customer")
        return shown.only("score", "comment", "answered_at", "edited_at", "contact__name", "customer__name")


class Response(models.Model):
    """The answer to an invitation; there is one at most, and it may be edited for a day."""

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="response")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="responses")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="responses")
    score = models.PositiveSmallIntegerField(_("score"), validators=[MinValueValidator(0), MaxValueValidator(10)])
    comment = NoteField(_("comment"), blank=True, max_length=5000)
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
    def opinion(self) -> Opinion:
        if self.score <= DETRACTOR_MAX:
            return Opinion.DETRACTOR
        return Opinion.PASSIVE if self.score <= PASSIVE_MAX else Opinion.PROMOTER

    @property
    def is_detractor(self) -> bool:
        return self.opinion == Opinion.DETRACTOR

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
