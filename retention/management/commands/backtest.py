"""Says how well the risk ranks, by what became of the customers of days gone by; changes nothing."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Company
from interactions.event_files import EventFile, Refusal, UnreadableFile
from retention.backtesting import BackTest, Measures, back_test
from retention.calibrating import LEAST_DAYS, earlier_cutoffs
from retention.ranking import History, alone
from retention.rhythm import HORIZON_DAYS
from retention.staging import stage
from retention_crm.lib import clock

# A history of weekly figures ends some days before its last week does.
_MISSING_SHARE = 10
_MEASURES = {
    "auc": "AUC",
    "average_precision": "Average precision",
    "lift_10": "Lift at 10 %",
    "lift_20": "Lift at 20 %",
}


class Command(BaseCommand):
    help = (
        "Measure how well the risk would have ranked who was lost, on this company's history or on a file of events "
        "(CSV, also gzipped: customer or customer_id, date). Nothing is changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--events", type=Path, metavar="FILE", help="Events to measure on; otherwise our own.")
        parser.add_argument(
            "--horizon", type=_days, action="append", metavar="DAYS",
            help=f"Lost is who is not seen for so many days after; otherwise {HORIZON_DAYS}. Can be repeated.",
        )  # fmt: skip
        parser.add_argument(
            "--cutoff", type=_day, action="append", metavar="DATE",
            help="Rank as of the end of that day. Can be repeated; otherwise the last ones possible and a year before.",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="Print the figures as JSON.")
        parser.add_argument("--scores", type=Path, metavar="FILE", help="Write each customer's risk to this CSV file.")

    def handle(self, *_args: Any, **options: Any) -> None:
        at = clock.now()
        try:
            with alone(), _scores(options["scores"]) as scores:
                history = self._history(options["events"], at)
                runs = [
                    run for horizon in options["horizon"] or [HORIZON_DAYS]
                    for run in self._runs(history, options["cutoff"], horizon)
                ]  # fmt: skip
                several = len(runs) > 1
                if scores is not None:
                    scores.truncate(0)
                    scores.write(f"{'cutoff,horizon,' if several else ''}customer_id,risk,shown\n")
                found = [back_test(history, *run, scores=scores, named=several) for run in runs]
        except UnreadableFile as reason:
            raise CommandError(str(reason)) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted.") from None
        if options["json"]:
            self.stdout.write(json.dumps([_figures(test) for test in found], indent=1))
        else:
            self.stdout.write("\n\n".join(_in_words(test) for test in found))

    def _history(self, path: Path | None, at: datetime) -> History:
        if path is None:
            history = History.own(at=at)
        else:
            file = EventFile(path, latest=clock.today(Company.current().time_zone, at) + timedelta(days=1))
            for note in file.notes:
                self.stderr.write(note)
            history = stage(file, refuse=self._refuse)
        if history is None:
            raise CommandError("There is no contact to learn from.")
        return history

    def _refuse(self, refusal: Refusal) -> None:
        self.stderr.write(f"Line {refusal.line}: {refusal.reason}")

    def _runs(self, history: History, cutoffs: list[date] | None, horizon: int) -> list[tuple[date, int]]:
        if not cutoffs:
            span, cutoffs = earlier_cutoffs(history.first, history.last, horizon)
            if span < horizon:
                days = (history.last - history.first).days
                raise CommandError(
                    f"The history is too short: it has {days} days, from {history.first} to {history.last}. "
                    f"A horizon of {horizon} days takes at least {horizon + LEAST_DAYS}."
                )
        for cutoff in cutoffs:
            self._check(history, cutoff, horizon)
        return [(cutoff, horizon) for cutoff in cutoffs]

    def _check(self, history: History, cutoff: date, horizon: int) -> None:
        if cutoff < history.first:
            raise CommandError(f"There is nothing to rank on {cutoff}: the history begins on {history.first}.")
        missing = (cutoff + timedelta(days=horizon) - history.last).days
        if missing <= 0:
            return
        words = f"The {horizon} days after {cutoff} are not over: the history ends on {history.last}."
        if missing * _MISSING_SHARE > horizon:
            raise CommandError(f"{words} Who comes later would count as lost.")
        self.stderr.write(words)


def _days(written: str) -> int:
    if not (written.isascii() and written.isdecimal() and 1 <= int(written[:9]) <= 3650 and len(written) < 9):
        raise ArgumentTypeError(f"{written} is not a number of days from 1 to 3650.")
    return int(written)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ArgumentTypeError(f"{written} is not a date like 2026-03-31.") from None


@contextmanager
def _scores(path: Path | None) -> Generator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        # What is in it stays until there is something to write.
        file = path.open("a", newline="", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from None
    with file:
        yield file


def _figures(test: BackTest) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "cutoff": test.cutoff.isoformat(),
        "horizon": test.horizon,
        "customers": test.customers,
        "lapsed_share": test.lost / test.customers if test.customers else None,
    }
    figures |= {name: _measure(test.by_risk, name) for name in _MEASURES} | {"brier": test.brier}
    return figures | {f"{name}_recency": _measure(test.by_silence, name) for name in _MEASURES}


def _measure(measures: Measures | None, name: str) -> float | None:
    return None if measures is None else getattr(measures, name)


def _in_words(test: BackTest) -> str:
    share = f", {test.lost / test.customers:.0%} of them not in the {test.horizon} days after" if test.customers else ""
    lines = [f"{test.cutoff}: {test.customers} customers were in touch in the year before{share}."]
    if test.by_risk is None or test.by_silence is None:
        return "\n".join([*lines, "That is too little to measure: too few, or all the same."])
    lines += ["", f"{'':20}{'Risk':>8}{'Days since last contact':>26}"]
    lines += [
        f"{words:20}{getattr(test.by_risk, name):8.3f}{getattr(test.by_silence, name):26.3f}"
        for name, words in _MEASURES.items()
    ]
    lines += [f"{'Brier':20}{test.brier:8.3f}", "", f"{'Said':12}{'Customers':>10}{'on average':>12}{'were lost':>11}"]
    for row in test.table:
        said = f"{row.tenth * 10}–{row.tenth * 10 + 10} %"
        lines.append(f"{said:12}{row.customers:10}{row.said:12.1%}{row.lost:11.1%}")
    return "\n".join(lines)
