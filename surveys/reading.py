"""Reading what somebody posted as the answers to questions; what is none is refused with a sentence at the question."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention_crm.lib import text
from surveys.branching import NO, YES, Value, as_day, as_number
from surveys.models import Kind, Question

type Given = Mapping[str, Sequence[str]]

COMMENT_LENGTH = 5000
LINE_LENGTH = 300
LARGEST = Decimal(10) ** 12
FIRST_YEAR = 1900


class RefusedError(Exception):
    """What was posted is no answer; the words say what would be one."""


def field_of(question: Question, questions: Sequence[Question]) -> str:
    """The name of the question's field. The two questions the rest of the product reads have names of their own.

    So a page that was opened and a mail that was sent before an update still fit.
    """
    if question is first_of(questions, Kind.NPS):
        return "score"
    if question is first_of(questions, Kind.LONG):
        return "comment"
    return f"q-{question.key}"


def first_of(questions: Sequence[Question], kind: Kind) -> Question | None:
    return next((question for question in questions if question.kind == kind), None)


def read(question: Question, field: str, given: Given) -> Value | None:
    """The answer in the field of that name; None if there is none. Raises RefusedError."""
    if question.kind == Kind.MATRIX:
        return _matrix(question, field, given)
    written = given.get(field, ())
    if question.kind == Kind.MULTIPLE:
        return _several(question, written)
    last = written[-1] if written else ""
    return _READERS[question.kind](question, last)


def written(value: Value, field: str) -> dict[str, list[str]]:
    """The fields as they would be posted to say this."""
    if isinstance(value, dict):
        return {f"{field}-{line}": [choice] for line, choice in value.items()}
    if isinstance(value, list):
        return {field: value}
    return {field: [format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)]}


def what_is_missing(question: Question) -> str:
    """What to say to somebody who left out a question that must be answered."""
    if question.is_scale:
        return not_on_scale(question)
    match question.kind:
        case Kind.SINGLE:
            return _("Choose one of these.")
        case Kind.MULTIPLE:
            return _("Choose at least one of these.")
        case Kind.MATRIX:
            return _("Choose one on each line.")
        case Kind.CONSENT:
            return _("Tick this to go on.")
        case Kind.NUMBER:
            return not_a_number()
        case Kind.DATE:
            return _("Choose a day.")
    return _("Write a few words.")


def not_on_scale(question: Question) -> str:
    points = question.scale
    return _("Choose a number from %(low)d to %(high)d.") % {"low": points[0], "high": points[-1]}


def not_a_number() -> str:
    return _("Write a number, such as 12 or 12.5.")


def _scale(question: Question, posted: str) -> Decimal | None:
    if not posted:
        return None
    if posted not in {str(point) for point in question.scale}:
        raise RefusedError(not_on_scale(question))
    return Decimal(posted)


def _single(question: Question, posted: str) -> str | None:
    if posted and posted not in question.choice_keys:
        raise RefusedError(_("Choose one of these."))
    return posted or None


def _several(question: Question, posted: Sequence[str]) -> list[str] | None:
    chosen = set(posted)
    if chosen - set(question.choice_keys):
        raise RefusedError(_("Choose among these."))
    return [key for key in question.choice_keys if key in chosen] or None


def _matrix(question: Question, field: str, given: Given) -> dict[str, str] | None:
    found = {line: chosen[-1] for line in question.line_keys if (chosen := given.get(f"{field}-{line}"))}
    if not set(found.values()) <= set(question.choice_keys):
        raise RefusedError(_("Choose one of these on each line."))
    if question.is_required and found and len(found) < len(question.lines):
        raise RefusedError(_("Choose one on each line."))
    return found or None


def _short(question: Question, posted: str) -> str | None:
    return _within(text.clean_line(posted), LINE_LENGTH)


def _long(question: Question, posted: str) -> str | None:
    return _within(text.clean(posted).strip(), COMMENT_LENGTH)


def _within(said: str, limit: int) -> str | None:
    if len(said) > limit:
        words = ngettext(
            "At most %(limit)d character; these are %(number)d. Nothing is lost, shorten it here.",
            "At most %(limit)d characters; these are %(number)d. Nothing is lost, shorten it here.",
            limit,
        )
        raise RefusedError(words % {"limit": limit, "number": len(said)})
    return said or None


def _number(question: Question, posted: str) -> Decimal | None:
    if not posted.strip():
        return None
    number = as_number(posted)
    if number is None:
        raise RefusedError(not_a_number())
    if abs(number) >= LARGEST:
        raise RefusedError(_("That is too large. Write a number of at most twelve digits."))
    if number != (rounded := round(number, 3)):
        raise RefusedError(_("Write at most three digits after the point."))
    return rounded


def _day(question: Question, posted: str) -> date | None:
    if not posted.strip():
        return None
    day = as_day(posted)
    if day is None or day.year < FIRST_YEAR:
        raise RefusedError(_("Choose a day, or write it like 2026-11-27."))
    return day


def _consent(question: Question, posted: str) -> str | None:
    if posted not in {"", YES, NO}:
        raise RefusedError(_("Tick this, or leave it."))
    return None if question.is_required and posted != YES else posted or NO


_READERS: dict[str, Callable[[Question, str], Value | None]] = {
    Kind.NPS: _scale,
    Kind.CSAT: _scale,
    Kind.CES: _scale,
    Kind.SINGLE: _single,
    Kind.SHORT: _short,
    Kind.LONG: _long,
    Kind.NUMBER: _number,
    Kind.DATE: _day,
    Kind.CONSENT: _consent,
}
