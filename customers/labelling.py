"""Marking customers with tags, and keeping what a company's own fields say of them."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection, transaction

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


def mark(customer_ids: Collection[int], tag: Tag) -> set[int]:
    """Gives these customers a tag; returns those who had not had it."""
    return _changed(
        "INSERT INTO customers_customer_tags (customer_id, tag_id) SELECT id, %(tag)s FROM customers_customer"
        " WHERE id = ANY(%(ids)s) ORDER BY id ON CONFLICT DO NOTHING RETURNING customer_id",
        customer_ids,
        tag,
    )


def unmark(customer_ids: Collection[int], tag: Tag) -> set[int]:
    """Takes a tag from these customers; returns those who had had it."""
    return _changed(
        "DELETE FROM customers_customer_tags WHERE tag_id = %(tag)s AND customer_id = ANY(%(ids)s)"
        " RETURNING customer_id",
        customer_ids,
        tag,
    )


def _changed(statement: str, customer_ids: Collection[int], tag: Tag) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"ids": list(customer_ids), "tag": tag.pk})
        return {pk for (pk,) in cursor.fetchall()}
