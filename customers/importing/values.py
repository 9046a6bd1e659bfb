"""Single values of a file: what they mean, or in a sentence why they mean nothing."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator, validate_email
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from customers.importing.records import Refused
from customers.models import Channel, CustomField, Language, Stage, Tag, Tone
from retention_crm.lib import clock, text, workdays

_YES = {"yes", "y", "true", "1", "x", "on", "ja", "j", "wahr", "opted in", "opt in", "subscribed", "granted", "allowed"}
_NO = {"no", "n", "false", "0", "off", "nein", "falsch", "opted out", "opt out", "unsubscribed", "denied", "withdrawn"}
# Several values of one cell, as Google and people write them.
_BETWEEN = re.compile(r"\s*(?: ::: |;|\n)\s*")
_BETWEEN_ADDRESSES = re.compile(r"\s*(?: ::: |[;,\n])\s*")
_WITH_NAME = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>")
# What has one of these signs in it stands in quotation marks, which are doubled within.
_TAG = re.compile(r'\s*"((?:[^"]|"")+)"(?=\s*(?:[,;\n]| ::: |$))| ::: |((?:(?! ::: )[^,;\n])+)')
_BETWEEN_TAGS = re.compile(r'[,;\n"]| ::: ')
LONGEST_TAG = Tag._meta.get_field("name").max_length or 0
MOST_TAGS = 50
# With a point before the decimals as programs write it, then as people do in English and in most other languages; what
# is a thousand to one and a little more than one to another is taken for neither.
_TWO_WAYS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")
_ENGLISH_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}")
_OTHER_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}|0,[0-9]+|[0-9]{4,},[0-9]+|[0-9]+,(?![0-9]{3}$)[0-9]+)"
)
_BETWEEN_THOUSANDS = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))")
_fits = DecimalValidator(CustomField.MOST_DIGITS, CustomField.MOST_DECIMALS)
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


def _by_words(choices: type[TextChoices]) -> dict[str, str]:
    return {text.sort_key(str(word)): choice.value for choice in choices for word in (choice.value, choice.label)}


_STAGES, _TONES, _CHANNELS = _by_words(Stage), _by_words(Tone), _by_words(Channel)


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
    return _chosen(cell, _STAGES, Stage, _("%(value)s is no stage. There are: %(known)s."))


def tone(cell: str) -> str:
    return _chosen(cell, _TONES, Tone, _("%(value)s is no tone. There are: %(known)s."))


def channel(cell: str) -> str:
    return _chosen(cell, _CHANNELS, Channel, _("%(value)s is no way to reach somebody. There are: %(known)s."))


def _chosen(cell: str, known: dict[str, str], choices: type[TextChoices], words: str) -> str:
    try:
        return known[text.sort_key(cell)]
    except KeyError:
        labels = ", ".join(str(label) for label in choices.labels)
        raise Refused(words % {"value": quoted(cell), "known": labels}) from None


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


def tags(cell: str) -> list[str]:
    """The names of tags in a cell, each once."""
    plain = (marked.replace('""', '"') or bare for marked, bare in _TAG.findall(cell))
    names = list(dict.fromkeys(name for name in map(text.clean_line, plain) if text.sort_key(name)))
    for name in names:
        if len(name) > LONGEST_TAG:
            words = _("“%(name)s” is too long for a tag; it may have %(limit)d characters.")
            raise Refused(words % {"name": text.excerpt(name, 30), "limit": LONGEST_TAG})
    if len(names) > MOST_TAGS:
        raise Refused(
            _("There are %(number)d tags; there may be %(most)d.") % {"number": len(names), "most": MOST_TAGS}
        )
    return names


def in_one_cell(names: list[str]) -> str:
    """Tags as `tags` reads them."""
    return ", ".join(
        f'"{name.replace(chr(34), chr(34) * 2)}"' if _BETWEEN_TAGS.search(name) else name for name in names
    )


def own(field: CustomField, cell: str) -> Any:
    """What one of the company's own fields holds then, as it is stored; of all kinds but days."""
    match field.kind:
        case CustomField.Kind.NUMBER:
            return field.stored(number(cell, field.name))
        case CustomField.Kind.CHOICE:
            return _choice(field, cell)
        case CustomField.Kind.YES_NO:
            return is_yes(cell)
    return field.stored(line(cell, field.name, field.LONGEST_TEXT))


def number(cell: str, name: Any) -> Decimal:
    written = _BETWEEN_THOUSANDS.sub("", cell.replace("\u2212", "-"))
    if _TWO_WAYS.fullmatch(written):
        words = _("%(name)s: %(value)s can be a thousand or a decimal. Write 1250, or 1.2500.")
        raise Refused(words % {"name": name, "value": quoted(cell)})
    if _ENGLISH_NUMBER.fullmatch(written):
        written = written.replace(",", "")
    elif _OTHER_NUMBER.fullmatch(written):
        written = written.replace(".", "").replace(",", ".")
    elif not _PLAIN_NUMBER.fullmatch(written):
        words = _("%(name)s: %(value)s is no number that is understood, such as 12, 12.5 or 1,250.50.")
        raise Refused(words % {"name": name, "value": quoted(cell)})
    found = Decimal(written).normalize()
    try:
        _fits(found)
    except ValidationError:
        words = _("%(name)s: %(value)s has too many digits.")
        raise Refused(words % {"name": name, "value": quoted(cell)}) from None
    return found


def unmistakable(number: str) -> str:
    """A number as a program writes it, so that `number` can not take it for a thousand times as much."""
    return f"{number}0" if _TWO_WAYS.fullmatch(number) else number


def _choice(field: CustomField, cell: str) -> str:
    if cell in field.choices:
        return cell
    alike = {text.sort_key(choice): choice for choice in field.choices}
    try:
        return str(alike[text.sort_key(cell)])
    except KeyError:
        words = _("%(name)s: %(value)s can not be chosen. There are: %(known)s.")
        known = text.excerpt(", ".join(field.choices), 300)
        raise Refused(words % {"name": field.name, "value": quoted(cell), "known": known}) from None


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
