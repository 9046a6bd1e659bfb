"""What changed between a customer and us, as far as messages and people have to know of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.choices import CallEvery, Channel, Language
from customers.models.contact import Contact
from customers.models.customer import Customer


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

    objects = OwnerChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-changed_at"], name="owner_change_by_customer"),
            models.Index(
                fields=["customer"],
                name="owner_change_untold",
                condition=models.Q(announced_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.former_id} → {self.owner_id}"


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
