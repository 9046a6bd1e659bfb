"""Figures side by side: of all together, of each team and of each person."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Record[T]:
    """What is counted of a person or a team."""

    pk: int
    name: str
    tally: T


@dataclass(frozen=True)
class Records[T]:
    """All together, each team and each person; whoever has most comes first."""

    total: T
    teams: list[Record[T]]
    people: list[Record[T]]


class Gathering[T]:
    """Finds the tallies a row counts in; each begins as `empty()` makes it."""

    def __init__(self, empty: Callable[[], T]) -> None:
        self._empty = empty
        self._total = empty()
        self._teams: dict[int, Record[T]] = {}
        self._people: dict[int, Record[T]] = {}

    def tallies(self, person: int, name: str, team: int | None, team_name: str) -> list[T]:
        """That of all, of this person, and of the team if there is one."""
        tallies = [self._total, self._of(self._people, person, name)]
        return tallies if team is None else [*tallies, self._of(self._teams, team, team_name)]

    def _of(self, records: dict[int, Record[T]], pk: int, name: str) -> T:
        if pk not in records:
            records[pk] = Record(pk, name, self._empty())
        return records[pk].tally

    def records(self, size: Callable[[T], int]) -> Records[T]:
        """In the order of their size."""

        def ordered(records: dict[int, Record[T]]) -> list[Record[T]]:
            return sorted(records.values(), key=lambda record: (-size(record.tally), record.name, record.pk))

        return Records(self._total, ordered(self._teams), ordered(self._people))
