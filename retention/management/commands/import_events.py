"""Takes a history over from a file, and then knows everybody's risk."""

import csv
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Company, Role, User
from customers.models import Segment
from interactions.event_files import Event, EventFile, Refusal, UnreadableFile
from interactions.importing import Destination, Summary, import_events
from retention.scoring import rebuild
from retention_crm.lib import clock
from retention_crm.lib.spreadsheets import guarded

IMPORTED = "Imported"
LONGEST_SOURCE = 60
_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_BETWEEN_DRAWINGS = 0.1
_BAR = 30


class Command(BaseCommand):
    help = (
        "Import customers and their events from a CSV file (also gzipped) whose first line names the columns: "
        "customer (or customer_id) and date, and perhaps amount and type. Safe to run twice; bad lines are reported "
        "and left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", help="Where the data comes from; tells equal customers of two files apart.")
        parser.add_argument("--owner", metavar="EMAIL", help="Who looks after new customers.")
        parser.add_argument("--segment", metavar="NAME", help=f"Segment of new customers; otherwise “{IMPORTED}”.")
        parser.add_argument("--refused", type=Path, metavar="FILE", help="Write the lines left out to this CSV file.")

    def handle(self, *_args: Any, **options: Any) -> None:
        at = clock.now()
        latest = clock.today(Company.current().time_zone, at) + timedelta(days=1)
        progress = _Progress()
        try:
            file = EventFile(options["file"], latest=latest)
            for note in file.notes:
                self.stderr.write(note)
            with _refusals(options["refused"], progress) as refuse, transaction.atomic():
                to = Destination(_source(options), _owner(options["owner"]), _segment(options["segment"]))
                summary = import_events(progress.reading(file), to, at=at, refuse=refuse, wrote=progress.wrote)
        except UnreadableFile as reason:
            raise CommandError(f"{reason} Nothing was imported.") from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted. Nothing was imported.") from None
        finally:
            progress.clear()
        self._finish(summary)

    def _finish(self, summary: Summary) -> None:
        if summary.created:
            risk = rebuild(at=clock.now())
            self.stdout.write(f"The risk of {risk.customers} customers was computed anew.")
        words = (
            f"{summary.customers} customers and {summary.created} events created, "
            f"{summary.already_there} events already there, {summary.refused} lines refused."
        )
        if not summary.created and not summary.already_there:
            raise CommandError(f"Nothing was imported: {words}")
        self.stdout.write(words)


def _source(options: dict[str, Any]) -> str:
    """The name given, or the file's without its endings; a colon would be ambiguous in a key."""
    name = options["source"] or options["file"].name.split(".")[0]
    source = re.sub(r"[:\s]+", "-", name).strip("-") or "file"
    if len(source) > LONGEST_SOURCE:
        raise CommandError(f"The source is longer than {LONGEST_SOURCE} characters; name a shorter one with --source.")
    return source


def _owner(email: str | None) -> User:
    if email:
        owner = User.objects.get_queryset().active().filter(email__iexact=email).first()
        if owner is None:
            raise CommandError(f"Nobody active has the address {email}.")
        return owner
    managers = User.objects.get_queryset().managers().order_by("pk")
    owner = managers.filter(role=Role.ADMINISTRATOR).first() or managers.first()
    if owner is None:
        raise CommandError("There is no administrator or manager to look after new customers; name one with --owner.")
    return owner


def _segment(name: str | None) -> Segment:
    if name is None:
        return Segment.objects.get_or_create(name=IMPORTED)[0]
    segment = Segment.objects.filter(name=name).first()
    if segment is None:
        known = ", ".join(Segment.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no segment “{name}”. There are: {known}.")
    return segment


@contextmanager
def _refusals(path: Path | None, progress: "_Progress") -> Generator[Any]:
    """A function that reports a line left out, and writes it to the file if one is wanted."""
    if path is None:
        yield progress.refused
        return
    try:
        file = path.open("w", newline="", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}. Nothing was imported.") from None
    with file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", "text"])

        def write(refusal: Refusal) -> None:
            progress.refused(refusal)
            writer.writerow([refusal.line, refusal.reason, guarded(refusal.text)])

        yield write


class _Progress:
    """A bar on a terminal, otherwise a line now and then; on stderr, so that the result stands alone on stdout."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._events = self._written = 0
        self._shown = time.monotonic()

    def reading(self, file: EventFile) -> Iterator[Event | Refusal]:
        total = file.lines - 1
        for number, line in enumerate(file.read(), start=1):
            self._events += isinstance(line, Event)
            if number % 1000 == 0:
                self._show("Reading", number, total)
            yield line

    def wrote(self, events: int) -> None:
        self._written += events
        self._show("Writing", self._written, self._events)

    def refused(self, refusal: Refusal) -> None:
        self.clear()
        sys.stderr.write(f"Line {refusal.line}: {refusal.reason}\n")

    def clear(self) -> None:
        if self._is_terminal:
            sys.stderr.write("\r\x1b[K")

    def _show(self, what: str, done: int, total: int) -> None:
        pause = _SECONDS_BETWEEN_DRAWINGS if self._is_terminal else _SECONDS_BETWEEN_LINES
        if time.monotonic() - self._shown < pause:
            return
        self._shown = time.monotonic()
        if self._is_terminal:
            full = _BAR * done // max(total, 1)
            sys.stderr.write(f"\r{what} [{'#' * full}{'.' * (_BAR - full)}] {done} of {total}\x1b[K")
            sys.stderr.flush()
        else:
            sys.stderr.write(f"{what}: {done} of {total}\n")
