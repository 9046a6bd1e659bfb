"""How customers and their contacts like to get recaps."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Contact, Customer, CustomerDataQuerySet


class Format(models.TextChoices):
    HTML = "html", _("Mail")
    TEXT = "text", _("Mail in plain text")
    PDF = "pdf", _("Mail with a PDF")
    DOCX = "docx", _("Mail with a Word document")


class Part(models.TextChoices):
    TALKED = "talked", _("What we talked about")
    DECISIONS = "decisions", _("Decisions")
    PROMISES = "promises", pgettext_lazy("in a recap", "What we promised")
    THEIRS = "theirs", _("What they do")
    NEXT = "next", _("Next meeting")


class RecapStyleQuerySet(CustomerDataQuerySet["RecapStyle"]):
    pass


class RecapStyle(models.Model):
    """In which form a customer gets recaps, and under which headings in which order."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="recap_style")
    format = models.CharField(_("format"), max_length=4, choices=Format.choices, default=Format.HTML)
    headings = models.JSONField(default=list, help_text="Pairs of a part and the customer's own heading, in order.")

    objects = RecapStyleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.format}"

    @property
    def parts(self) -> list[tuple[Part, str]]:
        """The parts in their order, each with the own heading or nothing; as usual where nothing is said."""
        return [(Part(part), str(label)) for part, label in self.headings] or usual_parts()


def usual_parts() -> list[tuple[Part, str]]:
    return [(part, "") for part in Part]


class ReaderFormatQuerySet(CustomerDataQuerySet["ReaderFormat"]):
    customer_path = "contact__customer__"


class ReaderFormat(models.Model):
    """In which form a contact gets recaps, where that is another than the customer's."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="recap_format")
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)

    objects = ReaderFormatQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.format}"


def style_of(customer: Customer) -> RecapStyle:
    """How the customer likes recaps; as usual, if nobody said so. Nothing is saved."""
    style: Any = getattr(customer, "recap_style", None)
    return style or RecapStyle(customer=customer)


def format_for(contact: Contact) -> Format:
    """In which form this contact gets recaps."""
    own: Any = getattr(contact, "recap_format", None)
    return Format(own.format if own else style_of(contact.customer).format)
