"""Which of the rarer things there are about a customer, asked together: a page then fetches only those there are."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from customers.models import ContactDetail, Customer, DatedEvent, OwnerChange
from interactions.models import Complaint, Interaction, Wish
from retention.models import Judgement, Renewal, RetentionPlan

_OF_CUSTOMER: dict[str, QuerySet[Any]] = {
    "complaints": Complaint.objects.open(),
    "owed": Interaction.objects.owed(),
    "wishes": Wish.objects.open(),
    "untold": OwnerChange.objects.untold(),
    "tags": Customer.tags.through._default_manager.all(),
    "judgements": Judgement.objects.open(),
    "plans": RetentionPlan.objects.open(),
    "renewals": Renewal.objects.all(),
}
_OF_CONTACT: dict[str, QuerySet[Any]] = {"events": DatedEvent.objects.all(), "details": ContactDetail.objects.all()}


def presence() -> JSONObject:
    """For a query of customers: an object that says of each thing whether there is any."""
    there = {name: rows.filter(customer=OuterRef("pk")) for name, rows in _OF_CUSTOMER.items()}
    there |= {name: rows.filter(contact__customer=OuterRef("pk")) for name, rows in _OF_CONTACT.items()}
    return JSONObject(**{name: Exists(rows.order_by()) for name, rows in there.items()})
