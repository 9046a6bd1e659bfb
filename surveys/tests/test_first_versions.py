"""What surveys asked before they had versions: moved into the first one, and back."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Company
from interactions.models import FollowUp
from surveys.models import Answer, Response, Survey
from tests import factories
from tests.factories import NOW

# Going to the tables of before and back takes half a minute each time.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BEFORE, AFTER = ("surveys", "0002_lists_by_time"), ("surveys", "0005_texts_in_versions")


def migrate_to(target: tuple[str, str]) -> Any:
    """The models as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


@pytest.fixture
def of_before(company: Company) -> Iterator[Any]:
    """Tables as they were; at the end they are as they are now, whatever the test did."""
    yield migrate_to(BEFORE)
    migrate_to_now()


def migrate_to_now() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def rows_of_before(apps: Any) -> tuple[int, list[int]]:
    """A survey with its own words, and three answers to it, one without a comment."""
    survey = apps.get_model("surveys", "Survey").objects.create(
        name="Old", question="Would you?", comment_question="Why?", thanks="Thanks!", created_at=NOW
    )
    contact = factories.contact()
    pks = []
    for number, comment in enumerate(("slow", "", "kind")):
        asked = apps.get_model("surveys", "Invitation").objects.create(
            survey=survey,
            contact_id=contact.pk,
            customer_id=contact.customer_id,
            send_at=NOW,
            expires_at=NOW,
            created_at=NOW,
        )
        answer = apps.get_model("surveys", "Response").objects.create(
            invitation=asked,
            contact_id=contact.pk,
            customer_id=contact.customer_id,
            score=3 * number,
            comment=comment,
            answered_at=NOW,
        )
        pks.append(answer.pk)
    return survey.pk, pks


def test_every_survey_becomes_a_first_version_with_its_answers(of_before: Any) -> None:
    pk, answers = rows_of_before(of_before)

    migrate_to_now()

    survey = Survey.objects.select_related("published").get(pk=pk)
    version = survey.published
    assert version is not None
    assert (version.number, version.published_at, version.thanks) == (1, NOW, "Thanks!")
    assert [(q.kind, q.text, q.is_required) for q in version.asked] == [
        ("nps", "Would you?", True),
        ("long", "Why?", False),
    ]
    assert set(Response.objects.values_list("pk", "version")) == {(answer, version.pk) for answer in answers}
    told = Answer.objects.order_by("response", "question").values_list("response", "question__kind", "number", "text")
    assert list(told) == [
        (answers[0], "nps", 0, ""),
        (answers[0], "long", None, "slow"),
        (answers[1], "nps", 3, ""),
        (answers[2], "nps", 6, ""),
        (answers[2], "long", None, "kind"),
    ]
    assert not FollowUp.objects.exists()


def test_going_back_keeps_words_and_answers(of_before: Any) -> None:
    pk, answers = rows_of_before(of_before)
    migrate_to(AFTER)

    before = migrate_to(BEFORE)

    survey = before.get_model("surveys", "Survey").objects.get(pk=pk)
    assert (survey.question, survey.comment_question, survey.thanks) == ("Would you?", "Why?", "Thanks!")
    kept = before.get_model("surveys", "Response").objects.order_by("pk").values_list("pk", "score", "comment")
    assert list(kept) == list(zip(answers, (0, 3, 6), ("slow", "", "kind"), strict=True))


def test_without_any_survey_there_is_nothing_to_do(of_before: Any) -> None:
    migrate_to(AFTER)

    assert not Survey.objects.exists()
