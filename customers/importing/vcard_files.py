"""Reading vCards of the versions 2.1, 3.0 and 4.0, one card at a time, as a table with a column for each property.

A property that comes several times has columns with numbers, each with its kind in a column before it.
"""

import io
import re
from collections.abc import Iterator
from quopri import decodestring
from typing import IO, Any

import vobject
from django.utils.translation import gettext as _
from vobject.base import VObjectError

from customers.importing.csv_files import readable, recognise_encoding
from customers.importing.tables import LONGEST_LINE, Line, Table, UnreadableFile
from customers.importing.values import in_one_cell
from retention_crm.lib import text

_SAMPLE = 200_000
LARGEST_CARD = 10_000_000
# Properties that come several times, and what their columns are called.
_MANY = {
    "EMAIL": "E-mail",
    "TEL": "Phone",
    "ADR": "Address",
    "URL": "Website",
    "IMPP": "Messenger",
    "X-ABDATE": "Date",
    "X-ABRELATEDNAMES": "Related",
    "RELATED": "Related",
    "X-SOCIALPROFILE": "Profile",
}
# About the card and not about the person.
_OF_THE_CARD = {"VERSION", "PRODID", "REV", "X-ABLABEL", "X-ABADR", "X-ABSHOWAS", "BEGIN", "END"}
_PICTURES = {"PHOTO", "LOGO", "SOUND", "KEY"}
# Words beside a value that do not tell one from another.
_NO_KIND = {"internet", "pref", "voice", "x-internet", "text", "1"}
_NAME_PARTS = (("family", "Family name"), ("given", "Given name"), ("additional", "Middle name"))
_NAME_SIDES = (("prefix", "Name prefix"), ("suffix", "Name suffix"))
_ADDRESS_PARTS = ("box", "extended", "street", "code", "city", "region", "country")
# How Android names a kind of its own.
_CUSTOM = re.compile(r";X-CUSTOM\((?:CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,)?([^)\n]*)\)")
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")


def open_vcard(file: IO[bytes], *, encoding: str = "") -> Table:
    """The cards of the file; the columns are complete when all of them are read."""
    sample = file.read(_SAMPLE)
    file.seek(0)
    if b"BEGIN" not in sample.upper().replace(b"\0", b""):
        raise UnreadableFile(_("There is no vCard in the file."))
    encoding = encoding or recognise_encoding(file, sample)
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    stream = io.TextIOWrapper(file, encoding=codec, errors="replace")
    columns: list[str] = []
    return Table(columns, _lines(stream, columns), {"format": "vcard", "encoding": encoding, "notes": []})


def _lines(stream: io.TextIOWrapper, columns: list[str]) -> Iterator[Line]:
    places: dict[str, int] = {}
    for number, card in _cards(stream):
        if len(card) > LARGEST_CARD:
            yield Line(number, [card[:1000]], _("The card is too large."))
            continue
        try:
            cells = _cells(card, places, columns)
        except (VObjectError, ValueError, LookupError, TypeError, AttributeError):
            yield Line(number, [readable(card[:1000])], _("The card is damaged and can not be read."))
        else:
            long = sum(map(len, cells)) > LONGEST_LINE
            reason = _("The line is longer than %(most)d characters.") % {"most": LONGEST_LINE} if long else ""
            yield Line(number, [cell[:1000] for cell in cells] if long else cells, reason)


def _cards(stream: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """Each card with the number of its first line; what stands between cards is nothing."""
    began, lines, size = 0, list[str](), 0
    for number, line in enumerate(stream, start=1):
        word = line.strip().upper()
        if word == "BEGIN:VCARD" and lines and not _is_within(lines):
            yield began, "".join(lines)
            lines = []
        if word == "BEGIN:VCARD" and not lines:
            began, size = number, 0
        if lines or word == "BEGIN:VCARD":
            size += len(line)
            if size <= LARGEST_CARD + len(line):
                lines.append(line)
            if word == "END:VCARD":
                yield began, "".join(lines)
                lines = []
    if lines:
        yield began, "".join(lines)


def _is_within(lines: list[str]) -> bool:
    """Whether a card that begins here belongs to the one before, as an agent's of version 2.1 does."""
    return lines[-1].strip().upper().startswith("AGENT")


def _cells(card: str, places: dict[str, int], columns: list[str]) -> list[str]:
    found: dict[str, str] = {}
    read = next(vobject.readComponents(_CUSTOM.sub(_in_quotes, card), allowQP=True))
    if read.name != "VCARD":
        raise ValueError(read.name)
    labels = {line.group: _apple(line.value) for line in read.lines() if line.name == "X-ABLABEL"}
    # What is preferred comes first.
    for line in sorted(read.lines(), key=lambda line: not _is_preferred(line)):
        _put(found, line, labels)
    for name in found:
        if name not in places:
            places[name] = len(columns)
            columns.append(name)
    cells = [""] * len(columns)
    for name, value in found.items():
        cells[places[name]] = text.clean(value).strip()
    return cells


def _put(found: dict[str, str], line: Any, labels: dict[str, str]) -> None:
    """One property into its columns; what is said twice of what there is only one stands one below the other."""
    name, value = line.name, line.value
    if name in _OF_THE_CARD:
        return
    if name == "N":
        for part, column in (*_NAME_PARTS, *_NAME_SIDES):
            found[column] = _words(getattr(value, part))
    elif name == "ORG":
        company, *units = [_words(part) for part in (value if isinstance(value, list) else [value])]
        found.setdefault("Company", company)
        _add(found, "Department", ", ".join(filter(None, units)))
    elif name == "CATEGORIES":
        _add(found, name, in_one_cell(list(map(str, value))))
    elif name in _PICTURES:
        _add(found, name, _("(not text)"))
    elif name in _MANY:
        _put_one_of_many(found, _MANY[name], _address(value) if name == "ADR" else _words(value), _kind(line, labels))
    else:
        _add(found, name, _words(value))


def _put_one_of_many(found: dict[str, str], name: str, value: str, kind: str) -> None:
    value = re.sub(r"^(?:tel|mailto):", "", value, flags=re.IGNORECASE)
    if not value:
        return
    number = next(number for number in range(1, 1000) if f"{name} {number}" not in found)
    found[f"{name} {number}: kind"] = kind
    found[f"{name} {number}"] = value


def _add(found: dict[str, str], name: str, value: str) -> None:
    if value:
        found[name] = f"{found[name]}\n{value}" if found.get(name) else value


def _words(value: Any) -> str:
    if isinstance(value, bytes):
        return str(_("(not text)"))
    return ", ".join(filter(None, map(str, value))) if isinstance(value, list) else str(value)


def _address(value: Any) -> str:
    parts = [_words(getattr(value, part)).strip() for part in _ADDRESS_PARTS]
    return ", ".join(filter(None, parts))


def _parameters(line: Any) -> list[str]:
    """The words beside a value, however the version of the card writes them."""
    typed = [word for value in line.params.get("TYPE", []) for word in value.strip('"').split(",")]
    return [*typed, *line.singletonparams]


def _is_preferred(line: Any) -> bool:
    return "PREF" in line.params or "pref" in (word.lower() for word in _parameters(line))


def _kind(line: Any, labels: dict[str, str]) -> str:
    if line.group in labels:
        return labels[line.group]
    words = dict.fromkeys(word.lower() for word in _parameters(line))
    return " ".join(word for word in words if word not in _NO_KIND).capitalize()


def _in_quotes(custom: re.Match[str]) -> str:
    kind = decodestring(custom[1]).decode("utf-8", "replace")
    return f';TYPE="{kind.replace(chr(34), "")}"'


def _apple(label: str) -> str:
    return _APPLE_LABEL.sub(r"\1", label)
