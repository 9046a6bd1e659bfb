"""Marking customers with tags, and keeping what a company's own fields say of them."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from customers.models import Customer, Tag


def label(
    customer: Customer, *, tags: Collection[Tag] | None, new_tags: Collection[str], custom: Mapping[str, Any]
) -> None:
    """The customer has exactly these tags (None leaves them), and of the company's own fields these values.

    A value of None means that nothing is known. Fields that are not named keep what somebody else may have written.
    """
    with transaction.atomic():
        if tags is not None:
            customer.tags.set([*tags, *Tag.objects.named(new_tags)])
        if custom:
            Customer.objects.filter(pk=customer.pk).set_custom(custom)
            customer.refresh_from_db(fields=["custom"])
