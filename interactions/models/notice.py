"""Bad news: recorded once, with the customers it touches and how each is told."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer, CustomerDataQuerySet
from interactions.models.history import FollowUp, Interaction
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField


class NoticeKind(models.TextChoices):
    PRICE = "price", _("Price change")
    DELAY = "delay", _("Delay")
    OUTAGE = "outage", _("Outage")
    OTHER = "other", _("Other")


class How(models.TextChoices):
    IN_PERSON = "in_person", _("In person")
    CALL = "call", _("Call")
    MAIL = "mail", _("Mail")


class CallBecause(models.TextChoices):
    """Why somebody should be called where all others get a mail."""

    CLOSE = "close", _("close to us")
    COMPLAINT = "complaint", _("open complaint")
    PREFERS_PHONE = "phone", _("prefers the phone")
    PREFERS_MEETING = "in_person", _("prefers to be met")
    LEFT_ALONE = "left_alone", _("asked for no mail")
    NO_ADDRESS = "no_address", _("nobody with an address")
    NO_MAIL = "no_mail", _("mail does not arrive")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> Self:
        """Those the user wrote, and those that touch a customer the user may see."""
        if user.sees_everything:
            return self
        touched = NoticeFor.objects.visible_to(user).filter(notice=models.OuterRef("pk"))
        return self.filter(models.Q(created_by=user) | models.Exists(touched))


class Notice(models.Model):
    """Something customers will not like to hear: they hear it from us, in time, and rather from a person."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="One for each filled-in form.")
    kind = models.CharField(_("kind"), max_length=8, choices=NoticeKind.choices, default=NoticeKind.PRICE)
    title = LineField(_("what it is"), max_length=200)
    words = NoteField(_("what it means for them"), max_length=5000)
    tell_by = models.DateField(_("to be told by"))
    how = models.CharField(_("how to tell"), max_length=12, choices=How.choices, default=How.CALL)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="notice_by_created")]

    def __str__(self) -> str:
        return self.title


class NoticeForQuerySet(CustomerDataQuerySet["NoticeFor"]):
    def told(self) -> Self:
        return self.filter(follow_up__done_at__isnull=False)

    def untold(self) -> Self:
        return self.filter(follow_up__done_at__isnull=True, follow_up__isnull=False)

    def overdue(self, at: datetime) -> Self:
        return self.untold().filter(follow_up__due_at__lt=at)


class NoticeFor(models.Model):
    """One customer a notice touches. The follow-up is the owner's task; when that is done, they were told."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="customers")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notices")
    how = models.CharField(_("how to tell"), max_length=12, choices=How.choices)
    how_since = models.DateTimeField(help_text="When that was chosen; a mail leaves some time after.")
    reasons = ArrayField(
        models.CharField(max_length=12, choices=CallBecause.choices),
        default=list,
        blank=True,
        help_text="Why they were to be called at first.",
    )
    follow_up = models.OneToOneField(
        FollowUp,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notice_for",
        help_text="Taken away with the notice.",
    )
    told_in = models.ForeignKey(
        Interaction, on_delete=models.SET_NULL, null=True, blank=True, related_name="notices", db_index=False
    )

    objects = NoticeForQuerySet.as_manager()

    class Meta:
        ordering = ["notice", "customer__sort_key", "pk"]
        constraints = [models.UniqueConstraint(fields=["notice", "customer"], name="notice_once_for_each")]
        indexes = [
            models.Index(fields=["told_in"], name="notice_by_told_in", condition=models.Q(told_in__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id}: {self.customer_id}"

    @property
    def is_to_be_told(self) -> bool:
        return self.follow_up is not None and self.follow_up.is_open

    def call_instead_of_mail(self, at: datetime) -> None:
        """The mail did not arrive: it is for the owner to tell them, unless somebody has done so."""
        with transaction.atomic():
            row = NoticeFor.objects.select_for_update().get(pk=self.pk)
            task = FollowUp.objects.filter(notice_for=row)
            if row.how != How.MAIL or task.filter(done_by__isnull=False).exists():
                return
            row.how, row.how_since = How.CALL, at
            row.reasons = [*row.reasons, CallBecause.NO_MAIL]
            row.save(update_fields=["how", "how_since", "reasons"])
            task.update(done_at=None)

    @property
    def reasons_in_words(self) -> str:
        return ", ".join(str(CallBecause(reason).label) for reason in self.reasons)
