"""The sheet somebody fills in: the questions in their language, on pages, with what they gave and what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from surveys.branching import COMPARABLE, YES, Value, asked
from surveys.models import Kind, Question, Version
from surveys.reading import Given, RefusedError, field_of, read, what_is_missing, written
from surveys.speaking import ends_of, in_language, language_of

# A survey with more questions than that, and with sections, has a page for each section.
SHORT = 5


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: what is posted, what it says, the id of its control, and whether it is chosen."""

    value: str
    text: str
    pk: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a matrix with its own options."""

    field: str
    text: str
    options: list[Option]


@dataclass
class Shown:
    """A question as it stands on the page."""

    question: Question
    field: str
    texts: dict[str, str]
    language: str
    # The language of whoever reads it, in which it may not be asked.
    reader: str
    given: Given
    error: str = ""
    # When it is shown, for those without script; and the field and kind the rule is about, for the script.
    only_if: str = ""
    rule_field: str = ""
    rule_kind: str = ""

    @property
    def pk(self) -> str:
        return f"id_{self.field}"

    @property
    def first_control(self) -> str:
        """The id of the control an error leads to."""
        if self.question.kind == Kind.MATRIX and self.lines:
            return self.lines[0].options[0].pk
        return f"{self.pk}_0" if self.question.is_scale or self.question.is_choice else self.pk

    @property
    def posted(self) -> str:
        return (self.given.get(self.field) or [""])[-1]

    @property
    def is_ticked(self) -> bool:
        return self.posted == YES

    @property
    def ends(self) -> tuple[str, str]:
        """The words at both ends of the scale, each with its number."""
        low, high = ends_of(self.question, self.texts, self.reader)
        points = self.question.scale
        return f"{points[0]}: {low}", f"{points[-1]}: {high}"

    @property
    def options(self) -> list[Option]:
        if self.question.is_scale:
            return self._options(self.field, [(str(point), str(point)) for point in self.question.scale])
        return self._options(self.field, self._choices)

    @property
    def _choices(self) -> list[tuple[str, str]]:
        return [(key, self.texts.get(f"choice-{key}", "")) for key in self.question.choice_keys]

    @property
    def lines(self) -> list[Line]:
        return [
            Line(name, self.texts.get(f"line-{key}", ""), self._options(name, self._choices))
            for key in self.question.line_keys
            for name in [f"{self.field}-{key}"]
        ]

    def _options(self, name: str, pairs: Iterable[tuple[str, str]]) -> list[Option]:
        chosen = self.given.get(name) or ()
        return [Option(value, text, f"id_{name}_{place}", value in chosen) for place, (value, text) in enumerate(pairs)]


@dataclass
class Sheet:
    """A version as it is filled in, in a language; `given` is what was posted so far, by the names of the fields."""

    version: Version
    language: str
    given: Given = field(default_factory=dict)
    page: int = 1
    # Only what was posted is looked at for mistakes.
    is_posted: bool = False
    # All on one page, to look it over.
    is_whole: bool = False

    @cached_property
    def pages(self) -> list[list[Question]]:
        questions = self.version.asked
        groups: list[list[Question]] = []
        for question in questions:
            if not groups or question.section:
                groups.append([])
            groups[-1].append(question)
        is_long = len(questions) > SHORT and len(groups) > 1
        return groups if is_long and not self.is_whole else [questions]

    @cached_property
    def fields(self) -> dict[str, str]:
        """The names of the fields by the keys of the questions."""
        questions = self.version.asked
        return {question.key: field_of(question, questions) for question in questions}

    @cached_property
    def _read(self) -> tuple[dict[str, Value], dict[str, str]]:
        values, refused = {}, {}
        for question in self.version.asked:
            try:
                value = read(question, self.fields[question.key], self.given)
            except RefusedError as error:
                refused[question.key] = str(error)
            else:
                if value is not None:
                    values[question.key] = value
        return values, refused

    @property
    def values(self) -> dict[str, Value]:
        """The answers by the keys of the questions, without those that are refused."""
        return self._read[0]

    @cached_property
    def asked(self) -> list[Question]:
        """The questions that are asked after what was answered."""
        return asked(self.version.asked, self.values)

    def errors_on(self, page: int) -> dict[str, str]:
        """What is wrong on that page, by the keys of the questions; what is not asked can not be wrong."""
        here, (values, refused) = self.pages[page - 1], self._read
        found = {}
        for question in self.asked:
            if question not in here:
                continue
            if question.key in refused:
                found[question.key] = refused[question.key]
            elif question.is_required and question.key not in values:
                found[question.key] = what_is_missing(question)
        return found

    def is_here(self, name: str) -> bool:
        """Whether a field of that name is on this page."""
        fields = [self.fields[question.key] for question in self.pages[self.page - 1]]
        return any(name == field or name.startswith(f"{field}-") for field in fields)

    @property
    def errors(self) -> dict[str, str]:
        return self.errors_on(self.page) if self.is_posted else {}

    @property
    def first_wrong_page(self) -> int | None:
        return next((page for page in range(1, len(self.pages) + 1) if self.errors_on(page)), None)

    def page_after(self, page: int) -> int | None:
        """The next page on which something is asked; None after the last one."""
        shown = {question.key for question in self.asked}
        later = range(page + 1, len(self.pages) + 1)
        return next((place for place in later if shown & {q.key for q in self.pages[place - 1]}), None)

    @property
    def page_before(self) -> int | None:
        shown = {question.key for question in self.asked}
        earlier = range(self.page - 1, 0, -1)
        return next((place for place in earlier if shown & {q.key for q in self.pages[place - 1]}), None)

    @property
    def is_last(self) -> bool:
        return self.page_after(self.page) is None

    def canonical(self) -> dict[str, list[str]]:
        """What was given, as far as it is an answer to something that is asked, as it would be posted."""
        kept: dict[str, list[str]] = {}
        for question in self.asked:
            if question.key in self.values:
                kept |= written(self.values[question.key], self.fields[question.key])
        return kept

    @cached_property
    def shown(self) -> list[Shown]:
        """The questions of this page. One whose rule is about this page stands there whatever was answered so far."""
        here = self.pages[self.page - 1] if self.pages[0] else []
        keys = {question.key for question in here}
        may_come = {question.key for question in self.asked} | {q.key for q in here if q.rule_key in keys}
        errors = self.errors
        return [self._show(question, errors, keys) for question in here if question.key in may_come]

    def _show(self, question: Question, errors: dict[str, str], here: set[str]) -> Shown:
        shown = Shown(
            question,
            self.fields[question.key],
            in_language(question, self.language),
            language_of(question, self.version.survey, self.language),
            self.language,
            self.given,
            errors.get(question.key, ""),
        )
        about = next((other for other in self.version.asked if other.key == question.rule_key), None)
        if about is not None and about.key in here and about.kind in COMPARABLE:
            shown.only_if = self._rule_in_words(question, about)
            shown.rule_field, shown.rule_kind = self.fields[about.key], about.kind
        return shown

    def _rule_in_words(self, question: Question, about: Question) -> str:
        texts = in_language(about, self.language)
        value = texts.get(f"choice-{question.rule_value}", question.rule_value)
        return rule_in_words(question, texts["text"], value, about.kind)

    @property
    def has_rules(self) -> bool:
        return any(shown.rule_field for shown in self.shown)

    @property
    def wrong(self) -> list[Shown]:
        return [shown for shown in self.shown if shown.error]


def rule_in_words(question: Question, about: str, value: str, kind: str) -> str:
    """When a question is shown, in a sentence."""
    if kind == Kind.CONSENT:
        is_yes = (question.rule_value == YES) == (question.rule_sign == "is")
        return (_("Only if you ticked “%(about)s”.") if is_yes else _("Only if you did not tick “%(about)s”.")) % {
            "about": about
        }
    sentences = {
        "is": _("Only if “%(about)s” is answered with %(value)s."),
        "is_not": _("Only if “%(about)s” is not answered with %(value)s."),
        "at_least": _("Only if “%(about)s” is answered with at least %(value)s."),
        "at_most": _("Only if “%(about)s” is answered with at most %(value)s."),
    }
    return sentences[question.rule_sign] % {"about": about, "value": value}


def preselected(version: Version, score: str | None, fields: dict[str, str]) -> dict[str, Sequence[str]]:
    """What a link in a mail preselects: a point of the first question's scale, and nothing else."""
    opening = version.opening
    return {fields[opening.key]: [score]} if opening and score is not None else {}
