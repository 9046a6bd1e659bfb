"""Which promises the page of promises shows: of which days, whose, and behind which figure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from dashboard.periods import Days
from interactions.keeping import DECIDED, IN_TIME, Tally
from interactions.models import Fate, FollowUp, FollowUpQuerySet

# What the figures at the top are of, by the name in the address.
GROUPS: dict[str, tuple[Fate, ...]] = {
    "decided": DECIDED,
    "in_time": IN_TIME,
    **{fate.value: (fate,) for fate in Fate},
}


@dataclass(frozen=True)
class Choice:
    """What an address chose; `person` and `team` are ids, 0 for all."""

    days: Days
    person: int = 0
    team: int = 0
    fate: str = ""

    @classmethod
    def read(cls, get: QueryDict, *, user: User) -> "Choice":
        """Staff see what they promised themselves; what is no figure or nobody is all of them."""
        days, fate = Days.read(get, on=user.today()), get.get("fate", "")
        fate = fate if fate in GROUPS else ""
        if not user.sees_everything:
            return cls(days, person=user.pk, fate=fate)
        return cls(days, _number(get.get("person", "")), _number(get.get("team", "")), fate)

    def of(self, user: User) -> FollowUpQuerySet:
        """The promises of those days, whatever became of them."""
        found = FollowUp.objects.visible_to(user).promises()
        found = found.due_within(self.days.first, self.days.last, user.time_zone)
        if self.person:
            found = found.filter(assignee_id=self.person)
        return found.filter(assignee__team_id=self.team) if self.team else found

    def behind(self, user: User, *, at: datetime) -> FollowUpQuerySet:
        """Those behind the figure."""
        found = self.of(user)
        return found.of_fates(GROUPS[self.fate], at) if self.fate else found.with_fate(at)

    def query(self, **more: Any) -> str:
        here = {"person": self.person, "team": self.team, "fate": self.fate}
        return self.days.query(**{name: str(value) for name, value in (here | more).items() if value})

    def address(self, **more: Any) -> str:
        return f"{reverse('promises')}?{self.query(**more)}"


@dataclass(frozen=True)
class Figure:
    """A number and where the list behind it is."""

    number: int
    address: str


def figures(tally: Tally, choice: Choice, **more: Any) -> dict[str, Figure]:
    return {name: Figure(tally.number(*fates), choice.address(fate=name, **more)) for name, fates in GROUPS.items()}


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else 0
