"""Phrases the product itself puts into mails to customers and on the pages behind the links in them."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.utils import translation
from django.utils.dateformat import format as format_date

from customers.models import ConsentKind, Language

_TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Scale:
    """How the first question of a survey is put."""

    ask: str
    score: str
    link: str

    def asks(self, low: int, high: int, ends: tuple[str, str]) -> str:
        """Where the answer is given, with what the numbers mean."""
        words = {"from": str(low), "low": ends[0], "to": str(high), "high": ends[1]}
        return re.sub(r"\{(from|low|to|high)\}", lambda name: words[name[1]], self.ask)

    def says(self, score: int, high: int) -> str:
        """What a point means, for example “3 out of 10”."""
        return self.score.replace("{score}", str(score)).replace("{to}", str(high))


@dataclass(frozen=True)
class Asking:
    """How many questions a survey has, how long they take, and who reads the answers."""

    questions: dict[str, str]
    time: dict[str, str]
    readers: dict[str, str]
    confidential: dict[str, str]

    def says(self, *, is_one: bool, is_confidential: bool, tone: str) -> dict[str, str]:
        """The merge fields of invitations and reminders."""
        number = "one" if is_one else "several"
        readers = self.confidential if is_confidential else self.readers
        return {"questions": self.questions[number], "time": self.time[number], "readers": readers[tone]}


@dataclass(frozen=True)
class Page:
    """What the page behind the link says; those with several sentences have one for each kind of consent."""

    title: str
    about: str
    hint: str
    stop: str
    stop_all: str
    stopped_all: str
    late: str
    undo: str
    broken: str
    broken_text: str
    ask: dict[ConsentKind, str]
    stopped: dict[ConsentKind, str]
    kept: dict[ConsentKind, str]


@dataclass(frozen=True)
class Preferences:
    """What the page of wishes says; `link` leads to it."""

    link: str
    title: str
    intro: str
    kinds_title: str
    often: str
    channel: str
    language: str
    save: str
    nothing: str
    saved: str
    every: str
    kinds: dict[ConsentKind, str]
    sentences: dict[ConsentKind, str]
    cadences: dict[str, str]
    channels: dict[str, str]


@dataclass(frozen=True)
class RecapPhrases:
    """What a recap is about, by kind of conversation and tone, and how it says what was promised."""

    promised: str
    until: str
    headings: dict[str, str]
    about: dict[str, dict[str, str]]

    def about_what(self, kind: str, day: str, tone: str) -> str:
        """For example “our meeting on 24 November”."""
        return self.about[kind][tone].replace("{date}", day)

    def heading(self, part: str) -> str:
        """Over a part of a recap, with its colon."""
        return self.headings.get(part, self.promised)

    def promise(self, what: str, day: str) -> str:
        return self.until.replace("{date}", day).replace("{what}", what)


@dataclass(frozen=True)
class MeetingPhrases:
    """What an invitation says for the first time and when something changed, and the lines about when and where."""

    day: str
    new: dict[str, str]
    changed: dict[str, str]
    lines: dict[str, str]

    def line(self, name: str, value: str) -> str:
        """One of `when`, `where` and `about`, with the value behind it."""
        return self.lines[name].replace("{value}", value)


@dataclass(frozen=True)
class Phrases:
    language: str
    direction: str
    day: str
    why: str
    # Why a mail comes that needs no consent, by the kind of message.
    service: dict[str, str]
    unsubscribe: dict[ConsentKind, str]
    scale: Scale
    asking: Asking
    occasion: dict[str, dict[str, str]]
    years: dict[str, str]
    recap: RecapPhrases
    meeting: MeetingPhrases
    # The links by which a reader answers, and what the pages behind them say.
    answering: dict[str, str]
    recap_page: dict[str, str]
    promise_page: dict[str, str]
    page: Page
    preferences: Preferences

    def day_of(self, day: date) -> str:
        """Day and month as that language writes them; the year is left out."""
        with translation.override(self.language):
            return format_date(day, self.day)

    def weekday_of(self, day: date) -> str:
        """The same with the day of the week."""
        with translation.override(self.language):
            return format_date(day, self.meeting.day)

    def purchase(self, day: date, tone: str) -> str:
        return self.occasion["purchase"][tone].replace("{date}", self.day_of(day))

    def years_of(self, number: int) -> str:
        """So many years, as that language counts them."""
        return self.years.get(_number_word(number), self.years["other"]).replace("{count}", str(number))

    def thanked(self, what: str, tone: str) -> str:
        """What a note thanks for: `trust`, a `referral`, or patience after a complaint (`recovery`)."""
        return self.occasion[what][tone]


def _number_word(number: int) -> str:
    """By which name a language may have a word of its own for that many; only Arabic has all of them."""
    if number in (1, 2):
        return {1: "one", 2: "two"}[number]
    return "few" if 3 <= number % 100 <= 10 else "other"


@lru_cache(maxsize=len(Language))
def phrases_in(language: str) -> Phrases:
    """The phrases in that language; English for one the product does not speak."""
    spoken = language if language in Language.values else Language.ENGLISH.value
    written = tomllib.loads((_TEXTS / f"phrases.{spoken}.toml").read_text("utf-8"))
    return Phrases(
        language=spoken,
        scale=Scale(**written.pop("scale")),
        asking=Asking(**written.pop("asking")),
        recap=RecapPhrases(**written.pop("recap")),
        meeting=MeetingPhrases(**written.pop("meeting")),
        page=Page(**written.pop("page")),
        preferences=Preferences(**written.pop("preferences")),
        **written,
    )
