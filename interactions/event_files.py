"""Reading a file of events: one line for each, with the customer, the day and perhaps an amount and a type.

A file is looked through once before anything of it is used, so that a damaged one is refused as a whole. Each line
stands for itself: a quotation mark that is never closed costs its own line and not the rest of the file.

Millions of lines that only the database needs come in blocks: those of a block in which every line has the plainest
form need not be looked at one by one.
"""

import csv
import gzip
import io
import itertools
import re
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from interactions.models import WITH_AMOUNT, Kind
from retention_crm.lib import text

LONGEST_LINE = 10_000
FIRST_YEAR = 1900
_CUSTOMER_COLUMNS = ("customer", "customer_id")
_KIND_NAMES = {kind.value: kind for kind in Kind} | {"e-mail": Kind.EMAIL}
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9:.+Z-]*)?")
# A comma before three digits may be a thousands separator; only what has one meaning is taken.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]+|,[0-9]{1,2})?")
_CENT = Decimal("0.01")
# Values that are taken as they stand. The database still has to find out whether there is such a day.
_PLAIN = {
    "customer": rb"[0-9A-Za-z._@:/+-]++",
    "customer_id": rb"[0-9A-Za-z._@:/+-]++",
    "date": rb"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}",
    "amount": rb"(?:[+-]?[0-9]{1,12}+(?:\.[0-9]++)?)?",
}
_BLOCK = 1 << 20
_LINES_AT_ONCE = 10_000


class UnreadableFile(Exception):
    """The file as a whole cannot be used; says why in a sentence."""


@dataclass(frozen=True)
class Event:
    line: int
    customer: str
    day: date
    kind: Kind
    amount: Decimal | None


@dataclass(frozen=True)
class Refusal:
    """A line that cannot be used, and why."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Block:
    """Whole lines, the first of them with that number in the file; plain if each is an event as it stands."""

    first: int
    raw: bytes
    is_plain: bool


class _Unusable(Exception):
    """Why a line is refused."""


class EventFile:
    """A CSV file of events, plain or gzipped; `latest` is the last day an event may have.

    `notes` says in words what was assumed about the file, `columns` are the names in its first line.
    """

    def __init__(self, path: Path, *, latest: date) -> None:
        self.path, self.latest = path, latest
        self.notes: list[str] = []
        self.lines, self._encoding = _survey(path)
        if self._encoding == "cp1252":
            self.notes.append("The file is not UTF-8; it was read as Western European (Windows-1252).")
        with _lines(path, self._encoding) as lines:
            header = next(iter(lines), b"").decode(self._text_encoding, "replace").lstrip("\ufeff").strip()
        self._delimiter, self.columns = _header(header)
        unused = [name for name in self.columns if name not in (*_CUSTOMER_COLUMNS, "date", "amount", "type")]
        if unused:
            self.notes.append(f"Columns that are not used: {', '.join(text.excerpt(name, 40) for name in unused)}.")
        self._kind = Kind.PURCHASE if "amount" in self.columns else Kind.CALL

    @property
    def _text_encoding(self) -> str:
        """What the lines are in when they come from `_lines`."""
        return "utf-8" if self._encoding == "utf-16" else self._encoding

    def read(self) -> Iterator[Event | Refusal]:
        """Every line after the header that is not empty, in order."""
        with _lines(self.path, self._encoding) as lines:
            yield from self._numbered(lines, 1)

    def blocks(self) -> Iterator[Block]:
        """The whole file in blocks."""
        is_plain = self._plain()
        number = 1
        with _blocks(self.path, self._encoding) as blocks:
            for raw in blocks:
                yield Block(number, raw, number > 1 and is_plain(raw))
                number += _count(raw)

    def lines_of(self, block: Block) -> Iterator[Event | Refusal]:
        """What `read` gives for the lines of this block."""
        return self._numbered(_byte_lines(io.BytesIO(block.raw)), block.first)

    def plain_columns(self) -> str:
        """The columns of plain lines, for COPY."""
        return ", ".join("customer" if name in _CUSTOMER_COLUMNS else name for name in self.columns)

    @property
    def delimiter(self) -> str:
        return self._delimiter

    def _plain(self) -> Callable[[bytes], bool]:
        """Whether every line of a block is plain; never, if the columns are others than a customer, date and amount."""
        if not {"date"} < set(self.columns) <= _PLAIN.keys() or set(_CUSTOMER_COLUMNS) <= set(self.columns):
            return lambda _raw: False
        line = re.escape(self._delimiter.encode()).join(_PLAIN[name] for name in self.columns)
        lines = re.compile(rb"(?:%b\r?\n)*+" % line)
        return lambda raw: lines.fullmatch(raw) is not None

    def _numbered(self, lines: Iterable[bytes], first: int) -> Iterator[Event | Refusal]:
        for number, raw in enumerate(lines, start=first):
            if number == 1 or not raw.strip():
                continue
            try:
                yield self._event(number, raw)
            except _Unusable as reason:
                shown = raw[:LONGEST_LINE].decode(self._text_encoding, "backslashreplace")
                yield Refusal(number, str(reason), text.clean_line(shown))

    def _event(self, number: int, raw: bytes) -> Event:
        row = self._row(raw)
        value = dict(zip(self.columns, row, strict=True))
        kind = _kind(value.get("type", ""), self._kind)
        amount = _amount(value.get("amount", ""))
        if amount and kind not in WITH_AMOUNT:
            raise _Unusable(f"A {kind.label.lower()} has no amount; only purchases and gestures do.")
        customer = text.clean_line(value["customer"] if "customer" in value else value["customer_id"])
        if not customer:
            raise _Unusable("The customer is missing.")
        day = _day(value["date"])
        if day.year < FIRST_YEAR or day > self.latest:
            raise _Unusable(f"The date {day} is not between {FIRST_YEAR} and {self.latest}.")
        return Event(number, customer, day, kind, amount if kind in WITH_AMOUNT else None)

    def _row(self, raw: bytes) -> list[str]:
        if len(raw) > LONGEST_LINE:
            raise _Unusable(f"The line is longer than {LONGEST_LINE} characters.")
        if b"\0" in raw:
            raise _Unusable("The line has a NUL character in it.")
        try:
            line = raw.decode(self._text_encoding)
        except UnicodeDecodeError:
            raise _Unusable("The line has bytes that are no text in the encoding of the file.") from None
        if self._encoding == "utf-16" and "\ufffd" in line:
            raise _Unusable("The line has bytes that are no text in the encoding of the file.")
        try:
            row = next(csv.reader([line.strip("\r\n")], delimiter=self._delimiter, strict=True), [])
        except csv.Error:
            raise _Unusable("A quotation mark is not closed, or text follows it.") from None
        if len(row) != len(self.columns):
            raise _Unusable(f"The line has {len(row)} columns instead of {len(self.columns)}.")
        return row


def _survey(path: Path) -> tuple[int, str]:
    """The number of lines and the encoding; reads to the end, so that damage shows before anything is used."""
    with _lines(path, "latin-1") as lines:
        first = next(iter(lines), b"")
    if not first:
        raise UnreadableFile(f"{path} is empty.")
    encoding = "utf-16" if first.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    number = utf8 = other = 0
    with _blocks(path, encoding) as blocks:
        for block in blocks:
            number += _count(block)
            for line in () if block.isascii() else block.split(b"\n"):
                if not line.isascii():
                    is_utf8 = _decodes(line)
                    utf8, other = utf8 + is_utf8, other + (not is_utf8)
    if encoding == "utf-8" and other > utf8:
        encoding = "cp1252"
    if number < 2:
        raise UnreadableFile(f"{path} has a first line, but no events after it.")
    return number, encoding


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _count(block: bytes) -> int:
    """The number of lines; the last one of a file may have no end."""
    return block.count(b"\n") + (not block.endswith(b"\n"))


@contextmanager
def _lines(path: Path, encoding: str) -> Generator[Iterable[bytes]]:
    """The lines as bytes, UTF-16 already turned into UTF-8; one that is too long comes cut, but longer than allowed."""
    with _opened(path) as stream:
        yield _utf16_lines(stream) if encoding == "utf-16" else _byte_lines(stream)


@contextmanager
def _blocks(path: Path, encoding: str) -> Generator[Iterable[bytes]]:
    """The same lines, many at once, but for the first, which comes alone."""
    with _opened(path) as stream:
        yield _utf16_blocks(stream) if encoding == "utf-16" else _byte_blocks(stream)


@contextmanager
def _opened(path: Path) -> Generator[io.BufferedIOBase]:
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield gzip.GzipFile(fileobj=raw) if is_gzip else raw
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnreadableFile(f"{path} is damaged or cut off: its gzip compression does not end as it should.") from None
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None


def _byte_lines(stream: io.BufferedIOBase) -> Iterator[bytes]:
    while line := _cut_line(stream):
        yield line


def _byte_blocks(stream: io.BufferedIOBase) -> Iterator[bytes]:
    block = _cut_line(stream)
    while block:
        yield block
        block = stream.read(_BLOCK)
        if block and not block.endswith(b"\n"):
            block += _cut_line(stream)


def _cut_line(stream: io.BufferedIOBase) -> bytes:
    line = rest = stream.readline(LONGEST_LINE + 1)
    while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
        rest = stream.readline(LONGEST_LINE + 1)
    return line


def _utf16_blocks(stream: io.BufferedIOBase) -> Iterator[bytes]:
    lines = _utf16_lines(stream)
    yield next(lines, b"")
    for batch in itertools.batched(lines, _LINES_AT_ONCE):
        yield b"".join(line if line.endswith(b"\n") else line + b"\n" for line in batch)


def _utf16_lines(stream: io.BufferedIOBase) -> Iterator[bytes]:
    reader = io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline="\n")  # type: ignore[type-var]
    while line := reader.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith("\n"):
            rest = reader.readline(LONGEST_LINE + 1)
        yield line.encode()


def _header(line: str) -> tuple[str, list[str]]:
    """The delimiter and the names of the columns, from the first line."""
    for delimiter in (",", ";", "\t"):
        try:
            names = [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
        except csv.Error:
            continue
        if "date" in names and any(name in names for name in _CUSTOMER_COLUMNS):
            if len(set(names)) < len(names):
                raise UnreadableFile(f"The first line names a column twice: {text.excerpt(line)}")
            return delimiter, names
    raise UnreadableFile(
        "The first line must name the columns, at least customer (or customer_id) and date, and may name amount and "
        f"type, separated by commas, semicolons or tabs. It says: {text.excerpt(line) or 'nothing'}"
    )


@lru_cache(maxsize=20_000)
def _day(value: str) -> date:
    match = _DAY.fullmatch(value.strip())
    if not match:
        raise _Unusable(f"“{text.excerpt(value, 40)}” is not a date like 2026-03-31.")
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        raise _Unusable(f"There is no day {match[1]}.") from None


def _amount(value: str) -> Decimal | None:
    value = value.strip()
    if not value:
        return None
    if not _AMOUNT.fullmatch(value):
        kind = "looks like a formula, not" if value.startswith(("=", "@")) else "is not"
        raise _Unusable(f"“{text.excerpt(value, 40)}” {kind} an amount like 1234.50.")
    return Decimal(value.replace(",", ".")).quantize(_CENT)


def _kind(value: str, default: Kind) -> Kind:
    name = value.strip().lower()
    if name and name not in _KIND_NAMES:
        raise _Unusable(f"“{text.excerpt(value, 40)}” is not a type; use one of {', '.join(Kind.values)}.")
    return _KIND_NAMES[name] if name else default
