"""The built-in mails say how much is asked and who reads it, as it is."""

from typing import Any

import pytest

from accounts.models import Company
from outreach.models import MessageKind
from outreach.tests.reading import a_message, build
from surveys.models import Kind, Survey, Version
from surveys.tests.sheets import survey_of
from tests import factories

pytestmark = pytest.mark.django_db
ONE: list[dict[str, Any]] = [{"kind": Kind.NPS, "key": "nps", "is_required": True}, {"kind": Kind.LONG, "key": "long"}]
SEVERAL: list[dict[str, Any]] = [{"kind": Kind.NPS, "key": "nps"}, {"kind": Kind.CSAT, "key": "csat"}]


def mail(survey: Survey, kind: str, **contact: Any) -> str:
    invitation = factories.invitation(factories.contact(**contact), survey=survey)
    built = build(a_message(invitation.contact, kind, invitation=invitation))
    return f"{built.subject}\n{built.body}"


@pytest.mark.parametrize("kind", [MessageKind.SURVEY, MessageKind.REMINDER])
@pytest.mark.parametrize("tone", ["formal", "friendly"])
@pytest.mark.parametrize(
    ("language", "one", "several"), [("en", "one question", "a few questions"), ("de", "eine Frage", "einige Fragen")]
)
def test_one_question_is_said_only_where_there_is_one(
    company: Company, kind: str, tone: str, language: str, one: str, several: str
) -> None:
    short = mail(survey_of(*ONE), kind, tone=tone, language=language)
    long = mail(survey_of(*SEVERAL), kind, tone=tone, language=language)

    assert one in short and several not in short
    assert several in long and one not in long.lower()


@pytest.mark.parametrize(("tone", "words"), [("formal", "Ihre Antwort"), ("friendly", "deine Antwort")])
def test_nobody_says_to_read_what_is_confidential(company: Company, tone: str, words: str) -> None:
    survey = survey_of(*ONE)
    Version.objects.update(is_confidential=True)

    said = mail(Survey.objects.get(pk=survey.pk), MessageKind.SURVEY, tone=tone, language="de")
    assert f"{words} bleibt vertraulich" in said
    assert "ich lese jede Antwort" not in said
