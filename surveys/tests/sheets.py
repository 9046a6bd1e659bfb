"""Surveys made of a few questions, and filling them in."""

from typing import Any

from surveys.models import Kind, Question, Survey, Version
from tests import factories


def survey_of(*questions: dict[str, Any], **fields: Any) -> Survey:
    """A survey in use that asks these; a question without words is called by its kind."""
    survey = factories.survey(**fields)
    version = survey.published
    assert version is not None
    version.questions.all().delete()
    for place, given in enumerate(questions):
        Question.objects.create(version=version, position=place, **{"text": f"About {given['kind']}?", **given})
    return Survey.objects.select_related("published").get(pk=survey.pk)


def asked_by(survey: Survey) -> Version:
    version = survey.published
    assert version is not None
    return version


def chosen(*texts: str) -> list[dict[str, str]]:
    """Choices whose keys are their texts."""
    return [{"key": text, "text": text} for text in texts]


EVERY_KIND: list[dict[str, Any]] = [
    {"kind": Kind.NPS, "key": "nps"},
    {"kind": Kind.CSAT, "key": "csat"},
    {"kind": Kind.CES, "key": "ces"},
    {"kind": Kind.SINGLE, "key": "single", "choices": chosen("tea", "coffee")},
    {"kind": Kind.MULTIPLE, "key": "multiple", "choices": chosen("red", "green", "blue")},
    {"kind": Kind.MATRIX, "key": "matrix", "choices": chosen("good", "bad"), "lines": chosen("price", "speed")},
    {"kind": Kind.SHORT, "key": "short"},
    {"kind": Kind.LONG, "key": "long"},
    {"kind": Kind.NUMBER, "key": "number"},
    {"kind": Kind.DATE, "key": "date"},
    {"kind": Kind.CONSENT, "key": "consent"},
]
WHOLE = {
    "score": "9",
    "q-csat": "4",
    "q-ces": "6",
    "q-single": "tea",
    "q-multiple": ["red", "blue"],
    "q-matrix-price": "bad",
    "q-matrix-speed": "good",
    "q-short": "  In  short ",
    "comment": "At length\nand breadth",
    "q-number": "12,5",
    "q-date": "2026-11-01",
    "q-consent": "yes",
}
