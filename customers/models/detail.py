"""More ways to reach a contact than the one address and the one number, and what else another system knew of them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from customers.models.access import CustomerDataQuerySet
from customers.models.contact import Contact
from retention_crm.lib.fields import LineField, NoteField
from retention_crm.lib.folding import Digits, Folded


class ContactDetailQuerySet(CustomerDataQuerySet["ContactDetail"]):
    customer_path = "contact__customer__"


class ContactDetail(models.Model):
    """One thing more about a contact, with the name it had where it comes from."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        ADDRESS = "address", _("Address")
        WEBSITE = "website", _("Website")
        MESSENGER = "messenger", _("Messenger")
        KEY = "key", _("Number elsewhere")
        NOTE = "note", _("Note")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="details")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    label = LineField(_("name"), max_length=100, blank=True, default="", db_default="")
    value = NoteField(_("value"), max_length=5000)
    search_key = models.GeneratedField(
        expression=models.Case(
            models.When(kind="phone", then=Digits("value")),
            default=Folded("value"),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = ContactDetailQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="contact_detail_search"),
            models.Index(
                "kind", Lower("value"), name="contact_detail_by_value", condition=models.Q(kind__in=["email", "key"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"
