"""Taking an answer: whose link it is, what is recorded, and what a bad answer sets in motion."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from customers.models import Customer
from retention_crm.lib import tokens
from surveys.acting import call_back, lowest
from surveys.branching import Value, Values, asked
from surveys.models import TOKEN_PURPOSE, Answer, Begun, Invitation, Kind, Question, Response, Version
from surveys.reading import first_of
from surveys.remembering import version_opened, with_questions


class AnswerRefusedError(Exception):
    """The link has stopped working, or the day for editing is over."""


def open_invitation(token: str, at: datetime) -> Invitation | None:
    """The invitation a link belongs to, with what its page shows; None for every link that does not work (any more)."""
    pk = tokens.claimed_pk(token)
    if pk is None:
        return None
    rows = Invitation.objects.select_related(
        *("survey__published", "contact__customer__owner", "response__version", "begun__version")
    )
    invitation = rows.filter(pk=pk).first()
    if invitation is None or not tokens.proves(token, TOKEN_PURPOSE, pk, invitation.nonce):
        return None
    return invitation if invitation.is_open(at) else None


def version_to_answer(invitation: Invitation, opened: str = "") -> Version | None:
    """What this invitation is to answer, with its questions: what was begun or answered before, or what is asked now.

    A page that was `opened` before a new version was published is taken as it was.
    """
    response, begun = getattr(invitation, "response", None), getattr(invitation, "begun", None)
    chosen = (begun and begun.version, response and response.version, invitation.survey.published)
    found = version_opened(invitation.survey, opened) or next(filter(None, chosen), None)
    return with_questions(found) if found else None


def keep_for_later(
    invitation: Invitation, version: Version, given: dict[str, list[str]], page: int, at: datetime
) -> None:
    """Keeps what was filled in so far; it counts nowhere until the last page."""
    Begun.objects.update_or_create(
        invitation=invitation, defaults={"version": version, "given": given, "page": page, "changed_at": at}
    )


def values_of(response: Response) -> dict[str, Value]:
    """What was answered, by the keys of the questions."""
    found: dict[str, Any] = {}
    for answer in response.answers.select_related("question").order_by("pk"):
        key = answer.question.key
        if answer.question.kind == Kind.MATRIX:
            found.setdefault(key, {})[answer.line] = answer.choice
        elif answer.question.kind == Kind.MULTIPLE:
            found.setdefault(key, []).append(answer.choice)
        else:
            found[key] = answer.number if answer.number is not None else answer.day or answer.choice or answer.text
    return found


def record_answer(invitation_pk: int, version: Version, values: Values, at: datetime) -> Response:
    """Records the one answer to an invitation, or edits it within its day; raises AnswerRefusedError after that.

    Answers to questions that are not asked after the others are left out. The lock on the invitation lets two
    submissions of one link pass one after the other, so the second is an edit.
    """
    values = {question.key: values[question.key] for question in asked(version.asked, values) if question.key in values}
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("survey")
            .get(pk=invitation_pk)
        )
        if not invitation.is_open(at) or invitation.answered_in_confidence:
            raise AnswerRefusedError
        response = Response.objects.filter(invitation=invitation).first()
        if response is None:
            response = _first_answer(invitation, version, values, at)
        elif not response.is_editable(at):
            raise AnswerRefusedError
        elif not _edit(response, version, values, at):
            return response
        Begun.objects.filter(invitation=invitation).delete()
        if response.is_unhappy:
            call_back(response, invitation.survey, at)
        Customer.objects.filter(pk=response.customer_id).mark_risk_stale(at)
    return response


def _first_answer(invitation: Invitation, version: Version, values: Values, at: datetime) -> Response:
    response = Response.objects.create(
        invitation=invitation,
        customer_id=invitation.customer_id,
        contact_id=invitation.contact_id,
        version=version,
        answered_at=at,
        **_summed_up(version, values),
    )
    Answer.objects.bulk_create(rows_of(response, version, values))
    return response


def _edit(response: Response, version: Version, values: Values, at: datetime) -> bool:
    """Whether there was anything to change: the same answer sent twice is no edit."""
    if response.version_id == version.pk and values_of(response) == values:
        return False
    response.version, response.edited_at = version, at
    summed_up = _summed_up(version, values)
    for name, value in summed_up.items():
        setattr(response, name, value)
    response.save(update_fields=["version", "edited_at", *summed_up])
    response.answers.all().delete()
    Answer.objects.bulk_create(rows_of(response, version, values))
    return True


def rows_of(response: Response, version: Version, values: Values) -> Iterator[Answer]:
    """The answers as they are kept: a row for each, and one for each choice and line."""
    for question, fields in kept_rows(version, values):
        yield Answer(response=response, question=question, **fields)


def kept_rows(version: Version, values: Values) -> Iterator[tuple[Question, dict[str, Any]]]:
    """The same as the questions with the values of the fields."""
    for question in version.asked:
        if question.key in values:
            yield from ((question, fields) for fields in _kept(question, values[question.key]))


def _kept(question: Question, value: Value) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield from ({"line": line, "choice": choice} for line, choice in value.items())
    elif isinstance(value, list):
        yield from ({"choice": choice} for choice in value)
    elif isinstance(value, Decimal):
        yield {"number": value}
    elif isinstance(value, date):
        yield {"day": value}
    else:
        yield {"text" if question.is_text else "choice": value}


def _summed_up(version: Version, values: Values) -> dict[str, Any]:
    """What the rest of the product reads of an answer."""
    low_point, low_of = lowest(version, values)
    return {
        "score": _score(version, values),
        "comment": _comment(version, values),
        "low_point": low_point,
        "low_of": low_of,
    }


def _score(version: Version, values: Values) -> int | None:
    question = first_of(version.asked, Kind.NPS)
    value = values.get(question.key) if question else None
    return int(value) if isinstance(value, Decimal) else None


def _comment(version: Version, values: Values) -> str:
    question = first_of(version.asked, Kind.LONG)
    return str(values.get(question.key, "")) if question else ""
