"""Which of those who asked for something the page of response times shows."""

from collections.abc import Callable

from accounts.models import User
from dashboard.whose_days import WhoseDays
from interactions.models import Interaction, InteractionQuerySet
from interactions.owing import Tally

# What the figures at the top are of, by the name in the address.
GROUPS: dict[str, Callable[[InteractionQuerySet], InteractionQuerySet]] = {
    "open": lambda rows: rows.owed(),
    "answered": lambda rows: rows.filter(answered_at__isnull=False),
}


def asked_by(choice: WhoseDays, user: User) -> InteractionQuerySet:
    """Those that came in those days and wanted an answer."""
    return _within(choice, user, Interaction.objects.visible_to(user).asking())


def met_by(choice: WhoseDays, user: User) -> InteractionQuerySet:
    """What happened in those days."""
    return _within(choice, user, Interaction.objects.visible_to(user))


def _within(choice: WhoseDays, user: User, found: InteractionQuerySet) -> InteractionQuerySet:
    first, last = choice.days.moments(user.time_zone)
    if first:
        found = found.filter(happened_at__gte=first)
    if last:
        found = found.filter(happened_at__lt=last)
    if choice.person:
        found = found.filter(customer__owner_id=choice.person)
    return found.filter(customer__owner__team_id=choice.team) if choice.team else found


def asked_behind(choice: WhoseDays, user: User) -> InteractionQuerySet:
    """Those behind the figure."""
    found = asked_by(choice, user)
    return GROUPS[choice.figure](found) if choice.figure else found


def numbers(tally: Tally) -> dict[str, int]:
    return {"open": tally.open, "answered": tally.answer.taken}
