"""Changes to the days somebody is away."""

from django.db import transaction

from accounts.models import Absence, User


class Overlap(Exception):
    """The person is away already on some of these days."""

    def __init__(self, other: Absence) -> None:
        super().__init__(str(other))
        self.other = other


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
