"""Which of the rarer things there are about a customer, asked together: a page then fetches only those there are."""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Exists, JSONField, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
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


def presence() -> RawSQL:
    """For a query of customers: an object that says of each thing whether there is any."""
    return RawSQL(*_written(), output_field=JSONField())  # noqa: S611 - made of the querysets above


@cache
def _written() -> tuple[str, tuple[Any, ...]]:
    """The expression and its parameters, put into SQL once: for one customer that takes longer than answering it."""
    there = {name: rows.filter(customer=OuterRef("pk")) for name, rows in _OF_CUSTOMER.items()}
    there |= {name: rows.filter(contact__customer=OuterRef("pk")) for name, rows in _OF_CONTACT.items()}
    query = Customer._default_manager.all().query
    # So that the rows of the outer query are named by their table.
    query.get_initial_alias()
    asked = JSONObject(**{name: Exists(rows.order_by()) for name, rows in there.items()})
    sql, parameters = query.get_compiler(connection=connection).compile(asked.resolve_expression(query))
    return sql, tuple(parameters)
