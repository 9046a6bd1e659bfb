"""Who is told instead of those who are away."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Absence, User


@dataclass(frozen=True)
class StandIns:
    """Who is away at a moment, and who is told instead; both by the id of the person who is away."""

    absences: dict[int, Absence] = field(default_factory=dict)
    readers: dict[int, list[int]] = field(default_factory=dict)

    def told_for(self, person: int) -> list[int]:
        """The ids of those who are told what concerns the person: themselves if they, or nobody else, are there."""
        return self.readers.get(person) or [person]

    def away_for(self, reader: int) -> list[Absence]:
        """The absences in which the reader stands in."""
        return [self.absences[person] for person, readers in self.readers.items() if reader in readers]

    def managers_away_for(self, reader: User) -> list[Absence]:
        """Those of managers of whose team the reader may hear and, as no manager of it, does not hear anyway."""
        return [absence for absence in self.away_for(reader.pk) if _hears_instead(reader, absence.user)]

    @property
    def told_otherwise(self) -> list[int]:
        """The ids of those who are away and for whom somebody is there."""
        return [person for person, readers in self.readers.items() if readers]


def _hears_instead(reader: User, manager: User) -> bool:
    is_teammate = manager.team_id is not None and reader.team_id == manager.team_id
    hears_anyway = reader.is_manager and (is_teammate or reader.team_id is None)
    return manager.is_manager and not hears_anyway and (is_teammate or reader.reads_everything)


def stand_ins(*, at: datetime) -> StandIns:
    """All of that moment, each person's absence by their own calendar; at most two queries.

    It is the deputy, or without one who is there the managers of the team and those who have no team.
    """
    near = Absence.objects.filter(
        first_day__lte=at.date() + timedelta(days=1), last_day__gte=at.date() - timedelta(days=1), user__is_active=True
    )
    absences = {
        absence.user_id: absence
        for absence in near.select_related("user", "deputy")
        if absence.first_day <= absence.user.today(at) <= absence.last_day
    }
    if not absences:
        return StandIns()
    managers = [manager for manager in User.objects.get_queryset().managers() if manager.pk not in absences]
    return StandIns(absences, {person: _readers(absence, absences, managers) for person, absence in absences.items()})


def _readers(absence: Absence, absences: dict[int, Absence], managers: list[User]) -> list[int]:
    deputy = absence.deputy
    if deputy is not None and deputy.is_active and deputy.pk not in absences:
        return [deputy.pk]
    return [manager.pk for manager in managers if manager.team_id in {None, absence.user.team_id}]
