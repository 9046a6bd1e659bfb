"""Complaints: what went wrong, how quickly it is to be answered and put right, and what became of it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Customer, CustomerDataQuerySet
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField


class Severity(models.IntegerChoices):
    MINOR = 1, _("Minor")
    SERIOUS = 2, _("Serious")
    SEVERE = 3, _("Severe")


class FaultIn(models.TextChoices):
    """Where a complaint came from, as it was found out."""

    PRODUCT = "product", _("The product")
    DELIVERY = "delivery", _("The delivery")
    SERVICE = "service", _("The service")
    INVOICE = "invoice", _("The invoice or the price")
    WORD = "word", _("A promise that was not kept")
    SILENCE = "silence", _("Nobody answered")
    CUSTOMER = "customer", _("The customer's side")
    OTHER = "other", _("Something else")


class Standing(models.TextChoices):
    """Where a complaint stands. Reopened is one that was put right and was not; it has to be answered anew."""

    OPEN = "open", _("Not answered yet")
    ANSWERED = "answered", _("Answered")
    REOPENED = "reopened", _("Reopened")
    RESOLVED = "resolved", _("Put right")


class ComplaintQuerySet(CustomerDataQuerySet["Complaint"]):
    def open(self) -> Self:
        return self.filter(resolved_at__isnull=True)

    def pressing(self) -> Self:
        """Open ones a manager should know of: severe, or not the first of its kind, or not put right after all."""
        return self.open().filter(models.Q(severity=Severity.SEVERE) | models.Q(escalated_at__isnull=False))

    def pressing_since(self, since: datetime, until: datetime) -> Self:
        """Those that came to press between two moments, both included."""
        severe = models.Q(severity=Severity.SEVERE, escalated_at=None, opened_at__gte=since, opened_at__lte=until)
        return self.open().filter(severe | models.Q(escalated_at__gte=since, escalated_at__lte=until))

    def unanswered(self) -> Self:
        return self.open().filter(answered_at__isnull=True)

    def past_deadline(self, at: datetime) -> Self:
        """Open ones that should have been answered, or put right, by then."""
        unanswered = models.Q(answered_at=None, answer_by__lt=at)
        return self.open().filter(unanswered | models.Q(resolve_by__lt=at))

    def opened_between(self, first: datetime | None, last: datetime | None) -> Self:
        """Those that came from one moment on and before the other; None is no limit."""
        found = self.filter(opened_at__gte=first) if first else self
        return found.filter(opened_at__lt=last) if last else found


class Complaint(models.Model):
    """A customer's dissatisfaction, open until it is resolved."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="complaints")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("in the hands of"), on_delete=models.PROTECT, related_name="complaints"
    )
    what = LineField(_("what went wrong"), max_length=300)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.SERIOUS)
    channel = models.CharField(
        _("came by"), max_length=12, choices=Channel.choices, blank=True, default="", db_default=""
    )
    opened_at = models.DateTimeField(default=clock.now, editable=False)
    # Without deadlines is what was noted before there were any.
    answer_by = models.DateTimeField(null=True, blank=True, editable=False)
    resolve_by = models.DateTimeField(null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    reopened_at = models.DateTimeField(null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField(null=True, blank=True, editable=False)
    outcome = LineField(_("outcome"), max_length=300, blank=True)
    fault_in = models.CharField(
        _("where the fault was"), max_length=8, choices=FaultIn.choices, blank=True, default="", db_default=""
    )
    cost = models.DecimalField(
        _("what it cost us"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-opened_at"], name="complaint_by_customer"),
            models.Index(
                fields=["opened_at"], name="complaint_severe", condition=models.Q(severity=3, resolved_at__isnull=True)
            ),
            models.Index(
                fields=["resolved_at"], name="complaint_by_resolved", condition=models.Q(resolved_at__isnull=False)
            ),
            models.Index(
                fields=["escalated_at"],
                name="complaint_escalated",
                condition=models.Q(escalated_at__isnull=False, resolved_at__isnull=True),
            ),
            models.Index(fields=["opened_at"], name="complaint_by_opened"),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def standing(self) -> Standing:
        if self.resolved_at:
            return Standing.RESOLVED
        if self.answered_at:
            return Standing.ANSWERED
        return Standing.REOPENED if self.reopened_at else Standing.OPEN

    @property
    def due_by(self) -> datetime | None:
        """When the next step is due: the answer, and then that it is put right; None without a deadline, and after."""
        if not self.is_open:
            return None
        return self.resolve_by if self.answered_at else self.answer_by

    def is_late(self, at: datetime) -> bool:
        """Whether the next step should have been taken by then."""
        return self.due_by is not None and self.due_by < at
