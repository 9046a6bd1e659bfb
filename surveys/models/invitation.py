"""Who was asked, with a link of their own, and what they have filled in so far."""

import secrets
from datetime import datetime
from typing import Any, Self

from django.db import models

from customers.models import Contact, Customer, CustomerDataQuerySet
from interactions.models import Interaction
from retention_crm.lib import clock, tokens
from surveys.models.survey import Survey, Version

TOKEN_PURPOSE = "survey"  # noqa: S105 - a label, not a secret


def new_nonce() -> str:
    return secrets.token_hex(8)


class InvitationQuerySet(CustomerDataQuerySet["Invitation"]):
    def asked(self, at: datetime) -> Self:
        """Those whose time had come by then; what never went out because it was withdrawn before is not one."""
        return self.filter(send_at__lte=at).exclude(revoked_at__lte=models.F("send_at"))

    def unanswered(self) -> Self:
        return self.filter(response__isnull=True, answered_in_confidence=False)

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
    # What asked by itself; none for somebody who was asked by hand.
    occasion = models.ForeignKey(
        "Occasion", on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations", db_index=False
    )
    nonce = models.CharField(max_length=32, default=new_nonce, editable=False)
    send_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Only that, and not when: the answer leads back to nobody.
    answered_in_confidence = models.BooleanField(default=False, db_default=False, editable=False)
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

    @property
    def is_answered(self) -> bool:
        return self.answered_in_confidence or getattr(self, "response", None) is not None

    @property
    def is_about_leaving(self) -> bool:
        """Whether it asks why somebody left, so that it may go to a customer who is lost."""
        return self.occasion is not None and self.occasion.kind == "loss"

    def revoke(self, at: datetime) -> None:
        """Ends its link; the first withdrawal stands."""
        Invitation.objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=at)


class BegunQuerySet(CustomerDataQuerySet["Begun"]):
    customer_path = "invitation__customer__"


class Begun(models.Model):
    """What somebody filled in before the last page, so that they can go on later, also on another device.

    It is no answer yet and counts nowhere; the answer takes its place.
    """

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="begun")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    # By the name of the field what was posted in it, all of it checked.
    given: Any = models.JSONField(default=dict)
    # The page they are at, from 1.
    page = models.PositiveSmallIntegerField(default=1)
    changed_at = models.DateTimeField()

    objects = BegunQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.invitation_id}: {self.page}"
