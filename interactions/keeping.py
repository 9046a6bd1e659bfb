"""How well promises were kept: by person and by team, with what the rate is of."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from interactions.models import Fate, FollowUpQuerySet

# Of fewer a percentage says more than is known.
ENOUGH = 10
IN_TIME = (Fate.EARLY, Fate.ON_TIME)
DECIDED = (*IN_TIME, Fate.LATE, Fate.BROKEN)


@dataclass(frozen=True)
class Tally:
    """How many promises had which fate."""

    numbers: Counter[str] = field(default_factory=Counter)

    def number(self, *fates: Fate) -> int:
        return sum(self.numbers[fate.value] for fate in fates)

    @property
    def in_time(self) -> int:
        return self.number(*IN_TIME)

    @property
    def decided(self) -> int:
        """Those that were to be kept by now; what the customer did not need any more is left out."""
        return self.number(*DECIDED)

    @property
    def share(self) -> float | None:
        """The share kept in time, from 0 to 1; None for too few to say."""
        return self.in_time / self.decided if self.decided >= ENOUGH else None


@dataclass(frozen=True)
class Record:
    """What a person or a team promised and kept."""

    pk: int
    name: str
    tally: Tally


@dataclass(frozen=True)
class Promises:
    """Of all together, of each team, and of each person; whoever promised most comes first."""

    total: Tally
    teams: list[Record]
    people: list[Record]


def promises_kept(promises: FollowUpQuerySet, *, at: datetime) -> Promises:
    """What became of these promises by then, in one query; each counts for whoever is to keep it."""
    person = ("assignee_id", "assignee__name", "assignee__email", "assignee__team_id", "assignee__team__name")
    rows = promises.with_fate(at).order_by().values_list(*person, "fate").annotate(n=Count("pk"))
    total, people, teams = Tally(), dict[int, Record](), dict[int, Record]()
    for pk, name, email, team_pk, team, fate, number in rows:
        total.numbers[fate] += number
        people.setdefault(pk, Record(pk, name or email, Tally())).tally.numbers[fate] += number
        if team_pk is not None:
            teams.setdefault(team_pk, Record(team_pk, team, Tally())).tally.numbers[fate] += number
    return Promises(total, _ordered(teams), _ordered(people))


def _ordered(records: dict[int, Record]) -> list[Record]:
    return sorted(records.values(), key=lambda record: (-record.tally.decided, record.name, record.pk))
