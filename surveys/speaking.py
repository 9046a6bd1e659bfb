"""The texts of a survey in the language of whoever reads them, and which of them are missing in which language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Language
from surveys.ends import Ends, usual_ends
from surveys.models import Question, Survey, Version

THANKS = ("thanks", "thanks_promoter", "thanks_passive", "thanks_detractor")
_OF_QUESTION = ("section", "text", "help_text", "low_label", "high_label")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a survey: its name within its row, and what it says in the survey's own language."""

    name: str
    own: str
    lines: int = 1


def texts_of(row: Question | Version) -> Iterator[Text]:
    """What can be translated of it; what is empty needs no translation."""
    names = THANKS if isinstance(row, Version) else _OF_QUESTION
    for name in names:
        if own := getattr(row, name):
            yield Text(name, own, 3 if isinstance(row, Version) else 1)
    if isinstance(row, Question):
        yield from (Text(f"choice-{choice['key']}", choice["text"]) for choice in row.choices)
        yield from (Text(f"line-{line['key']}", line["text"]) for line in row.lines)


def said(row: Question | Version, name: str, own: str, language: str) -> str:
    """The text of that name in the language, or else as it was written."""
    return row.translations.get(language, {}).get(name) or own


def in_language(row: Question | Version, language: str) -> dict[str, str]:
    """Its texts by their names, each in the language as far as it was translated."""
    return {text.name: said(row, text.name, text.own, language) for text in texts_of(row)}


def ends_of(question: Question, texts: dict[str, str], language: str) -> Ends:
    """The words at both ends of a scale: the question's own, or what is usual for its kind in that language."""
    low, high = usual_ends(question.kind, language)
    return texts.get("low_label") or low, texts.get("high_label") or high


def language_of(question: Question, survey: Survey, language: str) -> str:
    """The language the question is asked in when it is asked of somebody with that language."""
    return language if question.translations.get(language, {}).get("text") else survey.language


def thanks_for(version: Version, opinion: str | None, language: str) -> str:
    """What to say after an answer: the words for that opinion where there are some, else those for everybody."""
    texts = in_language(version, language)
    return texts.get(f"thanks_{opinion}") or texts.get("thanks", "")


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far a survey is translated into a language."""

    language: Language
    translated: int
    texts: int
    missing: list[str]

    @property
    def is_whole(self) -> bool:
        return self.translated == self.texts

    @property
    def is_begun(self) -> bool:
        return self.translated > 0


def completeness(version: Version, survey: Survey) -> list[Completeness]:
    """For every other language customers are written to, how many texts are there and which are missing."""
    rows: list[Any] = [*version.asked, version]
    return [_complete(rows, language) for language in Language if language != survey.language]


def _complete(rows: list[Any], language: Language) -> Completeness:
    texts = [(row, text) for row in rows for text in texts_of(row)]
    missing = [text.own for row, text in texts if not row.translations.get(language.value, {}).get(text.name)]
    return Completeness(language, len(texts) - len(missing), len(texts), missing)


def name_of(text: Text) -> str:
    """What people call this text."""
    kind = text.name.partition("-")[0]
    return {
        "section": _("Heading"),
        "text": _("Question"),
        "help_text": _("Help text"),
        "low_label": _("Words at the low end"),
        "high_label": _("Words at the high end"),
        "choice": _("Choice"),
        "line": _("Line"),
        "thanks": _("Thank-you text"),
        "thanks_promoter": _("Thank-you text for promoters"),
        "thanks_passive": _("Thank-you text for passives"),
        "thanks_detractor": _("Thank-you text for detractors"),
    }[kind]
