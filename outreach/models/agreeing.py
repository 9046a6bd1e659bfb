"""What a customer says was agreed otherwise than a recap says, and the versions that are the record since."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, CustomerDataQuerySet
from interactions.models import FollowUp, Interaction
from outreach.models.message import Message
from retention_crm.lib.fields import NoteField


class Decision(models.TextChoices):
    OPEN = "open", _("Waits for us")
    ACCEPTED = "accepted", _("Taken over")
    DECLINED = "declined", _("Stays as it was")


class CorrectionQuerySet(CustomerDataQuerySet["Correction"]):
    def open(self) -> Self:
        return self.filter(decision=Decision.OPEN)


class Correction(models.Model):
    """A reader of a recap says that this is not what was agreed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="corrections")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="corrections")
    interaction = models.ForeignKey(Interaction, on_delete=models.CASCADE, related_name="corrections")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="corrections")
    follow_up = models.OneToOneField(FollowUp, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    text = NoteField(max_length=5000)
    said_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.OPEN)
    word = NoteField(max_length=1000, blank=True, default="", help_text="What whoever said it reads about it.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-said_at", "-pk"]
        indexes = [models.Index(fields=["customer", "-said_at"], name="correction_by_customer")]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_open(self) -> bool:
        return self.decision == Decision.OPEN


class AgreedVersionQuerySet(CustomerDataQuerySet["AgreedVersion"]):
    def latest_of(self, interaction: Interaction) -> "AgreedVersion | None":
        return self.filter(interaction=interaction).order_by("-number").first()


class AgreedVersion(models.Model):
    """What was agreed in a conversation, as both sides see it: the first version is the recap that was sent."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="agreed_versions")
    interaction = models.ForeignKey(Interaction, on_delete=models.CASCADE, related_name="agreed_versions")
    number = models.PositiveSmallIntegerField()
    text = NoteField(max_length=20_000)
    correction = models.OneToOneField(
        Correction, on_delete=models.SET_NULL, null=True, blank=True, related_name="version"
    )
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    agreed_at = models.DateTimeField()

    objects = AgreedVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["interaction", "number"], name="agreed_once")]
        indexes = [models.Index(fields=["customer", "-agreed_at"], name="agreed_by_customer")]

    def __str__(self) -> str:
        return f"{self.interaction_id}: {self.number}"
