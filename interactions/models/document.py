"""Papers that belong to something that happened: an offer, minutes, a photograph."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet
from interactions.models.history import Interaction
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField

KEPT_AFTER_REMOVAL = timedelta(days=30)


class DocumentQuerySet(CustomerDataQuerySet["Document"]):
    customer_path = "interaction__customer__"

    def present(self) -> Self:
        """Those that were not removed."""
        return self.filter(removed_at__isnull=True)

    def shown_with(self, interaction_ids: Collection[int], *, newest_of: Customer | None, number: int) -> Self:
        """Those of these interactions, and so many of the newest of a customer, in the order they were added."""
        wanted = models.Q(interaction__in=interaction_ids)
        if newest_of is not None:
            newest = self.filter(interaction__customer=newest_of).order_by("-added_at", "-pk")
            wanted |= models.Q(pk__in=newest.values("pk")[:number])
        return self.filter(wanted)

    def forgotten(self, at: datetime) -> Self:
        """Those that were removed so long ago that nobody will want them back."""
        return self.filter(removed_at__lt=at - KEPT_AFTER_REMOVAL)


class Document(models.Model):
    """What is known of a file; its bytes lie apart, so that lists do not fetch them."""

    interaction = models.ForeignKey(Interaction, on_delete=models.CASCADE, related_name="documents")
    name = LineField(_("name"), max_length=150)
    size = models.PositiveIntegerField(help_text="Bytes.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        indexes = [
            models.Index(fields=["removed_at"], name="document_removed", condition=models.Q(removed_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.name


class DocumentContent(models.Model):
    """The bytes of a document: in the database, so that one backup has everything and every host can serve it."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="content")
    data = models.BinaryField()

    objects: models.Manager["DocumentContent"] = models.Manager()

    def __str__(self) -> str:
        return f"{self.pk}"
