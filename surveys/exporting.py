"""Taking the answers to a survey away: one line for each response, one column for each question."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from retention_crm.lib import clock
from surveys.models import Answer, Kind, Question, ResponseQuerySet, UnnamedAnswer, UnnamedQuerySet, Version

_AT_ONCE = 1000


def table(versions: Sequence[Version], responses: ResponseQuerySet, reader: User) -> Iterator[list[str]]:
    """The head, then the responses, the newest first; days are those of the reader."""
    columns = list(_columns(versions))
    fixed = [_("Day"), _("Customer"), _("Contact"), _("Owner"), _("Version"), _("Score")]
    yield [*fixed, *(title for _key, _line, title in columns)]
    zone = clock.zone(reader.time_zone)
    rows = responses.select_related("customer__owner", "contact", "version").order_by("-answered_at", "-pk")
    shown = rows.prefetch_related("answers__question").iterator(chunk_size=_AT_ONCE)
    for response in shown:
        said = _said(response.answers.all())
        yield [
            timezone.localtime(response.answered_at, zone).date().isoformat(),
            response.customer.name,
            response.contact.name,
            str(response.customer.owner),
            str(response.version.number if response.version else ""),
            "" if response.score is None else str(response.score),
            *(" · ".join(said.get((key, line), ())) for key, line, _title in columns),
        ]


def unnamed_table(versions: Sequence[Version], answers: UnnamedQuerySet) -> Iterator[list[str]]:
    """The same without a name and without a day, in an order that says nothing."""
    columns = list(_columns(versions))
    yield [_("Week"), _("Version"), *(title for _key, _line, title in columns)]
    rows = answers.select_related("version").prefetch_related("answers__question").order_by("-week", "pk")
    for answer in rows.iterator(chunk_size=_AT_ONCE):
        said = _said(answer.answers.all())
        yield [
            answer.week.isoformat(),
            str(answer.version.number),
            *(" · ".join(said.get((key, line), ())) for key, line, _title in columns),
        ]


def _columns(versions: Sequence[Version]) -> Iterator[tuple[str, str, str]]:
    """The key and line of each column with its title; questions with the same key share theirs."""
    seen: set[tuple[str, str]] = set()
    for question in (question for version in versions for question in version.asked):
        for line, title in _titles(question):
            if (question.key, line) not in seen:
                seen.add((question.key, line))
                yield question.key, line, title


def _titles(question: Question) -> list[tuple[str, str]]:
    if question.kind == Kind.MATRIX:
        return [(line["key"], f"{question.text}: {line['text']}") for line in question.lines]
    return [("", question.text)]


def _said(answers: Any) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for answer in sorted(answers, key=lambda answer: answer.pk):
        found.setdefault((answer.question.key, answer.line), []).append(_cell(answer))
    return found


def _cell(answer: Answer | UnnamedAnswer) -> str:
    if answer.number is not None:
        return format(answer.number.normalize(), "f")
    if answer.day is not None:
        return answer.day.isoformat()
    texts = {choice["key"]: choice["text"] for choice in answer.question.choices}
    return texts.get(answer.choice, answer.choice) if answer.choice else answer.text
