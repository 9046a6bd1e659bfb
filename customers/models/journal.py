"""What was done to rows, one step after the other, so that it can be undone; and what lies in the trash."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models.access import CustomerDataQuerySet
from customers.models.contact import Contact
from customers.models.customer import Customer
from customers.models.history import Merge
from retention_crm.lib.fields import LineField

# So long what was deleted can be restored.
TRASH_KEPT_FOR = timedelta(days=30)


class TrashedQuerySet(CustomerDataQuerySet["Trashed"]):
    def restorable_by(self, user: User) -> Self:
        """Administrators all; whoever deleted something, that, if they may still change what it belonged to."""
        if user.is_administrator:
            return self
        mine = Q(deleted_by=user)
        return self.filter(mine, Q(customer=None) | Q(pk__in=self.editable_by(user).order_by().values("pk")))

    def outdated(self, at: datetime) -> Self:
        """Those whose time is over."""
        return self.filter(deleted_at__lt=at - TRASH_KEPT_FOR)


class Trashed(models.Model):
    """Something that was deleted, with all that went with it.

    The rows themselves are gone from their tables and lie here as JSON, in `steps`: so nothing that lists, counts,
    plans or sends needs to know of the trash, and a new one can not forget to. The price is that a row comes back as
    the tables are by then; columns that came since get what the database gives them.
    """

    model = models.CharField(max_length=60, help_text="The label of the model.")
    name = LineField(max_length=200, help_text="What people called it.")
    row_pk = models.BigIntegerField()
    belonged = models.JSONField(default=dict, help_text="How many rows went with it, by the labels of their models.")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="trashed")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="trashed")
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    deleted_at = models.DateTimeField()

    objects = TrashedQuerySet.as_manager()

    class Meta:
        ordering = ["-deleted_at", "-pk"]
        indexes = [models.Index(fields=["-deleted_at", "-id"], name="trashed_by_time")]

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """One statement of a merge or a deletion, and the rows it was about; played backwards they undo it.

    What was stopped is for the app whose rows it is to set going again.
    """

    class How(models.TextChoices):
        MOVED = "moved", _("moved")
        GONE = "gone", _("gone")
        CHANGED = "changed", _("changed")
        MADE = "made", _("made")
        CLEARED = "cleared", _("cleared")
        STOPPED = "stopped", _("stopped")

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, null=True, blank=True, related_name="steps")
    trashed = models.ForeignKey(Trashed, on_delete=models.CASCADE, null=True, blank=True, related_name="steps")
    how = models.CharField(max_length=8, choices=How.choices)
    model = models.CharField(max_length=60, help_text="The label of the model.")
    field = models.CharField(max_length=60, blank=True, default="", help_text="What was moved: a foreign key.")
    former = models.BigIntegerField(null=True, help_text="What stood there before.")
    latter = models.BigIntegerField(null=True, help_text="What stood there afterwards.")
    pks = ArrayField(models.BigIntegerField(), default=list)
    rows = models.JSONField(
        null=True,
        help_text="Of what is gone, the rows; of what was changed, each with what was before and after; of what was"
        " cleared, what stood there.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(merge=None, trashed__isnull=False) | Q(merge__isnull=False, trashed=None),
                name="step_of_one",
            ),
            models.CheckConstraint(
                condition=Q(how__in=["moved", "gone", "changed", "made", "cleared", "stopped"]), name="step_how_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how} {self.model}: {len(self.pks)}"
