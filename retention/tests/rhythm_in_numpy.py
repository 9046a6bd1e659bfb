"""The formula a second time, from its description and not from the statement, to hold the statement to it."""

import csv
import gzip
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "risk" / "data"
type Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
type Ints = np.ndarray[tuple[int], np.dtype[np.int64]]


def history(name: str) -> Path:
    """A real history; the test is skipped where there is none."""
    path = DATA / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"no real histories at {DATA}")
    return path


@dataclass
class Events:
    """Contact days by customer number and day number, sorted and distinct; `names` by customer number."""

    names: list[str]
    customer: Ints
    day: Ints

    @classmethod
    def read(cls, path: Path) -> "Events":
        numbers: dict[str, int] = {}
        rows = set()
        with gzip.open(path, "rt") as lines:
            for row in csv.DictReader(lines):
                number = numbers.setdefault(row["customer_id"], len(numbers))
                rows.add((number, date.fromisoformat(row["date"]).toordinal()))
        customer, day = np.array(sorted(rows), dtype=np.int64).T
        return cls(list(numbers), customer, day)

    def until(self, cutoff: date) -> "Events":
        known = self.day <= cutoff.toordinal()
        return Events(self.names, self.customer[known], self.day[known])

    def seen_within(self, cutoff: date, days: int) -> set[str]:
        """Names of those with an event in the days after the cut-off."""
        soon = (self.day > cutoff.toordinal()) & (self.day <= cutoff.toordinal() + days)
        return {self.names[number] for number in np.unique(self.customer[soon])}


def median_gap(events: Events) -> float:
    same = events.customer[1:] == events.customer[:-1]
    gaps = np.diff(events.day)[same]
    return float(np.clip(np.median(gaps), 1, 365)) if len(gaps) else 30.0


def rhythm_risk(events: Events, cutoff: date, horizon: int = 90) -> dict[str, tuple[float, float]]:
    """Days of silence and risk of each customer by name; the decayed count by the recursion, one contact at a time."""
    gap = median_gap(events)
    known: dict[int, tuple[int, int, int, float]] = {}
    for customer, day in zip(events.customer.tolist(), events.day.tolist(), strict=True):
        if customer not in known:
            known[customer] = (1, day, day, 0.0)
            continue
        n, first, last, dn = known[customer]
        known[customer] = (n + 1, first, day, dn * 2 ** (-(day - last) / 180) + 1)
    n, first, last, dn = np.array(list(known.values()), dtype=np.float64).T
    silence = np.maximum(cutoff.toordinal() - last, 0.5)
    risk = _risk(n, last - first, dn, silence, gap, horizon)
    names = [events.names[customer] for customer in known]
    return {name: (float(e), float(r)) for name, e, r in zip(names, silence, risk, strict=True)}


def _risk(n: Floats, span: Floats, dn: Floats, silence: Floats, gap: float, horizon: int) -> Floats:
    exposure = 180 / np.log(2) * (1 - 2 ** (-span / 180))
    rhythm = (exposure + gap) / (dn + 1)
    g, count = np.log(rhythm / gap), np.log(n)
    mu = gap * np.exp(0.8 + 0.8 * g - 0.25 * count)
    one_off = 1 / (1 + np.exp(0.6 + 1.8 * count - 0.2 * g))

    def survival(t: Floats) -> Any:
        return one_off + (1 - one_off) / (1 + (t / mu) ** 1.419)

    result: Floats = survival(silence + horizon) / survival(silence)
    return result


def auc(bad: list[float], good: list[float]) -> float:
    """The chance that one of the bad ranks above one of the good; ties count half."""
    values = np.array(bad + good)
    _values, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[: len(bad)].sum() - len(bad) * (len(bad) + 1) / 2) / (len(bad) * len(good)))
