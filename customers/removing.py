"""Putting something into the trash with all that belongs to it, and taking it out again.

What goes with a row is found by the relations of the models, as the database would delete it. Each statement takes the
rows of one table, however many there are. Who removes a customer calls `outreach.removing`, which stops their messages.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import CASCADE, Model, QuerySet

from accounts.models import User
from customers.journaling import Journal, play_back
from customers.merging import relations
from customers.models import Contact, Customer, Step, Trashed

# Nothing a person ever entered.
_COMPUTED = {
    *("customers.FormerKey", "retention.CustomerRisk", "retention.HealthChange", "retention.RiskSnapshot"),
    "retention.PlayTurn",
}


class NotBack(Exception):
    """It can not be restored as it was: something with the same name is there by now, or what it was of is gone."""


def remove(
    row: Model,
    *,
    name: str,
    by: User,
    at: datetime,
    customer: Customer | None = None,
    contact: Contact | None = None,
    also: Iterable[QuerySet[Any]] = (),
) -> Trashed:
    """The row is gone with all that belongs to it, and lies in the trash under that name.

    `also` are rows that would stay, but go with it.
    """
    with transaction.atomic():
        trashed = Trashed.objects.create(
            model=row._meta.label,
            name=name[:200],
            row_pk=row.pk,
            customer=customer,
            contact=contact,
            deleted_by=by,
            deleted_at=at,
        )
        for rows in (*also, type(row)._base_manager.filter(pk=row.pk)):
            _take_out(rows, Journal(trashed))
        _count(trashed)
    return trashed


def _take_out(rows: QuerySet[Any], journal: Journal) -> None:
    """These rows, with what belongs to them; what only names them stays and names nothing."""
    for relation in relations(rows.model):
        model: Any = relation.related_model
        # Rows of one table that belong to each other are of the same customer, and go together.
        if model is rows.model and relation.on_delete is CASCADE:
            continue
        belonging = model._base_manager.filter(**{f"{relation.field.name}__in": rows.order_by().values("pk")})
        if relation.on_delete is CASCADE:
            _take_out(belonging, journal)
        else:
            journal.clear(belonging, relation.field.name)
    journal.delete(rows)


def _count(trashed: Trashed) -> None:
    """Notes how many rows went with it."""
    numbers: Counter[str] = Counter()
    for label, pks in trashed.steps.filter(how=Step.How.GONE).values_list("model", "pks"):
        numbers[label] += len(pks)
    numbers[trashed.model] -= 1
    trashed.belonged = {label: number for label, number in numbers.items() if number and label not in _COMPUTED}
    trashed.save(update_fields=["belonged"])


def bring_back(trashed: Trashed) -> None:
    """It is there again with what belonged to it, as far as that can be; the trash forgets it. Raises NotBack."""
    with transaction.atomic():
        play_back(trashed.steps.all())
        if not apps.get_model(trashed.model)._base_manager.filter(pk=trashed.row_pk).exists():
            raise NotBack
        trashed.delete()
