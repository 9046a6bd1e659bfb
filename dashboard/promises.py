"""Which promises the page of promises shows, by what became of them."""

from datetime import datetime

from accounts.models import User
from dashboard.whose_days import WhoseDays
from interactions.keeping import DECIDED, IN_TIME, Tally
from interactions.models import Fate, FollowUp, FollowUpQuerySet

# What the figures at the top are of, by the name in the address.
GROUPS: dict[str, tuple[Fate, ...]] = {
    "decided": DECIDED,
    "in_time": IN_TIME,
    **{fate.value: (fate,) for fate in Fate},
}


# Of these the customer said that they are done, whatever their fate.
CONFIRMED = "confirmed"
FIGURES = (*GROUPS, CONFIRMED)


def promises_of(choice: WhoseDays, user: User) -> FollowUpQuerySet:
    """The promises due in those days, whatever became of them."""
    found = FollowUp.objects.visible_to(user).promises()
    found = found.due_within(choice.days.first, choice.days.last, user.time_zone)
    if choice.person:
        found = found.filter(assignee_id=choice.person)
    return found.filter(assignee__team_id=choice.team) if choice.team else found


def promises_behind(choice: WhoseDays, user: User, *, at: datetime) -> FollowUpQuerySet:
    """Those behind the figure."""
    found = promises_of(choice, user)
    if choice.figure == CONFIRMED:
        return found.confirmed().with_fate(at)
    return found.of_fates(GROUPS[choice.figure], at) if choice.figure else found.with_fate(at)


def numbers(tally: Tally) -> dict[str, int]:
    return {name: tally.number(*fates) for name, fates in GROUPS.items()} | {CONFIRMED: tally.confirmed}
