"""Meetings that are planned: what they are about, when and where, and who of the customer takes part."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, CustomerDataQuerySet
from interactions.models.history import Interaction
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField


class MeetingQuerySet(CustomerDataQuerySet["Meeting"]):
    def planned(self) -> Self:
        """Those that are neither cancelled nor known to have taken place or to have been missed."""
        return self.filter(cancelled_at__isnull=True, interaction__isnull=True)

    def beginning(self, since: datetime, until: datetime) -> Self:
        return self.filter(starts_at__gte=since, starts_at__lt=until)


class Meeting(models.Model):
    """An appointment with a customer. What became of it says the interaction that was logged for it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="meetings")
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="meetings",
        db_index=False,
        help_text="Who of us holds it, and in whose name it is invited to.",
    )
    title = LineField(_("what it is about"), max_length=200)
    agenda = NoteField(_("agenda"), max_length=5000, blank=True)
    place = LineField(_("place or link"), max_length=500, blank=True)
    starts_at = models.DateTimeField(_("when"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=60, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)]
    )
    # The same in every invitation and in the calendar of its host, whatever becomes of the row's number (RFC 5545).
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False, help_text="Grows with every change (RFC 5546).")
    interaction = models.OneToOneField(
        Interaction, on_delete=models.SET_NULL, null=True, blank=True, related_name="meeting", editable=False
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_because = LineField(max_length=300, blank=True, default="", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["customer", "starts_at"], name="meeting_by_customer"),
            models.Index(fields=["host", "starts_at"], name="meeting_by_host"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_planned(self) -> bool:
        return self.cancelled_at is None and self.interaction_id is None

    def is_over(self, at: datetime) -> bool:
        return self.ends_at <= at


class GuestQuerySet(CustomerDataQuerySet["Guest"]):
    customer_path = "meeting__customer__"


class Guest(models.Model):
    """A contact who takes part in a meeting."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="guests")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="meetings")

    objects = GuestQuerySet.as_manager()

    class Meta:
        ordering = ["contact__name", "pk"]
        constraints = [models.UniqueConstraint(fields=["meeting", "contact"], name="guest_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id}: {self.contact_id}"
