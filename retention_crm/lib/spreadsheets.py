"""Text in files that people open with a spreadsheet, which takes some of it for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

# More lines make a file of which the reader thinks that it hangs; as CSV they are no matter.
MOST_IN_SPREADSHEET = 20_000
_AT_ONCE = 2000

# With white space in front it is one as well. Who writes the sign themselves gets a second one, so that theirs stays.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """With a sign in front of what would be a formula; `unguarded` takes it off again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Without the sign that was put before what would have been a formula."""
    return cell[1:] if _GUARDED.match(cell) else cell


def csv_of(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """UTF-8 with the mark by which spreadsheets know it; no cell is a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(rows):
        writer.writerow(map(guarded, row))
        if number % _AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    written = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return written


def spreadsheet_of(rows: Iterable[Sequence[str]], title: str) -> IO[bytes]:
    """An XLSX file, at its beginning; every cell is text, so nothing is a formula and no zero is lost."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file
