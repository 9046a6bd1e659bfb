"""What is missing before a version can be asked."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.branching import can_hold
from surveys.models import Kind, Question, Version

LEAST_CHOICES = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and with which question; with none if it is about the whole."""

    words: str
    question: Question | None = None


def problems(version: Version) -> list[Problem]:
    """All of them, in the order of the questions; empty if it can be published."""
    if not version.asked:
        return [Problem(_("There is no question yet."))]
    found: list[Problem] = []
    before: dict[str, Question] = {}
    for question in version.asked:
        found += [Problem(words, question) for words in (*_of_choices(question), *_of_rule(question, before, version))]
        before[question.key] = question
    return found


def _of_choices(question: Question) -> Iterator[str]:
    if question.is_choice and len(question.choices) < LEAST_CHOICES:
        yield _("It needs at least two choices.")
    if question.kind == Kind.MATRIX and not question.lines:
        yield _("It needs at least one line.")


def _of_rule(question: Question, before: dict[str, Question], version: Version) -> Iterator[str]:
    if not question.rule_key or can_hold(question, before):
        return
    if question.rule_key in before:
        yield _("It would never be shown: no answer fits its rule.")
    elif question.rule_key in {other.key for other in version.asked}:
        yield _("Its rule is about a question that comes later. Move one of them.")
    else:
        yield _("Its rule is about a question that is gone.")
