"""How sending goes: what came back, pauses, the pace, and where the ledger stands."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from outreach.models.message import Message


class ProviderEvent(models.Model):
    """What a mail provider, or a mail that came back, told about a message: each event once, in whatever order."""

    class What(models.TextChoices):
        DELIVERED = "delivered", _("Arrived at their mail server")
        NOT_YET = "not_yet", _("Not taken by their mail server")
        BOUNCED = "bounced", _("Came back: the address does not exist")
        REFUSED = "refused", _("Not sent by our mail provider")
        COMPLAINED = "complained", _("Reported as unwanted mail")
        UNSUBSCRIBED = "unsubscribed", _("Left our mails at the mail provider")

    key = models.CharField(max_length=200, unique=True, help_text="The provider's own name of the event.")
    what = models.CharField(max_length=20)
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="provider_events"
    )
    words = models.CharField(max_length=300, blank=True, default="")
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["happened_at", "pk"]
        indexes = [models.Index(fields=["-happened_at"], name="provider_event_by_time")]

    def __str__(self) -> str:
        return f"{self.what}: {self.key}"

    @property
    def words_for_what(self) -> str:
        return str(self.What(self.what).label)


class SendingPause(models.Model):
    """A time in which nothing is handed over; at most one is open."""

    class Cause(models.TextChoices):
        CREDENTIALS = "credentials", _("The mail server refuses the login")
        SENDER = "sender", _("The mail server refuses the sender")
        SECURITY = "security", _("No secure connection to the mail server")
        RESTORED = "restored", _("The database was restored or moved")
        PERSON = "person", _("Stopped by a person")

    cause = models.CharField(max_length=12, choices=Cause.choices)
    words = models.CharField(max_length=500, blank=True, default="")
    began_at = models.DateTimeField()
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    try_again_at = models.DateTimeField(null=True, blank=True, help_text="Empty: only a person ends it.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(ended_at__isnull=True), name="sending_pause_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause}: {self.began_at}"


class LedgerPlace(models.Model):
    """Which database the ledger was last handed over from: one row. Another one means it was restored or moved."""

    ledger = models.UUIDField(default=uuid.uuid4, help_text="The ledger's own name; a copy of it has the same.")
    fingerprint = models.CharField(max_length=120, blank=True, help_text="Empty until a worker first looked.")
    seen_at = models.DateTimeField()
    handed_over = models.BigIntegerField(
        default=0, db_default=0, help_text="How many hand-overs were begun, ever; also known outside the database."
    )
    accepted_at = models.DateTimeField(null=True, blank=True, help_text="When a mail server took a mail last.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="ledger_place_is_one_row")]

    def __str__(self) -> str:
        return self.fingerprint


class Pace(models.Model):
    """A bucket of tokens, one token a mail: what may be sent to a domain, or in all, without going over a limit."""

    key = models.CharField(max_length=255, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField(help_text="When the tokens were counted, by the database's clock.")
    turn_at = models.DateTimeField(help_text="When the last message that was put off has its turn.")

    def __str__(self) -> str:
        return f"{self.key}: {self.tokens}"
