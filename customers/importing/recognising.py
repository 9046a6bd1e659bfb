"""Recognising by their names where the columns of a file go."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from customers.importing.targets import DAYS, MANY, NAMING, Target
from customers.models import CustomField
from retention_crm.lib import text

PLAIN = "plain"
# What our own export is called among the layouts.
OURS = "ours"
# The last column of the files with refused lines, which are imported again when they are mended.
REASON_COLUMN = "Why it was refused"
_LAYOUTS = Path(__file__).with_name("layouts.toml")
_SIGNS = re.compile(r"[^a-z#]+")
_NUMBERS = re.compile(r"[0-9]+")


@cache
def layouts() -> dict[str, Any]:
    return tomllib.loads(_LAYOUTS.read_text(encoding="utf-8"))


def layout_label(layout: str) -> str:
    """The name of the system whose layout it is; empty for none in particular."""
    return str(layouts().get(layout, {}).get("label", ""))


def recognise(
    columns: list[dict[str, Any]], kind: str, own: Iterable[CustomField] = ()
) -> tuple[str, list[dict[str, str]]]:
    """The layout of the file and where each of its columns goes; of what there can be only one the first is taken.

    `own` are the company's own fields.
    """
    names = [_simple(column["name"]) for column in columns]
    layout = "vcard" if kind == "vcard" else _layout(names)
    by_name = _places(layout)
    by_own = {place: field for field in own for place in _places_of(field, columns, names, by_name)}
    days = {*DAYS, *(field.column for field in by_own.values() if field.kind == CustomField.Kind.DATE)}
    taken: set[str] = set()
    mapping = []
    for place, (column, name) in enumerate(zip(columns, names, strict=True)):
        is_ours = column["name"] == REASON_COLUMN or not column["filled"]
        target = "" if is_ours else by_own[place].column if place in by_own else _target(name, layout, by_name)
        if target in taken and target not in MANY:
            target = Target.NOTE.value if layouts()[layout]["rest"] else ""
        taken.add(target)
        mapping.append({"target": target, "order": day_order(column) if target in days else ""})
    return layout, mapping


def _places_of(
    field: CustomField, columns: list[dict[str, Any]], names: list[str], by_name: dict[str, str]
) -> list[int]:
    """The column named like the field, if there is one; of several the last, as what we call so ourselves is first."""
    key = text.sort_key(field.name)
    alike = [place for place, column in enumerate(columns) if text.sort_key(column["name"]) == key]
    places = [place for place in alike if columns[place]["name"] == field.name] or alike
    if len(places) == 1 and (names[places[0]] in _our_names() or by_name.get(names[places[0]]) in NAMING):
        return []
    return places[-1:]


@cache
def _our_names() -> set[str]:
    return {name for names in layouts()[OURS]["columns"].values() for name in names}


def _target(name: str, layout: str, by_name: dict[str, str]) -> str:
    if name in by_name:
        return by_name[name]
    return str(layouts()[layout]["rest"] if not name.startswith("column #") else "")


def _layout(names: list[str]) -> str:
    def marked(layout: str) -> int:
        return len(set(layouts()[layout]["marks"]) & set(names))

    best = max(layouts(), key=marked)
    return best if marked(best) >= layouts()[best]["needed"] else PLAIN


def _places(layout: str) -> dict[str, str]:
    """Targets by the simple names of columns; what a layout does not know by a name of its own may have a plain one."""
    found: dict[str, str] = {}
    # What a layout keeps whole is not taken for something else by a plain name.
    for source in [layout] if layouts()[layout]["rest"] else [PLAIN, layout]:
        for target, names in layouts()[source]["columns"].items():
            found |= dict.fromkeys(names, "" if target == "left_out" else target)
    return found


def _simple(name: str) -> str:
    """A name without case, accents and signs, with # for each number."""
    numbered = _NUMBERS.sub(" # ", text.sort_key(name).replace("#", " "))
    return _SIGNS.sub(" ", numbered).strip()


def day_order(column: dict[str, Any]) -> str:
    """`day` or `month`, whichever comes first in the days of a column; empty if nobody can tell by looking at it."""
    if not column["days"]:
        return "none"
    if column["first"] > 12 >= column["second"]:
        return "day"
    return "month" if column["second"] > 12 >= column["first"] else ""
