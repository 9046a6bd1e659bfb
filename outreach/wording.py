"""What a message says: merge fields, their substitution, built-in texts and the company's own.

Texts edited by users go through a flat substitution of names from a dictionary of strings and through nothing else: no
template engine, no attributes, no indexes, no formats, and a value is never looked at again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nh3
from django.conf import settings
from django.utils.functional import Promise
from django.utils.html import conditional_escape, urlize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Language, Tone
from outreach.models import CUSTOMER_KINDS, MessageKind, Wording
from retention_crm.lib.text import clean

_TEXTS = Path(__file__).parent / "texts"

type Descriptions = dict[str, str | Promise]

_COMMON: Descriptions = {
    "preferred_name": _("how they like to be addressed"),
    "company": _("our company's name"),
}
_OF_CUSTOMERS: Descriptions = {
    **_COMMON,
    "name": _("their full name"),
    "customer": _("the customer's name, often a company"),
    "sender": _("the owner's name"),
}
_OF_SURVEYS: Descriptions = {
    **_OF_CUSTOMERS,
    "question": _("the survey's question"),
    "questions": _("how many there are: one question, or a few questions"),
    "time": _("how long it takes, for example less than a minute"),
    "readers": _("I read every answer myself; or that it stays confidential, where it does"),
    "scores": _("the buttons from 0 to 10 with the link below them (needed, or survey_link)"),
    "survey_link": _("the address of the survey, different for each person"),
}
_OF_RECAPS: Descriptions = {
    **_OF_CUSTOMERS,
    "meeting": _("what it is about, as in “thank you for {meeting}”: our meeting on 24 November"),
    "recap": _("what was talked about and promised, as whoever sends it wrote it down (needed)"),
}
_OF_MEETINGS: Descriptions = {
    **_OF_CUSTOMERS,
    "topic": _("what it is about, as the meeting is called"),
    "when": _("day and time by their clock"),
}
_OF_STAFF: Descriptions = {
    **_COMMON,
    "summary": _("how many of what, in words"),
    "day": _("the day, for example Thursday 26 November"),
    "list": _("the list itself, with links (needed)"),
}
FIELDS: dict[MessageKind, Descriptions] = {
    MessageKind.BIRTHDAY: _OF_CUSTOMERS,
    MessageKind.ANNIVERSARY: {**_OF_CUSTOMERS, "years": _("for how long, for example 5 years")},
    MessageKind.EVENT: {**_OF_CUSTOMERS, "event": _("what the day is, as it is written with the contact")},
    MessageKind.THANK_YOU: {**_OF_CUSTOMERS, "occasion": _("what we thank for, as in “thank you for {occasion}”")},
    MessageKind.RECOMMEND: _OF_CUSTOMERS,
    MessageKind.SURVEY: _OF_SURVEYS,
    MessageKind.REMINDER: _OF_SURVEYS,
    MessageKind.YOU_SAID: {
        **_OF_CUSTOMERS,
        "wish": _("what they wished for, as it was noted"),
        "outcome": _("what became of it, as it was written when it was closed (needed)"),
    },
    MessageKind.NOTICE: {
        **_OF_CUSTOMERS,
        "title": _("what it is, as the notice is called"),
        "notice": _("what it means for them, as it was written in the notice (needed)"),
    },
    MessageKind.INTRODUCTION: {**_OF_CUSTOMERS, "former": _("who looked after them before (needed)")},
    MessageKind.PROMISE_KEPT: {**_OF_CUSTOMERS, "promise": _("what we promised, as it was noted (needed)")},
    MessageKind.LETTER: _OF_CUSTOMERS,
    MessageKind.MEETING: {
        **_OF_MEETINGS,
        "news": _("that we would like to meet, or that something changed"),
        "details": _("when, where and what about, in lines (needed)"),
    },
    MessageKind.MEETING_OFF: _OF_MEETINGS,
    MessageKind.RECAP: _OF_RECAPS,
    MessageKind.OVERDUE_DIGEST: _OF_STAFF,
    MessageKind.URGENT: _OF_STAFF,
    MessageKind.WEEKLY: _OF_STAFF,
    MessageKind.ESCALATION: _OF_STAFF,
}
KNOWN = frozenset(name for fields in FIELDS.values() for name in fields)
# At least one of these has to stand in the text and in the HTML, or the mail would be pointless.
REQUIRED: dict[MessageKind, tuple[str, ...]] = {
    MessageKind.SURVEY: ("scores", "survey_link"),
    MessageKind.REMINDER: ("scores", "survey_link"),
    MessageKind.MEETING: ("details",),
    MessageKind.MEETING_OFF: ("when",),
    MessageKind.RECAP: ("recap",),
    MessageKind.YOU_SAID: ("outcome",),
    MessageKind.NOTICE: ("notice",),
    MessageKind.INTRODUCTION: ("former",),
    MessageKind.PROMISE_KEPT: ("promise",),
    MessageKind.OVERDUE_DIGEST: ("list",),
    MessageKind.URGENT: ("list",),
    MessageKind.WEEKLY: ("list",),
    MessageKind.ESCALATION: ("list",),
}
# Several lines or an address of a person's own: not for the subject.
NOT_IN_SUBJECT = frozenset({"scores", "survey_link", "list", "recap", "outcome", "notice", "details"})
# What is needed in their wordings may be written out in a text for one message.
MAY_BE_WRITTEN_OUT = frozenset({MessageKind.RECAP})


class UnknownField(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no merge field {{{name}}}.")
        self.name = name


class MissingField(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"The merge field {{{name}}} has no value here.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Text:
    """The texts of a mail before they are filled; `language` is the one they are written in."""

    subject: str
    text: str
    html: str
    language: str = Language.ENGLISH
    is_own: bool = False


_MARKS = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})\}")
_BRACE = re.compile(r"\{[^{}\n]{0,60}\}?|\}")


@lru_cache(maxsize=512)
def parse(template: str) -> tuple[str, ...]:
    """Literal, field, literal, field, …, literal: always an odd number of parts, names at the odd places."""
    parts: list[str] = []
    literal: list[str] = []
    end = 0
    for mark in _MARKS.finditer(template):
        literal.append(template[end : mark.start()])
        end = mark.end()
        if mark[1] is None:
            literal.append(mark[0][0])
        else:
            parts += ["".join(literal), mark[1]]
            literal = []
    literal.append(template[end:])
    return (*parts, "".join(literal))


def fill(template: str, values: Mapping[str, str], *, html: bool) -> str:
    """The template with its merge fields replaced; with `html`, values are escaped unless they are marked safe.

    `{{` and `}}` stand for braces; anything else between braces is text. Raises UnknownField for a name that no kind of
    message has, and MissingField if the value is absent or empty.
    """
    return fill_parts(parse(template), values, html=html)


def fill_parts(parts: tuple[str, ...], values: Mapping[str, str], *, html: bool) -> str:
    """The same for a template that is parsed already."""
    filled = list(parts)
    for place in range(1, len(parts), 2):
        name = parts[place]
        value = values.get(name, "")
        if not value or value.isspace():
            raise MissingField(name) if name in KNOWN or name in values else UnknownField(name)
        filled[place] = conditional_escape(value) if html else value
    return "".join(filled)


def fields_in(template: str) -> frozenset[str]:
    return frozenset(parse(template)[1::2])


def literal(text: str) -> str:
    """The text as a template says it: its braces doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def write_out(template: str, name: str, value: str) -> str:
    """The template with the value in the place of one field; its other fields stay fields."""
    parts = parse(template)
    return "".join(
        literal(part) if place % 2 == 0 else literal(value) if part == name else f"{{{part}}}"
        for place, part in enumerate(parts)
    )


def _stray_braces(template: str) -> list[str]:
    return [found[0] for found in _BRACE.finditer(_MARKS.sub("", template))]


_TAGS = {"p", "br", "strong", "b", "em", "i", "u", "a", "ul", "ol", "li", "h1", "h2", "h3", "blockquote", "hr", "span"}
_LINK = re.compile(r"(https?://|mailto:)[^{}\s]+|\{survey_link\}")


def sanitise(fragment: str) -> tuple[str, list[str]]:
    """The fragment with only simple elements and harmless links, and the link addresses that were taken out.

    A link is a fixed http, https or mailto address or exactly `{survey_link}`: customer data never makes an address.
    """
    refused: list[str] = []

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute != "href" or _LINK.fullmatch(value.strip()):
            return value
        refused.append(value)
        return None

    cleaned = nh3.clean(
        clean(fragment),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "*": {"dir", "lang"}},
        attribute_filter=keep,
        # The filter above decides; a relative address has no scheme to look at.
        url_schemes={"http", "https", "mailto"},
        url_relative="pass_through",
    )
    return cleaned, refused


_PARAGRAPHS = re.compile(r"\n\s*\n")


def plain(subject: str, text: str, language: str) -> Text:
    """A text somebody wrote without HTML: its paragraphs, lines and addresses are those of the HTML part, too."""
    parts = [part.strip() for part in _PARAGRAPHS.split(text.strip())]
    return Text(subject, text, "\n".join(map(_paragraph, parts)), language, is_own=True)


def _paragraph(part: str) -> str:
    if part == "{scores}":
        return part
    if part == "{recap}":
        return f'<p dir="auto">{part}</p>'
    lines = urlize(part, autoescape=True).replace("\n", "<br>")
    return f"<p>{lines.replace('{survey_link}', '<a href="{survey_link}">{survey_link}</a>')}</p>"


def problems(
    kind: MessageKind, subject: str, text: str, html: str, *, is_for_one: bool = False
) -> dict[str, list[str]]:
    """What is wrong with a text before it is saved, in words, by the name of the part; `html` is sanitised already.

    `is_for_one` is for the text of one message, which is nobody else's wording.
    """
    found: dict[str, list[str]] = {"subject": [], "text": [], "html": []}
    for part, template in (("subject", subject), ("text", text), ("html", html)):
        found[part] += _wrong_fields(kind, template, in_subject=part == "subject")
        needed = () if is_for_one and kind in MAY_BE_WRITTEN_OUT else REQUIRED.get(kind, ())
        if part != "subject" and needed and not fields_in(template) & set(needed):
            names = gettext(" or ").join(f"{{{name}}}" for name in needed)
            found[part].append(
                gettext("Put %(names)s where it belongs; the mail is pointless without it.") % {"names": names}
            )
    return {part: sentences for part, sentences in found.items() if sentences}


def _wrong_fields(kind: MessageKind, template: str, *, in_subject: bool) -> Iterable[str]:
    allowed = ", ".join(f"{{{name}}}" for name in FIELDS[kind])
    for name in sorted(fields_in(template) - FIELDS[kind].keys()):
        yield gettext("There is no merge field {%(name)s} here. Known are: %(allowed)s.") % {
            "name": name,
            "allowed": allowed,
        }
    for stray in _stray_braces(template)[:5]:
        yield gettext("“%(stray)s” is not a merge field. To write a brace, double it: {{ or }}.") % {"stray": stray}
    if in_subject:
        for name in sorted(fields_in(template) & NOT_IN_SUBJECT):
            yield gettext("{%(name)s} does not fit into a subject.") % {"name": name}


def variants(kind: MessageKind) -> list[tuple[Language, Tone]]:
    """The languages and tones a kind can be worded in; colleagues are written to as friends, in those of the pages."""
    if kind not in CUSTOMER_KINDS:
        return [(Language(code), Tone.FRIENDLY) for code, _name in settings.LANGUAGES]
    return [(language, tone) for language in Language for tone in Tone]


@lru_cache(maxsize=128)
def built_in(kind: str, language: str, tone: str) -> Text | None:
    """The text that comes with the product, if there is one for exactly that language and tone."""
    stem = f"{kind}.{language}.{tone}"
    if not (_TEXTS / f"{stem}.subject.txt").exists():
        return None
    subject, text, html = ((_TEXTS / f"{stem}.{part}").read_text("utf-8") for part in ("subject.txt", "txt", "html"))
    return Text(subject.strip(), text, html, language)


class Wordings:
    """The company's own texts, loaded at once; chooses the text for a message."""

    def __init__(self, rows: Iterable[Wording]) -> None:
        self._own = {
            (row.kind, row.language, row.tone): Text(row.subject, row.text, row.html, row.language, is_own=True)
            for row in rows
        }

    @classmethod
    def load(cls) -> "Wordings":
        """All own texts, in one query."""
        return cls(Wording.objects.all())

    def own(self, kind: str, language: str, tone: str) -> Text | None:
        return self._own.get((kind, language, tone))

    def text_for(self, kind: str, language: str, tone: str) -> Text:
        """The text to use: the language counts for more than the tone, an own text for more than a built-in one.

        Own text in the language and tone; own in the other tone; built-in in the language and tone; built-in in the
        other tone; then the same in English.
        """
        other = Tone.FRIENDLY if tone == Tone.FORMAL else Tone.FORMAL
        for tongue in dict.fromkeys((language, Language.ENGLISH)):
            for source in (self.own, built_in):
                for manner in (tone, other):
                    if text := source(kind, tongue, manner):
                        return text
        raise LookupError(f"No text comes with the product for messages of the kind {kind!r}.")


def text_for(kind: str, language: str, tone: str) -> Text:
    """The text to use for one message; a batch loads `Wordings` once instead."""
    return Wordings.load().text_for(kind, language, tone)
