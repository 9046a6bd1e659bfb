"""Which complaints the page of complaints shows, by where they stand."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import User
from dashboard.whose_days import WhoseDays
from interactions.models import Complaint, ComplaintQuerySet
from interactions.putting_right import Tally

# What the figures at the top are of, by the name in the address.
GROUPS: dict[str, Callable[[ComplaintQuerySet, datetime], ComplaintQuerySet]] = {
    "open": lambda rows, at: rows.open(),
    "late": lambda rows, at: rows.past_deadline(at),
    "escalated": lambda rows, at: rows.filter(escalated_at__isnull=False),
    "resolved": lambda rows, at: rows.filter(resolved_at__isnull=False),
}


def complaints_of(choice: WhoseDays, user: User) -> ComplaintQuerySet:
    """Those that came in those days, whatever became of them."""
    found = Complaint.objects.visible_to(user).opened_between(*choice.days.moments(user.time_zone))
    if choice.person:
        found = found.filter(owner_id=choice.person)
    return found.filter(owner__team_id=choice.team) if choice.team else found


def complaints_behind(choice: WhoseDays, user: User, *, at: datetime) -> ComplaintQuerySet:
    """Those behind the figure."""
    found = complaints_of(choice, user)
    return GROUPS[choice.figure](found, at) if choice.figure else found


def numbers(tally: Tally) -> dict[str, int]:
    return {"open": tally.open, "late": tally.late, "escalated": tally.escalated, "resolved": tally.right.taken}
