"""What staff are told at once, and the door for apps above this one to tell of something, too.

Such an app has a module `alarming`, which is looked for when the product starts and adds its subject here. It is asked
what there is to tell by the planner, and what there is left to say about it by the composer, just before it leaves.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from outreach.layout import Section
from outreach.models import NotificationKind

URGENT = "urgent"


@dataclass(frozen=True)
class Alert:
    """One thing to tell: what it is about, whose business it is, and whether the manager hears of it, too.

    What else is known is for the bell: whom it is about, a number (the score) and the words of it.
    """

    kind: NotificationKind
    occasion: str
    person: int
    customer: int
    contact: int | None = None
    number: int = 0
    words: str = ""
    team: int | None = None
    also_managers: bool = False


@dataclass(frozen=True)
class Subject:
    """A kind of thing to tell; `name` is the second part of its occasions, and the value of its NotificationKind.

    `alerts` gives what came up between two moments, the same however often it is asked. `section` gets the reader, the
    numbers of the occasion and the moment, and says nothing if it is settled or not for the reader to see.
    """

    name: str
    alerts: Callable[[datetime, datetime], Iterable[Alert]]
    section: Callable[[User, Sequence[int], datetime], Section | None]


_ADDED: dict[str, Subject] = {}


def add(subject: Subject) -> None:
    """Takes a subject in; one with the same name takes its place."""
    _ADDED[subject.name] = subject


def added() -> list[Subject]:
    return list(_ADDED.values())


def named(name: str) -> Subject | None:
    return _ADDED.get(name)


def urgent_occasion(what: str, pk: int, *more: int) -> str:
    """The occasion of an alert, without the reader's id that follows it."""
    return ":".join([URGENT, what, str(pk), *map(str, more)])
