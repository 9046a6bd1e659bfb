"""Taking an uploaded file into the database: first its bytes, then its lines."""

import csv
import io
import itertools
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from customers.importing.csv_files import open_csv
from customers.importing.recognising import REASON_COLUMN, recognise
from customers.importing.tables import Line, Looks, Table, UnreadableFile
from customers.importing.targets import Target
from customers.importing.vcard_files import open_vcard
from customers.importing.xlsx_files import open_xlsx
from customers.models import CustomField, Import, ImportChunk, ImportState

_CHUNK = 1_000_000
_ROWS_AT_ONCE = 5000
_COPY = "COPY customers_importrow (of_id, line, cells, is_broken, reason, emails, phones, verdict, kept_because)" + (
    " FROM STDIN WITH (FORMAT csv, NULL '\\N')"
)


def take_in(name: str, pieces: Iterable[bytes], *, by: User, at: datetime) -> Import:
    """Keeps a file that was uploaded, to be read by a worker."""
    with transaction.atomic():
        intake = Import.objects.create(file_name=name[-200:], created_by=by, created_at=at)
        number = itertools.count()
        for piece in pieces:
            for start in range(0, len(piece), _CHUNK):
                content = piece[start : start + _CHUNK]
                ImportChunk.objects.create(of=intake, number=next(number), content=content)
    return intake


def read(intake: Import) -> None:
    """Stages the lines of the file and says what its columns look like; begins anew, whatever an attempt left."""
    intake.rows.all().delete()
    looks = Looks()
    with _file(intake) as file:
        table = _open(intake, file)
        done = 0
        for batch in itertools.batched(table.lines, _ROWS_AT_ONCE):
            for line in batch:
                looks.see(line.cells if not line.broken else [])
            _stage(intake, batch)
            done += len(batch)
            Import.objects.filter(pk=intake.pk).update(position=done)
    if not done:
        raise UnreadableFile(_("There is a first line, but nothing after it."))
    columns = looks.named(table.columns)
    own = list(CustomField.objects.used())
    layout, mapping = recognise(columns, table.found["format"], own)
    mapping = _mapped_before(intake, columns, mapping, {field.column for field in own}) or mapping
    found = {**table.found, "layout": layout}
    fields = {"columns": columns, "mapping": mapping, "found": found, "total": done}
    intake.move_to(ImportState.MAPPING, frm=(ImportState.READING,), **fields)


def _mapped_before(
    intake: Import, columns: list[dict[str, Any]], mapping: list[dict[str, str]], own: set[str]
) -> list[dict[str, str]] | None:
    """Where the same columns went the last time the person brought such a file.

    The company's own fields may have come or gone since: `mapping` is where the columns would go now.
    """
    names = [column["name"] for column in columns]
    mapped = Import.objects.filter(created_by=intake.created_by, began_at__isnull=False)
    for before in mapped.only("columns", "mapping")[:20]:
        known = {column["name"]: goes for column, goes in zip(before.columns, before.mapping, strict=True)}
        is_clear = len(known) == len(before.columns)
        known[REASON_COLUMN] = {"target": "", "order": ""}
        if is_clear and known.keys() >= set(names):
            return [_as_before(known[name], now, own) for name, now in zip(names, mapping, strict=True)]
    return None


def _as_before(before: dict[str, str], now: dict[str, str], own: set[str]) -> dict[str, str]:
    is_gone = before["target"] not in {*Target.values, *own}
    is_new = not before["target"] and now["target"] in own
    return now if is_gone or is_new else before


@contextmanager
def _file(intake: Import) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        for number in intake.chunks.order_by("number").values_list("number", flat=True):
            file.write(intake.chunks.get(number=number).content)
        file.seek(0)
        yield file


def _open(intake: Import, file: IO[bytes]) -> Table:
    """By what the file is, whatever its name says."""
    start = file.read(2000)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return open_xlsx(file)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(_("This is a workbook of an old Excel; save it anew as .xlsx."))
    if b"BEGIN:VCARD" in start.replace(b"\0", b"").upper():
        return open_vcard(file, encoding=intake.reading.get("encoding", ""))
    if start.startswith((b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8")):
        raise UnreadableFile(_("This is no CSV file, no Excel workbook and no vCard."))
    return open_csv(file, **intake.reading)


def _stage(intake: Import, lines: Iterable[Line]) -> None:
    rows = io.StringIO()
    writer = csv.writer(rows)
    for line in lines:
        writer.writerow(
            [intake.pk, line.number, _array(line.cells), bool(line.broken), line.broken, "{}", "{}", "", ""]
        )
    rows.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(_COPY, rows)


def _array(cells: list[str]) -> str:
    """An array of texts as the database writes one."""
    quoted = (cell.replace("\\", "\\\\").replace('"', '\\"') for cell in cells)
    return "{" + ",".join(f'"{cell}"' for cell in quoted) + "}"


def forget_file(intake: Import) -> None:
    ImportChunk.objects.filter(of=intake).delete()
