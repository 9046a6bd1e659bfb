"""Names for the demo's customers and people, from many cultures and scripts."""

import functools
import itertools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from retention_crm.lib import text

_SOURCE = Path(__file__).with_name("cultures.toml")
# Letters that do not decompose into a plain letter and an accent.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "'": "", "’": "", "-": ""})


@dataclass(frozen=True, slots=True)
class Name:
    """A part of a name as it is written, and in plain Latin letters for a mail address."""

    written: str
    latin: str


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    given: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Culture:
    key: str
    language: str
    zones: tuple[str, ...]
    phone: str
    given: tuple[Name, ...]
    family: tuple[Name, ...]
    trade: tuple[str, ...]
    town: tuple[str, ...]
    company: tuple[str, ...]
    family_first: bool
    # Some of its zones are west of Europe, where a day ends later.
    west: bool

    def person(self, random: Random, family: Name | None = None) -> Person:
        """A person of that name, or of any family; the mailbox is the part before the @."""
        given = random.choice(self.given)
        family = family or random.choice(self.family)
        name = f"{family.written} {given.written}" if self.family_first else f"{given.written} {family.written}"
        return Person(name, given.written, f"{given.latin}.{family.latin}")

    def business(self, random: Random) -> tuple[str, Name]:
        """The name of a company and of the family that runs it."""
        family = random.choice(self.family)
        pattern = random.choice(self.company)
        name = pattern.format(family=family.written, trade=random.choice(self.trade), town=random.choice(self.town))
        return name, family

    def phone_number(self, random: Random) -> str:
        """From a range kept for fiction, or with the country code 999, which nobody has."""
        return "".join(str(random.randrange(10)) if c == "#" else c for c in self.phone)


def _names(listed: str) -> tuple[Name, ...]:
    return tuple(_name(entry) for entry in _words(listed))


def _name(entry: str) -> Name:
    written, _, latin = entry.partition("/")
    return Name(written, latin or _latin(written))


def _latin(written: str) -> str:
    return "".join(c for c in text.sort_key(written).translate(_PLAIN) if c.isascii() and c.isalnum())


def _words(listed: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in listed.split(","))


def _culture(key: str, source: dict[str, Any]) -> Culture:
    return Culture(
        key=key,
        language=source["language"],
        zones=tuple(source["zones"]),
        phone=source["phone"],
        given=_names(source["given"]),
        family=_names(source["family"]),
        trade=_words(source["trade"]),
        town=_words(source["town"]),
        company=tuple(source["company"]),
        family_first=source.get("family_first", False),
        west=source.get("west", False),
    )


@functools.cache
def cultures() -> dict[str, Culture]:
    """All of them, by key."""
    return {key: _culture(key, source) for key, source in tomllib.loads(_SOURCE.read_text("utf-8")).items()}


@functools.cache
def _wheel() -> tuple[tuple[Culture, ...], tuple[int, ...]]:
    weights = (source["weight"] for source in tomllib.loads(_SOURCE.read_text("utf-8")).values())
    return tuple(cultures().values()), tuple(itertools.accumulate(weights))


def any_culture(random: Random) -> Culture:
    """One of them, by its weight."""
    all_of_them, weights = _wheel()
    return random.choices(all_of_them, cum_weights=weights)[0]
