"""How the builder puts what stands in a question: its row in the list, and its rule in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.branching import YES
from surveys.checking import Problem
from surveys.filling import rule_in_words
from surveys.models import Kind, Question, Version


@dataclass(frozen=True, slots=True)
class Row:
    """A question in the list of the builder."""

    question: Question
    rule: str
    problems: list[str]


def rows_of(version: Version, problems: Sequence[Problem]) -> list[Row]:
    """The questions in their order, each with its rule in words and what is missing in it."""
    known = {question.key: question for question in version.asked}
    return [
        Row(
            question,
            rule_of(question, known),
            [problem.words for problem in problems if problem.question == question],
        )
        for question in version.asked
    ]


def rule_of(question: Question, known: dict[str, Question]) -> str:
    """When it is shown, in a sentence; empty for one that always is."""
    if not question.rule_key:
        return ""
    about = known.get(question.rule_key)
    if about is None:
        return _("Only after a question that is gone.")
    return rule_in_words(question, about.text, value_of(question, about), about.kind)


def value_of(question: Question, about: Question) -> str:
    """The value of its rule as people write it: a choice by its text."""
    if about.kind == Kind.CONSENT:
        return _("yes") if question.rule_value == YES else _("no")
    texts: dict[str, str] = {choice["key"]: choice["text"] for choice in about.choices}
    return texts.get(question.rule_value, question.rule_value)
