"""Recognising by their names where the columns of a file go."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from customers.importing.targets import DAYS, MANY, Target
from retention_crm.lib import text

PLAIN = "plain"
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


def recognise(columns: list[dict[str, Any]], kind: str) -> tuple[str, list[dict[str, str]]]:
    """The layout of the file and where each of its columns goes; of what there can be only one the first is taken."""
    names = [_simple(column["name"]) for column in columns]
    layout = "vcard" if kind == "vcard" else _layout(names)
    by_name = _places(layout)
    taken: set[str] = set()
    mapping = []
    for column, name in zip(columns, names, strict=True):
        is_ours = column["name"] == REASON_COLUMN or not column["filled"]
        target = "" if is_ours else _target(name, layout, by_name)
        if target in taken and target not in MANY:
            target = Target.NOTE.value if layouts()[layout]["rest"] else ""
        taken.add(target)
        mapping.append({"target": target, "order": day_order(column) if target in DAYS else ""})
    return layout, mapping


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
