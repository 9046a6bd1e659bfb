"""Giving customers to somebody else, and telling them of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Subquery

from accounts.models import User
from accounts.staffing import Responsibility
from customers.models import Customer, HandOver, OwnerChange


class TooLate(Exception):
    """It can not be taken back: it was already, it is too long ago, or the person is gone."""


def hand_over(person: User, *, to: User, by: User, at: datetime, introduce: bool = False) -> HandOver:
    """Moves all customers, open follow-ups and open complaints to a colleague; `take_back` undoes it for a day.

    The customers count as not told until somebody tells them, or with `introduce` a mail does.
    """
    with transaction.atomic():
        follow_ups, complaints = person.follow_ups.open(), person.complaints.open()
        done = HandOver(person=person, to=to, by=by, at=at)
        done.follow_ups = list(follow_ups.select_for_update().values_list("pk", flat=True))
        done.complaints = list(complaints.select_for_update().values_list("pk", flat=True))
        owned = person.customers.values_list("pk", flat=True)
        done.customers = list(give(owned, to=to, by=by, at=at, introduce=introduce))
        follow_ups.filter(pk__in=done.follow_ups).update(assignee=to)
        complaints.filter(pk__in=done.complaints).update(owner=to)
        done.save()
    return done


def take_back(done: HandOver, *, by: User, at: datetime) -> Responsibility:
    """What went and is still in the same hands is the person's again; returns how many of each. Raises TooLate.

    Customers that heard of the colleague meanwhile count as not told that somebody else looks after them again.
    """
    with transaction.atomic():
        done = HandOver.objects.select_for_update(of=("self",)).select_related("person", "to").get(pk=done.pk)
        if not done.may_be_taken_back(at):
            raise TooLate
        done.taken_back_at = at
        done.save(update_fields=["taken_back_at"])
        to, person = done.to, done.person
        theirs = to.customers.filter(pk__in=done.customers).values_list("pk", flat=True)
        return Responsibility(
            customers=len(give(theirs, to=person, by=by, at=at)),
            follow_ups=to.follow_ups.open().filter(pk__in=done.follow_ups).update(assignee=person),
            complaints=to.complaints.open().filter(pk__in=done.complaints).update(owner=person),
        )


@dataclass(frozen=True)
class LeftBehind:
    """What is in the hands of somebody who is gone."""

    person: User
    in_hand: Responsibility


def left_behind() -> list[LeftBehind]:
    """Whatever nobody looks after because its person is gone; it comes about where something old is put back."""
    gone = User.objects.filter(is_active=False)
    customers, follow_ups, complaints = (
        dict(rows.annotate(number=Count("pk")).values_list(person, "number"))
        for rows, person in (
            (Customer.objects.filter(owner__in=gone).order_by().values("owner"), "owner"),
            (gone.filter(follow_ups__isnull=False, follow_ups__done_at=None).order_by().values("pk"), "pk"),
            (gone.filter(complaints__isnull=False, complaints__resolved_at=None).order_by().values("pk"), "pk"),
        )
    )
    found = customers.keys() | follow_ups.keys() | complaints.keys()
    return [
        LeftBehind(
            person,
            Responsibility(customers.get(person.pk, 0), follow_ups.get(person.pk, 0), complaints.get(person.pk, 0)),
        )
        for person in (User.objects.filter(pk__in=found).order_by("name", "pk") if found else [])
    ]


_GIVE = """
WITH former AS (
    SELECT id, owner_id FROM customers_customer WHERE id = ANY(%(ids)s) AND owner_id <> %(to)s
    ORDER BY id FOR NO KEY UPDATE
), given AS (
    UPDATE customers_customer c SET owner_id = %(to)s FROM former WHERE c.id = former.id
), noted AS (
    INSERT INTO customers_ownerchange (customer_id, former_id, owner_id, changed_at, changed_by_id, is_introduced)
    SELECT id, owner_id, %(to)s, %(at)s, %(by)s, %(introduce)s FROM former
)
SELECT id, owner_id FROM former
"""


def give(customer_ids: Iterable[int], *, to: User, by: User, at: datetime, introduce: bool = False) -> dict[int, int]:
    """Gives these customers to somebody; returns whose they were, by customer, of those who were not theirs before.

    What others have promised or planned stays with them. `introduce` asks for a mail from the new owner to contacts.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "ids": list(customer_ids),
            "to": to.pk,
            "by": by.pk,
            "at": at,
            "introduce": introduce,
        }
        cursor.execute(_GIVE, parameters)
        former = dict(cursor.fetchall())
        _forget_round_trips(to, at)
    return former


def note_owner(customer: Customer, *, former: User, by: User, at: datetime, introduce: bool = False) -> None:
    """Keeps a record that a customer was given to somebody else, who is introduced by mail if that is asked for."""
    OwnerChange.objects.create(
        customer=customer,
        former=former,
        owner_id=customer.owner_id,
        changed_at=at,
        changed_by=by,
        is_introduced=introduce,
    )
    _forget_round_trips(customer.owner, at)


def note_owners(changes: list[OwnerChange], *, at: datetime) -> None:
    """The same for many at once."""
    OwnerChange.objects.bulk_create(changes)
    for owner in {change.owner_id: change.owner for change in changes}.values():
        _forget_round_trips(owner, at)


def _forget_round_trips(owner: User, at: datetime) -> None:
    """Who gets customers back before they heard of anybody else is known to them: there is nothing to tell."""
    untold = OwnerChange.objects.untold()
    first = untold.filter(customer=OuterRef("customer")).order_by("changed_at", "pk")
    back = untold.filter(customer__owner=owner).alias(known=Subquery(first.values("former")[:1]))
    back.filter(known=F("customer__owner")).update(announced_at=at)


def tell(customer: Customer, *, at: datetime) -> int:
    """The customer knows who looks after them now; returns how many changes they had not known of."""
    return OwnerChange.objects.untold().filter(customer=customer).update(announced_at=at)
