"""Changes of many customers at once, and what each of them was before."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer, CustomerDataQuerySet

UNDOABLE_FOR = timedelta(days=7)


class BulkChangeQuerySet(models.QuerySet["BulkChange"]):
    def visible_to(self, user: User) -> Self:
        """Their own; administrators all."""
        return self if user.is_administrator else self.filter(by=user)

    def unfinished(self) -> Self:
        """Those that are not through, or are being taken back."""
        return self.filter(Q(finished_at=None) | Q(undo_asked_at__isnull=False, undone_at=None))


class BulkChange(models.Model):
    """One change of many customers. The rows say how far it is, so any worker can go on with it at any time."""

    class Action(models.TextChoices):
        OWNER = "owner", _("Give them to somebody")
        SEGMENT = "segment", _("Move them to a segment")
        ADD_TAG = "add_tag", _("Add a tag")
        REMOVE_TAG = "remove_tag", _("Take a tag away")
        FOLLOW_UP = "follow_up", _("Plan a follow-up with each")
        SURVEY = "survey", _("Ask them by a survey")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=12, choices=Action.choices)
    parameters = models.JSONField(default=dict, help_text="The id of what is set, or what is to be done and by when.")
    words = models.CharField(max_length=300, help_text="What is done, for people.")
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(fields=["by", "-made_at"], name="bulk_change_by_person"),
            models.Index(
                fields=["made_at"],
                name="bulk_change_unfinished",
                condition=Q(finished_at=None) | Q(undo_asked_at__isnull=False, undone_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def is_survey(self) -> bool:
        return self.action == self.Action.SURVEY

    @property
    def is_under_way(self) -> bool:
        return self.undone_at is None if self.undo_asked_at else self.finished_at is None

    def may_be_undone(self, at: datetime) -> bool:
        return self.undo_asked_at is None and at < self.made_at + UNDOABLE_FOR

    def counts(self) -> dict[str, int]:
        """How many customers it has in each state, and `total`."""
        numbers = {state.value: 0 for state in BulkRow.State}
        numbers |= dict(self.rows.values_list("state").annotate(number=Count("pk")).order_by())
        return numbers | {"total": sum(numbers.values())}


class BulkRowQuerySet(CustomerDataQuerySet["BulkRow"]):
    """The door; whoever may see a change sees how many rows it has, not which customers they are."""


class BulkRow(models.Model):
    """One customer of such a change."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CHANGED = "changed", _("changed")
        SAME = "same", _("was so already")
        REFUSED = "refused", _("may not be changed any more")
        TAKEN_BACK = "taken_back", _("as before")
        KEPT = "kept", _("changed by somebody since")

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING, db_default=State.WAITING)
    before = models.BigIntegerField(null=True, blank=True, help_text="The id of what was set before, or made.")

    objects = BulkRowQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "customer"], name="bulk_row_once")]
        indexes = [models.Index(fields=["change", "state"], name="bulk_row_by_state")]

    def __str__(self) -> str:
        return f"{self.change_id}: {self.customer_id}"
