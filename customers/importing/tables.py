"""What every kind of file comes to: named columns and lines of cells, read from the beginning to the end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from retention_crm.lib import text

LONGEST_LINE = 200_000
MOST_COLUMNS = 500
SAMPLES = 3
SAMPLE_LENGTH = 80
# A day whose first two numbers may stand either way round; with points between, days come first everywhere.
_NUMBERS = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})(?:[/-](?:[0-9]{2}|[0-9]{4}))?")
_LONGEST_DAY = 10


class UnreadableFile(Exception):
    """The file as a whole cannot be used; says why in a sentence."""


@dataclass(frozen=True)
class Line:
    """`broken` is why it could not be read as columns; then the cells hold what there is of it."""

    number: int
    cells: list[str]
    broken: str = ""


@dataclass
class Table:
    """A file that is being read. More columns may come to light while the lines are read.

    `found` says what was recognised, `notes` in it in sentences; `total` is how many lines there are, if that is known.
    """

    columns: list[str]
    lines: Iterator[Line]
    found: dict[str, Any] = field(default_factory=dict)
    total: int = 0


class Looks:
    """What the columns look like: how many lines fill each, the first values, and on which side months may stand."""

    def __init__(self) -> None:
        self._columns: list[dict[str, Any]] = []

    def see(self, cells: list[str]) -> None:
        while len(self._columns) < len(cells):
            self._columns.append({"filled": 0, "samples": [], "days": 0, "first": 0, "second": 0})
        for look, cell in zip(self._columns, cells, strict=False):
            if cell:
                look["filled"] += 1
                self._see_sample(look, cell)
                if len(cell) <= _LONGEST_DAY and (numbers := _NUMBERS.fullmatch(cell)):
                    look["days"] += 1
                    look["first"] = max(look["first"], int(numbers[1]))
                    look["second"] = max(look["second"], int(numbers[2]))

    def _see_sample(self, look: dict[str, Any], cell: str) -> None:
        if len(look["samples"]) < SAMPLES:
            sample = text.excerpt(cell[: SAMPLE_LENGTH * 2], SAMPLE_LENGTH)
            if sample not in look["samples"]:
                look["samples"].append(sample)

    def named(self, names: list[str]) -> list[dict[str, Any]]:
        self.see([""] * len(names))
        return [{"name": name, **look} for name, look in zip(names, self._columns, strict=False)]


def named_columns(header: list[str]) -> list[str]:
    """The names on one line each, with a number for those that have none."""
    names = [text.excerpt(name, 100) for name in header]
    return [name or f"Column {number}" for number, name in enumerate(names, start=1)]
