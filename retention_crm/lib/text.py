"""Text from people and files: what is kept, how it is compared, how it is sorted."""

import re
import unicodedata
from uuid import UUID

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
# Characters that turn the reading direction of what follows; never wanted inside a name or an address.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(value: str) -> str:
    """Text PostgreSQL and mail can hold: no NUL or other control characters, no lone surrogates, NFC, CRLF as LF."""
    if value.isascii() and value.isprintable():
        return value
    value = _SURROGATE.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", _CONTROL.sub("", value))


def clean_line(value: str) -> str:
    """One line of clean text: white space folded, direction overrides dropped, ends trimmed."""
    return _SPACE.sub(" ", _DIRECTION.sub("", clean(value))).strip()


def sort_key(name: str) -> str:
    """A key by which names sort alike on every server: without accents and case, by code point.

    The database may have no ICU collation, so the order is stored rather than asked for.
    """
    folded = clean_line(name).casefold()
    if folded.isascii():
        return folded
    folded = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in folded if not unicodedata.combining(c))


def row_id(written: str) -> int | None:
    """The id of a row as an address or a form has it; None for what can be none."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else None


def uuid_of(written: str) -> UUID | None:
    """The id of a row that is drawn, as a form has it; None for what can be none."""
    try:
        return UUID(written)
    except ValueError:
        return None


def excerpt(value: str, length: int = 120) -> str:
    """The beginning of a text on one line, cut at a word where possible and marked with an ellipsis."""
    line = clean_line(value)
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, space, _tail = cut.rpartition(" ")
    return (head if space and len(head) > length // 2 else cut).rstrip(" ,.;:") + "…"
