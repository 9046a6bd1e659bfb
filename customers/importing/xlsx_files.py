"""Reading Excel workbooks (XLSX), a row at a time and with an eye on what they unpack to."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from customers.importing.csv_files import readable
from customers.importing.tables import LONGEST_LINE, MOST_COLUMNS, Line, Table, UnreadableFile, named_columns
from customers.importing.values import unmistakable

# What a workbook of the largest size allowed honestly unpacks to; the strings are all in memory at once.
MOST_UNPACKED = 400_000_000
MOST_STRINGS = 100_000_000
_STRINGS = "xl/sharedStrings.xml"
# The kind of a cell whose formula came to nothing, such as #N/A; the same letters in a text are a text.
_ERROR = "e"


def open_xlsx(file: IO[bytes]) -> Table:
    """The first sheet that has anything in it."""
    _check_size(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = list(book.worksheets)
        for sheet in sheets:
            # What a sheet says of its own size may be anything.
            sheet.reset_dimensions()
            lines = _lines(sheet)
            header = next((line for line in lines if any(line.cells)), None)
            if header is not None:
                return _table(header, lines, sheet.title, len(sheets))
    except UnreadableFile:
        raise
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError, TypeError) as error:
        raise UnreadableFile(_("This is no workbook that can be read; save it anew in Excel as .xlsx.")) from error
    raise UnreadableFile(_("The file is empty."))


def _check_size(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except BadZipFile:
        raise UnreadableFile(_("This is no workbook that can be read; save it anew in Excel as .xlsx.")) from None
    file.seek(0)
    if sum(sizes.values()) > MOST_UNPACKED or sizes.get(_STRINGS, 0) > MOST_STRINGS:
        raise UnreadableFile(_("The workbook unpacks to more than can be read; split it, or save it as CSV."))


def _table(header: Line, lines: Iterator[Line], title: str, sheets: int) -> Table:
    width = max((number for number, cell in enumerate(header.cells, start=1) if cell), default=0)
    if width > MOST_COLUMNS:
        raise UnreadableFile(_("The first line has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    notes = []
    if sheets > 1:
        notes.append(_("Only the sheet “%(title)s” is read, of %(sheets)d.") % {"title": title, "sheets": sheets})
    columns = named_columns(header.cells[:width])
    return Table(columns, _body(lines, width), {"format": "xlsx", "notes": notes})


def _body(lines: Iterator[Line], width: int) -> Iterator[Line]:
    """The lines that are not empty, as wide as the header; damage on the way ends the file with a line that says so."""
    number = 1
    try:
        for line in lines:
            number = line.number
            if any(line.cells):
                yield _checked(line, width)
    except (BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError):
        yield Line(number + 1, [], _("From here on the workbook is damaged and can not be read."))


def _checked(line: Line, width: int) -> Line:
    if sum(map(len, line.cells)) > LONGEST_LINE:
        cut = [cell[:1000] for cell in line.cells[:width]]
        return Line(line.number, cut, _("The line is longer than %(most)d characters.") % {"most": LONGEST_LINE})
    if any(line.cells[width:]):
        reason = _("Something stands to the right of the last named column.")
        return Line(line.number, line.cells[:MOST_COLUMNS], reason)
    return Line(line.number, (line.cells + [""] * width)[:width])


def _lines(sheet: Any) -> Iterator[Line]:
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        yield Line(number, ["" if cell.data_type == _ERROR else _text(cell.value) for cell in row])


def _text(value: Any) -> str:
    """A value as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, str):
        return readable(value).strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # No more digits than the workbook itself shows.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else unmistakable(f"{value:.15g}")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
