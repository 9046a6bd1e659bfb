"""What changed between a customer and us, as far as messages and people have to know of it."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.choices import CallEvery, Channel, Language, Stage
from customers.models.contact import Contact
from customers.models.customer import Customer
from retention_crm.lib.fields import LineField


class OwnerChangeQuerySet(CustomerDataQuerySet["OwnerChange"]):
    def untold(self) -> Self:
        """Those the customer has not been told of."""
        return self.filter(announced_at__isnull=True)


class OwnerChange(models.Model):
    """A customer was given to another member of staff; until they are told, no automatic mail comes from a stranger."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="owner_changes")
    former = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    announced_at = models.DateTimeField(
        null=True, blank=True, help_text="When the new owner spoke to them, or somebody said that they know."
    )
    is_introduced = models.BooleanField(
        default=False, db_default=False, help_text="The new owner is to be introduced to the contacts by mail."
    )

    objects = OwnerChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-changed_at"], name="owner_change_by_customer"),
            # Who was given a customer is asked again every few seconds.
            models.Index(fields=["changed_at"], name="owner_change_by_time"),
            models.Index(
                fields=["customer"],
                name="owner_change_untold",
                condition=models.Q(announced_at__isnull=True),
            ),
            # Whom to introduce is asked again every few seconds.
            models.Index(
                fields=["changed_at"],
                name="owner_change_introduced",
                condition=models.Q(announced_at__isnull=True, is_introduced=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.former_id} → {self.owner_id}"


class HandOver(models.Model):
    """All that somebody looked after went to a colleague; for a day it can go back. The lists are ids of what went."""

    KEPT_FOR = timedelta(days=1)

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="hand_overs")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    customers = ArrayField(models.BigIntegerField(), default=list)
    follow_ups = ArrayField(models.BigIntegerField(), default=list)
    complaints = ArrayField(models.BigIntegerField(), default=list)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person} → {self.to}"

    def may_be_taken_back(self, at: datetime) -> bool:
        """Whether it is not too long ago, and the one it goes back to is still here."""
        return self.taken_back_at is None and at < self.at + self.KEPT_FOR and self.person.is_active


class StageChange(models.Model):
    """A customer came closer to us, or went away; by whose word."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="stage_changes")
    former = models.CharField(max_length=16, choices=Stage.choices)
    stage = models.CharField(max_length=16, choices=Stage.choices)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CustomerDataQuerySet["StageChange"].as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [models.Index(fields=["customer", "-changed_at"], name="stage_change_by_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.former} → {self.stage}"


class PreferenceChangeQuerySet(CustomerDataQuerySet["PreferenceChange"]):
    customer_path = "contact__customer__"


class PreferenceChange(models.Model):
    """What a contact chose on the preference page, beside consent: for the timeline."""

    class What(models.TextChoices):
        CHANNEL = "channel", _("Preferred channel")
        LANGUAGE = "language", _("Language")
        CADENCE = "cadence", _("How often to be called")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="preference_changes")
    what = models.CharField(max_length=12, choices=What.choices)
    former = models.CharField(max_length=20, blank=True, default="")
    chosen = models.CharField(max_length=20, blank=True, default="")
    changed_at = models.DateTimeField()

    objects = PreferenceChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [models.Index(fields=["contact", "-changed_at"], name="preference_by_contact")]

    def __str__(self) -> str:
        return f"{self.what}: {self.chosen}"

    @property
    def former_words(self) -> str:
        return self._words(self.former)

    @property
    def chosen_words(self) -> str:
        return self._words(self.chosen)

    def _words(self, value: str) -> str:
        if self.what == self.What.CADENCE and value not in CallEvery.values:
            return _("Every %(days)s days") % {"days": value}
        choices = {self.What.CHANNEL: Channel, self.What.LANGUAGE: Language, self.What.CADENCE: CallEvery}
        return str(choices[self.What(self.what)](value).label)


# So long a merge can be taken back.
MERGE_UNDOABLE_FOR = timedelta(days=7)


class MergeQuerySet(CustomerDataQuerySet["Merge"]):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(undone_at=None)

    def outdated(self, at: datetime) -> Self:
        """Those that can not be taken back any more, because it is too long ago."""
        return self.filter(merged_at__lt=at - MERGE_UNDOABLE_FOR)


class Merge(models.Model):
    """Two rows were the same customer or, with a contact, the same person; what the one that is gone was known by.

    Its `steps` say what was done to which rows, as long as it can be taken back.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="merges")
    former_pk = models.BigIntegerField(help_text="The id of the row that is gone; links in old mails still name it.")
    former_name = LineField(max_length=200)
    differing = models.JSONField(
        default=dict, help_text="By the name of the field, what stood there and was not taken over."
    )
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    part_of = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The merge of two customers that brought this one of two contacts with it.",
    )
    twins = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="All pairs of rows that became one: label of the model, id of the one kept, id of the other.",
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["former_pk"],
                condition=models.Q(contact__isnull=False, undone_at=None),
                name="merge_once_per_contact",
            ),
            models.UniqueConstraint(
                fields=["former_pk"],
                condition=models.Q(contact__isnull=True, undone_at=None),
                name="merge_once_per_customer",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-merged_at"], name="merge_by_customer")]

    def __str__(self) -> str:
        return f"{self.former_name} → {self.contact_id or self.customer_id}"

    @property
    def kept_name(self) -> str:
        """What the one that stays is called."""
        return self.contact.name if self.contact else self.customer.name

    def may_be_undone(self, at: datetime) -> bool:
        """Whether it is asked in time; that the rows are still there is seen when it is done."""
        return self.undone_at is None and self.part_of_id is None and at < self.merged_at + MERGE_UNDOABLE_FOR

    @property
    def differences(self) -> list[tuple[str, Any]]:
        """What differed, each with the name of its field in words."""
        fields = (Contact if self.contact_id else Customer)._meta
        known = {field.name: str(field.verbose_name) for field in fields.fields} | {"birthday": _("birthday")}
        return [(known.get(name, name), value) for name, value in self.differing.items()]


class FormerKey(models.Model):
    """The number elsewhere of a customer who was merged into another with a number of its own.

    Whoever is brought again under that number is the one that was kept.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="former_keys")
    key = models.CharField(max_length=200, unique=True, help_text="As Customer.external_key.")

    objects = CustomerDataQuerySet["FormerKey"].as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.key
