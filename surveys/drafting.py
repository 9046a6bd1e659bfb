"""Changing what a survey asks: in a draft of its next version, never in a version somebody may have answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.checking import problems
from surveys.models import Question, Survey, Version

_COPIED = (
    "thanks",
    "thanks_promoter",
    "thanks_passive",
    "thanks_detractor",
    "translations",
    "is_confidential",
    "least_answers",
)
_LEFT_BEHIND = {"id", "version", "removed_at"}


class NotReadyError(Exception):
    """Something is missing before the draft can be published."""


def working_version(survey: Survey) -> Version:
    """What is being written, or else what is asked; changing the latter makes a draft first (`draft_of`)."""
    found: Version = survey.versions.prefetch_related("questions").order_by("-number")[0]
    return found


def draft_of(survey: Survey) -> Version:
    """The draft of the survey, made from its newest version if there is none; two who ask at once get the same."""
    with transaction.atomic():
        Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
        newest = survey.versions.order_by("-number")[0]
        return newest if newest.is_draft else _copy(newest)


def _copy(version: Version) -> Version:
    kept: dict[str, Any] = {name: getattr(version, name) for name in _COPIED}
    draft = Version.objects.create(survey=version.survey, number=version.number + 1, **kept)
    Question.objects.bulk_create(
        Question(version=draft, **{field.attname: getattr(question, field.attname) for field in _fields()})
        for question in version.questions.all()
    )
    return draft


def _fields() -> list[Any]:
    return [field for field in Question._meta.concrete_fields if field.name not in _LEFT_BEHIND]


def add(draft: Version, question: Question) -> None:
    """As the last one."""
    question.version = draft
    question.position = len(draft.asked)
    question.save(force_insert=True)


def put_in_order(draft: Version, keys: Sequence[str]) -> None:
    """The questions stand in this order from now on."""
    places = {key: place for place, key in enumerate(keys)}
    rows = list(draft.questions.kept())
    for row in rows:
        row.position = places[row.key]
    Question.objects.bulk_update(rows, ["position"])


def move(draft: Version, key: str, place: int) -> None:
    """The question stands at that place, from 0; the others keep their order. A place beyond an end is the end."""
    keys = [question.key for question in draft.asked if question.key != key]
    keys.insert(max(0, min(place, len(keys))), key)
    put_in_order(draft, keys)


def publish(survey: Survey, at: datetime) -> Version:
    """The draft is asked from now on; raises NotReadyError if something is missing, or if there is no draft."""
    with transaction.atomic():
        locked = Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
        draft = locked.versions.filter(published_at__isnull=True).first()
        if draft is None or problems(draft):
            raise NotReadyError
        draft.questions.removed().delete()
        draft.publish(at)
        locked.published = draft
        locked.save(update_fields=["published"])
    return draft


def discard(survey: Survey) -> None:
    """The draft is gone and what is asked stays; does nothing where nothing was published yet."""
    survey.versions.filter(published_at__isnull=True, survey__published__isnull=False).delete()
