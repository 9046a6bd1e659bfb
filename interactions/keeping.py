"""How well promises were kept: by person and by team, with what the rate is of."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from interactions.models import Fate, FollowUpQuerySet
from interactions.records import Gathering, Records

# Of fewer a percentage says more than is known.
ENOUGH = 10
IN_TIME = (Fate.EARLY, Fate.ON_TIME)
DECIDED = (*IN_TIME, Fate.LATE, Fate.BROKEN)


@dataclass
class Tally:
    """How many promises had which fate, and of how many the customer said that they are done, or were not yet."""

    numbers: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    disputed: int = 0

    def number(self, *fates: Fate) -> int:
        return sum(self.numbers[fate.value] for fate in fates)

    @property
    def in_time(self) -> int:
        return self.number(*IN_TIME)

    @property
    def kept(self) -> int:
        return self.number(*IN_TIME, Fate.LATE)

    @property
    def decided(self) -> int:
        """Those that were to be kept by now; what the customer did not need any more is left out."""
        return self.number(*DECIDED)

    @property
    def share(self) -> float | None:
        """The share kept in time, from 0 to 1; None for too few to say."""
        return self.in_time / self.decided if self.decided >= ENOUGH else None

    @property
    def percent(self) -> int | None:
        return None if self.share is None else round(100 * self.share)


def promises_kept(promises: FollowUpQuerySet, *, at: datetime) -> Records[Tally]:
    """What became of these promises by then, in one query; each counts for whoever is to keep it."""
    person = ("assignee_id", "assignee__name", "assignee__email", "assignee__team_id", "assignee__team__name")
    rows = (
        promises.with_fate(at)
        .order_by()
        .values_list(*person, "fate")
        .annotate(n=Count("pk"), confirmed=Count("confirmed_at"), doubted=Count("pk", filter=Q(disputed__gt=0)))
    )
    gathering = Gathering(Tally)
    for pk, name, email, team_pk, team, fate, number, confirmed, disputed in rows:
        for tally in gathering.tallies(pk, name or email, team_pk, team):
            tally.numbers[fate] += number
            tally.confirmed += confirmed
            tally.disputed += disputed
    return gathering.records(lambda tally: tally.decided)
