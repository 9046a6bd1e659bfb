"""Which questions are asked after what was answered so far, and whether a rule can come true at all."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from surveys.models import SCALES, Kind, Question, Sign

# An answer by the kind of its question: a number, a day, a text, a choice, several choices, a choice for each line.
type Value = Decimal | date | str | list[str] | dict[str, str]
type Values = Mapping[str, Value]

YES, NO = "yes", "no"
NUMBERS = {*SCALES, Kind.NUMBER.value}
ORDERED = {*NUMBERS, Kind.DATE.value}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What a rule can be about; texts and matrices have too many answers to compare.
COMPARABLE = {*ORDERED, Kind.SINGLE.value, Kind.MULTIPLE.value, Kind.CONSENT.value}


def asked(questions: Sequence[Question], values: Values) -> list[Question]:
    """The questions that are asked, given the answers by key; what a question that is not asked got does not count."""
    shown: dict[str, Question] = {}
    for question in questions:
        about = shown.get(question.rule_key)
        if not question.rule_key or (about is not None and holds(question, about, values.get(about.key))):
            shown[question.key] = question
    return list(shown.values())


def holds(question: Question, about: Question, value: Value | None) -> bool:
    """Whether the rule of a question fits an answer to the one it is about; no answer is only ever not the value."""
    sign, wanted = question.rule_sign, comparable(about, question.rule_value)
    if wanted is None:
        return False
    if value is None:
        return sign == Sign.IS_NOT
    if isinstance(value, list):
        return (wanted in value) == (sign == Sign.IS)
    return _compares(sign, value, wanted)


def _compares(sign: str, value: Value, wanted: Value) -> bool:
    match sign:
        case Sign.IS:
            return value == wanted
        case Sign.IS_NOT:
            return value != wanted
        case Sign.AT_LEAST:
            return bool(value >= wanted)  # type: ignore[operator]
    return bool(value <= wanted)  # type: ignore[operator]


def comparable(about: Question, written: str) -> Value | None:
    """The value of a rule as answers to that question are; None if none of them can be compared with it."""
    if about.kind in NUMBERS:
        return as_number(written)
    if about.kind == Kind.DATE:
        return as_day(written)
    if about.kind == Kind.CONSENT:
        return written if written in {YES, NO} else None
    return written if written in about.choice_keys else None


def as_number(written: str) -> Decimal | None:
    """A number as people write it, with a point or a comma; None for what is none."""
    written = written.strip().replace("\u2212", "-")
    if len(written) > 40 or "_" in written:
        return None
    if "." not in written and written.count(",") == 1:
        written = written.replace(",", ".")
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def as_day(written: str) -> date | None:
    """A day written like 2026-11-27; None for what is none."""
    written = written.strip()
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def can_hold(question: Question, before: Mapping[str, Question]) -> bool:
    """Whether there are answers with which the question is asked; `before` has the questions before it by key.

    So must the question its rule is about, and the one that hangs on.
    """
    step = question
    while step.rule_key:
        about = before.get(step.rule_key)
        if about is None or not any(holds(step, about, value) for value in _answers(about, step)):
            return False
        step = about
    return True


def _answers(about: Question, step: Question) -> list[Value | None]:
    """All answers there are, or of numbers and days those around the value they are compared with."""
    if about.is_scale:
        return [None, *(Decimal(point) for point in about.scale)]
    if about.kind == Kind.SINGLE:
        return [None, *about.choice_keys]
    if about.kind == Kind.MULTIPLE:
        return [None, *([key] for key in about.choice_keys)]
    if about.kind == Kind.CONSENT:
        return [YES, NO]
    around = comparable(about, step.rule_value)
    if isinstance(around, Decimal):
        return [around, around + 1]
    return [around, around + timedelta(days=1)] if isinstance(around, date) and around < date.max else [around]
