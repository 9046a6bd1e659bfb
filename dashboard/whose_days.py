"""What a page of figures is about, as its address names it: which days, whose, and the list behind which figure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from dashboard.paging import Order, page_of
from dashboard.periods import Days, spans
from interactions.records import Records

PAGE_SIZE = 25


@dataclass(frozen=True)
class WhoseDays:
    """`page` is the name of the page; `person` and `team` are ids, 0 for all; `figure` is empty for all rows."""

    page: str
    days: Days
    person: int = 0
    team: int = 0
    figure: str = ""

    @classmethod
    def read(cls, page: str, get: QueryDict, *, user: User, figures: Collection[str]) -> Self:
        """Staff see what is their own; what is no figure or nobody is all of them."""
        days, figure = Days.read(get, on=user.today()), get.get("figure", "")
        figure = figure if figure in figures else ""
        if not user.sees_everything:
            return cls(page, days, person=user.pk, figure=figure)
        return cls(page, days, _number(get.get("person", "")), _number(get.get("team", "")), figure)

    @property
    def of_all(self) -> Self:
        """The same without a figure."""
        return replace(self, figure="")

    def query(self, **more: Any) -> str:
        here = {"person": self.person, "team": self.team, "figure": self.figure}
        return self.days.query(**{name: str(value) for name, value in (here | more).items() if value})

    def address(self, **more: Any) -> str:
        return f"{reverse(self.page)}?{self.query(**more)}"

    def periods(self, user: User) -> list[tuple[Any, str, bool]]:
        """Spans of days to choose from: what each is called, its address, and whether it is chosen."""
        return [
            (label, replace(self.of_all, days=days).address(), days.query() == self.days.query())
            for label, days in spans(user.today())
        ]


@dataclass(frozen=True)
class Figure:
    """A number and where the list behind it is."""

    number: int
    address: str


type Numbers[T] = Callable[[T], Mapping[str, int]]


def side_by_side[T](records: Records[T], choice: WhoseDays, numbers: Numbers[T]) -> dict[str, Any]:
    """What a page shows of records; `numbers` says which figures of a tally have a list behind them.

    Teams and people are lines of the record, the address of what is theirs, and their figures; whose are chosen already
    are not chosen from.
    """
    of_all = choice.of_all

    def figures(tally: T, **whose: int) -> dict[str, Figure]:
        return {name: Figure(n, of_all.address(figure=name, **whose)) for name, n in numbers(tally).items()}

    return {
        "total": records.total,
        "figures": figures(records.total),
        "everything": of_all.address(),
        "teams": []
        if choice.team
        else [(one, of_all.address(team=one.pk), figures(one.tally, team=one.pk)) for one in records.teams],
        "people": []
        if choice.person
        else [(one, of_all.address(person=one.pk), figures(one.tally, person=one.pk)) for one in records.people],
    }


def listed(rows: QuerySet[Any], order: Order, choice: WhoseDays, get: QueryDict) -> dict[str, Any]:
    """A page of the list behind a figure, and the addresses of those beside it."""
    page = page_of(rows, order, after=get.get("after", ""), before=get.get("before", ""), size=PAGE_SIZE)
    return {
        "rows": page.rows,
        "following": choice.address(after=page.following) if page.following else "",
        "preceding": choice.address(before=page.preceding) if page.preceding else "",
    }


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else 0
