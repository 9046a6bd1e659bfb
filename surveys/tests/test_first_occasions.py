"""What the company asked after before surveys had occasions: moved to the survey that asked, and back."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Company
from tests import factories

# Going to the tables of before and back takes half a minute each time.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BEFORE = [("surveys", "0005_texts_in_versions"), ("accounts", "0010_own_words")]
AFTER = [("surveys", "0007_first_occasions"), ("accounts", "0011_occasions")]


def migrate_to(targets: list[tuple[str, str]]) -> Any:
    """The models as they are then."""
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def of_before(company: Company) -> Iterator[Any]:
    """Tables as they were; at the end they are as they are now, whatever the test did."""
    factories.survey(name="Put aside", is_active=False, asks_after=())
    factories.survey(name="Asks", asks_after=())
    factories.survey(name="Younger", asks_after=())
    yield migrate_to(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.parametrize(
    ("meeting", "purchase", "kinds"),
    [(True, True, ["meeting", "purchase"]), (False, True, ["purchase"]), (False, False, [])],
)
def test_the_survey_that_asked_goes_on_as_before_and_back(
    of_before: Any, meeting: bool, purchase: bool, kinds: list[str]
) -> None:
    settings = {"survey_after_meeting": meeting, "survey_after_purchase": purchase}
    of_before.get_model("accounts", "Company").objects.update(**settings, survey_delay_hours=5, survey_reminder_days=3)

    rows = migrate_to(AFTER).get_model("surveys", "Occasion").objects
    assert [row.kind for row in rows.order_by("kind")] == kinds
    assert all((row.survey.name, row.delay_hours, row.reminder_days) == ("Asks", 5, 3) for row in rows.all())

    company = migrate_to(BEFORE).get_model("accounts", "Company").objects.get()
    assert (company.survey_after_meeting, company.survey_after_purchase) == (meeting, purchase)
    assert company.survey_delay_hours == (5 if kinds else 2)
    again = migrate_to(AFTER).get_model("surveys", "Occasion").objects
    assert [row.kind for row in again.order_by("kind")] == kinds
