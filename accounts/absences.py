"""Changes to the days somebody is away."""

from datetime import date, timedelta

from django.core import signing
from django.db import transaction

from accounts.models import Absence, User

_SALT = "accounts.absences"
_WITHIN = timedelta(minutes=15)


class Overlap(Exception):
    """The person is away already on some of these days."""

    def __init__(self, other: Absence) -> None:
        super().__init__(str(other))
        self.other = other


class NotBack(Exception):
    """It was brought back already, other days stand in its place, or it is too long ago."""


def add_absence(absence: Absence) -> None:
    """Saves a new absence. Raises Overlap if one of the same person covers one of its days."""
    with transaction.atomic():
        # Two at once wait for each other here.
        User.objects.select_for_update().get(pk=absence.user_id)
        same = Absence.objects.filter(user=absence.user_id, first_day__lte=absence.last_day)
        other = same.filter(last_day__gte=absence.first_day).first()
        if other is not None:
            raise Overlap(other)
        absence.save()


def take_out(absence: Absence) -> str:
    """Deletes it. Gives what `bring_back` needs, signed."""
    was = [absence.user_id, absence.first_day.isoformat(), absence.last_day.isoformat(), absence.deputy_id]
    absence.delete()
    return signing.dumps(was, salt=_SALT)


def bring_back(person: User, was: str) -> None:
    """Makes the absence of that person anew that was taken out. Raises NotBack."""
    try:
        pk, first_day, last_day, deputy_id = signing.loads(was, salt=_SALT, max_age=_WITHIN)
    except signing.BadSignature as error:
        raise NotBack from error
    if pk != person.pk:
        raise NotBack
    # Who has left meanwhile stands in for nobody.
    deputy = User.objects.get_queryset().deputies_for(person).filter(pk=deputy_id).first()
    days = {"first_day": date.fromisoformat(first_day), "last_day": date.fromisoformat(last_day)}
    try:
        add_absence(Absence(user=person, deputy=deputy, **days))
    except Overlap as overlap:
        raise NotBack from overlap
