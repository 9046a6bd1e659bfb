"""Single values of a file: what they mean, or in a sentence why they mean nothing."""

import re
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from customers.importing.records import Refused
from customers.models import Language, Stage
from retention_crm.lib import clock, text, workdays

_YES = {"yes", "y", "true", "1", "x", "on", "ja", "j", "wahr", "opted in", "opt in", "subscribed", "granted", "allowed"}
_NO = {"no", "n", "false", "0", "off", "nein", "falsch", "opted out", "opt out", "unsubscribed", "denied", "withdrawn"}
# Several values of one cell, as Google and people write them.
_BETWEEN = re.compile(r"\s*(?: ::: |;|\n)\s*")
_BETWEEN_ADDRESSES = re.compile(r"\s*(?: ::: |[;,\n])\s*")
_WITH_NAME = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>")
LANGUAGES = {
    **{str(value): str(value) for value in Language.values},
    "english": "en",
    "englisch": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "francais": "fr",
    "franzosisch": "fr",
    "spanish": "es",
    "espanol": "es",
    "spanisch": "es",
    "swedish": "sv",
    "svenska": "sv",
    "schwedisch": "sv",
    "arabic": "ar",
    "arabisch": "ar",
    "japanese": "ja",
    "japanisch": "ja",
}
_STAGES = {text.sort_key(str(word)): stage.value for stage in Stage for word in (stage.value, stage.label)}


def quoted(value: str) -> str:
    return f"“{text.excerpt(value, 60)}”"


def several(cell: str) -> list[str]:
    return [part for part in _BETWEEN.split(cell) if part]


@lru_cache(maxsize=10_000)
def addresses(cell: str) -> tuple[str, ...]:
    """The mail addresses of a cell; also in the form of “Name <address>”."""
    found = []
    for part in _BETWEEN_ADDRESSES.split(cell):
        address = _WITH_NAME.sub(r"\1", part).strip()
        try:
            validate_email(address)
        except ValidationError:
            if part:
                raise Refused(_("%(value)s is no e-mail address.") % {"value": quoted(part)}) from None
            continue
        if len(address) > 254:
            raise Refused(_("The e-mail address %(value)s is too long.") % {"value": quoted(address)})
        found.append(address)
    return tuple(found)


def is_yes(cell: str) -> bool:
    word = text.sort_key(cell)
    if word in _YES or word in _NO:
        return word in _YES
    raise Refused(_("%(value)s says neither yes nor no.") % {"value": quoted(cell)})


def language(cell: str) -> str:
    """The code of a language we write in; empty for all others."""
    word = text.sort_key(cell)
    return LANGUAGES.get(word) or LANGUAGES.get(re.split(r"[-_]", word)[0], "")


def time_zone(cell: str) -> str:
    return cell if cell in clock.zone_names() else ""


def stage(cell: str) -> str:
    try:
        return str(_STAGES[text.sort_key(cell)])
    except KeyError:
        known = ", ".join(str(label) for label in Stage.labels)
        words = _("%(value)s is no stage. There are: %(known)s.")
        raise Refused(words % {"value": quoted(cell), "known": known}) from None


def cadence(cell: str) -> int:
    days = int(cell) if cell.isascii() and cell.isdecimal() and len(cell) < 6 else 0
    if not 1 <= days <= 3650:
        raise Refused(_("%(value)s is no cadence: it has to be 1 to 3650 days.") % {"value": quoted(cell)})
    return days


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    names = {text.sort_key(name): code for code, name in workdays.countries().items()}
    codes = {code.casefold(): code for code in workdays.countries()}
    german = {"deutschland": "DE", "osterreich": "AT", "schweiz": "CH", "schweden": "SE", "uk": "GB", "usa": "US"}
    others = {"united states of america": "US", "czech republic": "CZ", "the netherlands": "NL", "great britain": "GB"}
    return names | codes | german | others


def country(cell: str) -> str:
    """The two letters of a country; empty for one that is not known."""
    return _countries().get(text.sort_key(cell), "")


def line(cell: str, name: Any, limit: int) -> str:
    """One line of text that is not too long for its field."""
    value = text.clean_line(cell)
    if len(value) > limit:
        raise Refused(too_long(name, value, limit))
    return value


def note(cell: str, name: Any, limit: int) -> str:
    value = text.clean(cell).strip()
    if len(value) > limit:
        raise Refused(too_long(name, value, limit))
    return value


def too_long(name: Any, value: str, limit: int) -> str:
    words = _("%(name)s has %(length)d characters; there may be %(limit)d.")
    return words % {"name": name, "length": len(value), "limit": limit}
