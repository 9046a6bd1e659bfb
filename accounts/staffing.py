"""Changes to the people of the company that must leave somebody in charge."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext

from accounts.models import Role, User


class LastAdministrator(Exception):
    """There would be nobody left who can change settings and people."""


class StillResponsible(Exception):
    """Customers or open work would be left to somebody who is gone."""


@dataclass(frozen=True)
class Responsibility:
    """What somebody has in hand."""

    customers: int
    follow_ups: int
    complaints: int

    def __bool__(self) -> bool:
        return bool(self.customers or self.follow_ups or self.complaints)

    def __str__(self) -> str:
        parts = [
            (self.customers, ngettext("%(n)s customer", "%(n)s customers", self.customers)),
            (self.follow_ups, ngettext("%(n)s open follow-up", "%(n)s open follow-ups", self.follow_ups)),
            (self.complaints, ngettext("%(n)s open complaint", "%(n)s open complaints", self.complaints)),
        ]
        words = [text % {"n": number_format(number, force_grouping=True)} for number, text in parts if number]
        return str(get_text_list(words, gettext("and")))


def responsibility_of(person: User) -> Responsibility:
    """Customers, lost ones too, and open follow-ups and complaints of a person."""
    return Responsibility(
        customers=person.customers.count(),
        follow_ups=person.follow_ups.open().count(),
        complaints=person.complaints.open().count(),
    )


def save_person(person: User) -> None:
    """Saves a new or changed person. Raises LastAdministrator if no active administrator would remain."""
    with transaction.atomic():
        if person.role != Role.ADMINISTRATOR:
            _require_another_administrator(person)
        person.save()


def deactivate(person: User) -> None:
    """Ends the access. Raises LastAdministrator, or StillResponsible while anything is in their hands."""
    with transaction.atomic():
        _require_another_administrator(person)
        if responsibility_of(person):
            raise StillResponsible
        person.is_active = False
        person.save(update_fields=["is_active"])


def reactivate(person: User) -> None:
    """Gives the access back, with the old password."""
    person.is_active = True
    person.save(update_fields=["is_active"])


def _require_another_administrator(person: User) -> None:
    # Locked, so that two administrators cannot demote each other at the same moment.
    active = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True)
    administrators = set(active.values_list("pk", flat=True))
    if administrators == {person.pk}:
        raise LastAdministrator
