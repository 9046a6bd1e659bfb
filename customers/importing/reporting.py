"""What is shown of an import: lines as they will be, reasons, and the refused lines as a file to be mended."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _

from accounts.models import User
from customers.importing.recognising import REASON_COLUMN
from customers.models import (
    ConsentKind,
    Contact,
    ContactDetail,
    Customer,
    CustomField,
    Import,
    ImportRow,
    Segment,
    Verdict,
)
from retention_crm.lib import dates
from retention_crm.lib.spreadsheets import guarded

SHOWN_LINES = 10
SHOWN_REASONS = 20


@dataclass(frozen=True)
class Shown:
    """A line as it will be: who, at which customer, and the other values with their names."""

    line: int
    verdict: str
    badge: str
    name: str
    company: str
    values: list[tuple[str, str]]
    reason: str


@dataclass(frozen=True)
class Reason:
    verdict: str
    words: str
    lines: int
    first: int


_BADGES = {
    Verdict.CREATE: "badge-well",
    Verdict.CREATED: "badge-well",
    Verdict.UPDATE: "badge-watch",
    Verdict.UPDATED: "badge-watch",
    Verdict.REFUSED: "badge-risk",
}


def first_lines(intake: Import) -> list[Shown]:
    names = _Names()
    return [_shown(row, names) for row in intake.rows.defer("cells", "changes")[:SHOWN_LINES]]


def reasons(intake: Import) -> list[Reason]:
    """Why lines are refused or skipped: the most frequent reasons, with the first line of each."""
    rows = intake.rows.exclude(reason="").order_by().values_list("verdict", "reason")
    counted = rows.annotate(number=Count("pk"), first=Min("line")).order_by("-number", "first")
    return [
        Reason(str(Verdict(verdict).label), words, number, first)
        for verdict, words, number, first in counted[:SHOWN_REASONS]
    ]


class _Names:
    """The names of segments and people, and the company's own fields, asked for once."""

    def __init__(self) -> None:
        self.of: dict[str, dict[int, str]] = {
            "segment_id": dict(Segment.objects.values_list("pk", "name")),
            "owner_id": dict(User.objects.get_queryset().values_list("pk", "name")),
        }
        self.fields = {field.key: field for field in CustomField.objects.all()}


def _shown(row: ImportRow, names: _Names) -> Shown:
    verdict = Verdict(row.verdict)
    record = row.record or {"customer": {}, "contact": {}, "details": [], "events": [], "consent": {}}
    company = record["customer"].get("name", "")
    name = record["contact"].get("name", "")
    return Shown(
        line=row.line,
        verdict=str(verdict.label),
        badge=_BADGES.get(verdict, "badge-quiet"),
        name=name or company,
        company=company if company != name and name else "",
        values=list(_values(record, names)),
        reason=row.reason,
    )


def _values(record: dict[str, Any], names: _Names) -> Iterator[tuple[str, str]]:
    for model, said in ((Contact, record["contact"]), (Customer, record["customer"])):
        for name, value in said.items():
            if name not in {"name", "sort_key", "external_key"} and not name.startswith("birthday"):
                yield _label(model, name), _word(model, name, value, names)
    if "birthday_day" in record["contact"]:
        yield _("Birthday"), _day(*(record["contact"][f"birthday_{part}"] for part in ("day", "month", "year")))
    yield from _labels(record, names)
    for kind, label, value in record["details"]:
        is_named = label and kind != ContactDetail.Kind.KEY
        yield label if is_named else str(ContactDetail.Kind(kind).label), value
    for name, day, month, year in record["events"]:
        yield name, _day(day, month, year)
    for kind, is_granted in record["consent"].items():
        yield str(ConsentKind(kind).label), _("allowed") if is_granted else _("not allowed")


def _labels(record: dict[str, Any], names: _Names) -> Iterator[tuple[str, str]]:
    if tags := record.get("tags"):
        yield _("Tags"), ", ".join(tags)
    for key, value in record.get("custom", {}).items():
        if key in names.fields:
            yield names.fields[key].name, names.fields[key].in_words(value)


def _label(model: Any, name: str) -> str:
    return str(model._meta.get_field(name).verbose_name).capitalize()


def _word(model: Any, name: str, value: Any, names: _Names) -> str:
    if name in names.of:
        return names.of[name].get(value, "–")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in {"customer_since", "lost_on"}:
        return dates.write(date.fromisoformat(value), "day")
    choices = dict(model._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))


def _day(day: int, month: int, year: int | None) -> str:
    return f"{day} {MONTHS[month]} {year or _('(no year)')}"


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def refused_file(intake: Import) -> Iterator[str]:
    """The refused lines as they were, with the reason in a last column; to be mended and imported again."""
    names = [column["name"] for column in intake.columns]
    if names[-1:] == [REASON_COLUMN]:
        names.pop()
    writer = csv.writer(_Echo(), delimiter=intake.found.get("delimiter", ","))
    # So that spreadsheets know that it is UTF-8.
    yield "\ufeff" + writer.writerow([*names, REASON_COLUMN])
    rows = intake.rows.filter(verdict=Verdict.REFUSED).only("cells", "reason")
    for row in rows.iterator(chunk_size=2000):
        cells = (row.cells + [""] * len(names))[: len(names)]
        extra = " ".join(cell for cell in row.cells[len(intake.columns) :] if cell)
        yield writer.writerow([*map(guarded, cells), guarded(f"{row.reason} {extra}".strip())])
