"""Putting a customer who has gone quiet off to a later day, and taking it back."""

from datetime import date

from django.db import transaction

from customers.models import Customer


def snooze(customer: Customer, *, until: date, reason: str) -> None:
    """The customer is not overdue before that day; the next touchpoint ends it earlier."""
    _set(customer, until, reason)


def wake(customer: Customer) -> None:
    """The customer falls due by the cadence again, as if never put off."""
    _set(customer, None, "")


def _set(customer: Customer, until: date | None, reason: str) -> None:
    row = Customer.objects.filter(pk=customer.pk)
    with transaction.atomic():
        row.update(snoozed_until=until, snooze_reason=reason)
        row.recompute_due()
    customer.refresh_from_db(fields=["snoozed_until", "snooze_reason", "next_due_on"])
