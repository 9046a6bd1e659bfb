"""Reading CSV files as they come: in whatever encoding, with whatever between the columns, and with damage.

A cell may have several lines, but a quotation mark that is never closed costs its own line and not the whole rest.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import IO

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.importing.tables import LONGEST_LINE, MOST_COLUMNS, Line, Table, UnreadableFile, named_columns
from retention_crm.lib import text
from retention_crm.lib.spreadsheets import unguarded

DELIMITERS = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar"),
}
# How the encodings people choose from are called, the likely ones first.
ENCODINGS = {
    "utf-8": gettext_lazy("Unicode (UTF-8)"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
    "utf-16": gettext_lazy("Unicode (UTF-16)"),
    "iso8859_15": gettext_lazy("Western European (ISO 8859-15)"),
    "mac_roman": gettext_lazy("Western European (Macintosh)"),
    "cp850": gettext_lazy("Western European (DOS)"),
    "cp1250": gettext_lazy("Central European (Windows-1250)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "cp1256": gettext_lazy("Arabic (Windows-1256)"),
    "cp932": gettext_lazy("Japanese (Shift JIS)"),
    "gb18030": gettext_lazy("Chinese (GB 18030)"),
}
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAMPLE = 200_000
_MOST_LINES_OF_A_CELL = 200
_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
# What no name of a column looks like: mail addresses, telephone numbers, dates.
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[+(]?[0-9][0-9 ()/.-]{5,}|[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Bytes that were none in the encoding.
_NO_TEXT = re.compile("[\udc80-\udcff]")


def open_csv(file: IO[bytes], *, encoding: str = "", delimiter: str = "", headless: bool = False) -> Table:
    """The table in the file; what is not said is recognised."""
    sample = file.read(_SAMPLE)
    file.seek(0)
    if not sample.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise UnreadableFile(_("The file is empty."))
    if not encoding:
        encoding = recognise_encoding(file, sample)
    # Lone surrogates stand for bytes that are no text; the line with them is refused.
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    stream = io.TextIOWrapper(file, encoding=codec, errors="surrogateescape", newline="")
    lines = _Lines(stream)
    delimiter = lines.separator or delimiter or _recognise_delimiter(lines.ahead(5))
    records = _records(lines, delimiter)
    first = next((record for record in records if any(record.cells)), None)
    if first is None or first.broken:
        raise UnreadableFile(first.broken if first else _("The file is empty."))
    if len(first.cells) > MOST_COLUMNS:
        raise UnreadableFile(_("The first line has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    notes = []
    if headless or any(_DATA.fullmatch(cell) for cell in first.cells):
        notes.append(_("The first line holds data and no names of columns."))
        columns = named_columns([""] * len(first.cells))
        body = _with_first(first, records)
    else:
        columns, body = named_columns(first.cells), records
    found = {"format": "csv", "encoding": encoding, "delimiter": delimiter, "notes": notes}
    return Table(columns, (_fitted(line, len(columns)) for line in body if line.broken or any(line.cells)), found)


def _with_first(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def recognise_encoding(file: IO[bytes], sample: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if sample.startswith(mark):
            return encoding
    zeros = sample.count(b"\0")
    if zeros > len(sample) // 5:
        return "utf-16-le" if sample[1:200:2].count(b"\0") > sample[0:200:2].count(b"\0") else "utf-16-be"
    good, bad = _utf8_lines(file)
    if bad <= good:
        return "utf-8"
    best = from_bytes(sample, cp_isolation=[name for name in ENCODINGS if not name.startswith("utf")]).best()
    # What it knows by an alphabet of its own is surer than a guess between the western ones.
    guess = best.encoding if best else "cp1252"
    return guess if guess in ENCODINGS and guess not in {"cp850", "iso8859_15", "mac_roman", "cp1250"} else "cp1252"


def _utf8_lines(file: IO[bytes]) -> tuple[int, int]:
    """How many lines with more than ASCII in them are UTF-8, and how many are not."""
    good = bad = 0
    for line in file:
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
    file.seek(0)
    return good, bad


def _recognise_delimiter(lines: list[str]) -> str:
    """The one that makes the most columns of the first line, and as many of the next ones."""

    def columns(delimiter: str) -> tuple[int, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        widths = [len(row) for row in rows]
        return (widths.count(widths[0]) if widths and widths[0] > 1 else 0, widths[0] if widths else 0)

    try:
        return max(DELIMITERS, key=columns)
    except csv.Error:
        return max(DELIMITERS, key=lambda delimiter: lines[0].count(delimiter))


class _Lines:
    """The lines of the text with their numbers; some can be looked at ahead or put back. Long ones come cut."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self.number = 0
        self.separator = ""
        first = self.ahead(1)
        if first and (named := _SEPARATOR.fullmatch(first[0])):
            self.separator = named[1]
            self.take()

    def ahead(self, number: int) -> list[str]:
        while len(self._waiting) < number and (line := self._read()):
            self._waiting.append(line)
        return list(self._waiting)[:number]

    def take(self) -> str:
        """The next line; empty at the end."""
        line = self._waiting.popleft() if self._waiting else self._read()
        self.number += bool(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def _read(self) -> str:
        line = rest = self._stream.readline(LONGEST_LINE + 1)
        while len(rest) > LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = self._stream.readline(LONGEST_LINE + 1)
        return line


def _records(lines: _Lines, delimiter: str) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_LINE)
    while True:
        number, taken, problem = lines.number + 1, list[str](), ""
        try:
            row = next(csv.reader(_feed(lines, taken), delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error:
            problem = _("A quotation mark is not closed, or text follows it.")
        except _TooLong:
            problem = _("The line is longer than %(most)d characters.") % {"most": LONGEST_LINE}
        if problem:
            lines.put_back(taken[1:])
            yield Line(number, [readable(taken[0][:LONGEST_LINE]).strip("\r\n")], problem)
        else:
            yield _checked(number, row)


class _TooLong(Exception):
    pass


def _feed(lines: _Lines, taken: list[str]) -> Iterator[str]:
    """The lines of one record, as many as the reader asks for and a cell may have."""
    while len(taken) < _MOST_LINES_OF_A_CELL and (line := lines.take()):
        taken.append(line)
        if len(line) > LONGEST_LINE:
            raise _TooLong
        yield line


def _checked(number: int, row: list[str]) -> Line:
    whole = "".join(row)
    cells = [unguarded(readable(cell).strip()) if cell else "" for cell in row]
    if "\0" in whole:
        return Line(number, cells, _("The line has a NUL character in it."))
    if not whole.isascii() and _NO_TEXT.search(whole):
        return Line(number, cells, _("The line has bytes that are no text in the encoding of the file."))
    return Line(number, cells)


def readable(value: str) -> str:
    """Text a database can hold; what was none is shown by a sign."""
    return text.clean(value.replace("\0", "\u2400"))


def _fitted(line: Line, width: int) -> Line:
    """As many cells as there are columns; more of them only if nothing stands there."""
    extra = [cell for cell in line.cells[width:] if cell]
    if line.broken or extra:
        reason = _("The line has %(found)d columns instead of %(wanted)d.")
        broken = line.broken or reason % {"found": len(line.cells), "wanted": width}
        return Line(line.number, line.cells, broken)
    return Line(line.number, (line.cells + [""] * width)[:width])
