"""An absent manager's escalations and weekly mail go to who stands in, and back to the manager afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.tests.reading import a_message, build, read, text_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def sender(company: Company, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


def gone_quiet(owner: User, passed_on: Any = TODAY) -> Customer:
    """A customer who passes one and a half times the cadence of 30 days on that day."""
    return factories.customer(owner, next_due_on=passed_on - timedelta(days=15), name=f"Quiet {owner.name}")


def told(kind: str, at: datetime = NOW) -> set[str]:
    plan(at=at)
    rows = Message.objects.filter(kind=kind, state=State.PLANNED).select_related("recipient")
    return {str(message.recipient) for message in rows}


def all_sent(at: datetime) -> None:
    Message.objects.filter(state=State.PLANNED).update(state=State.SENT, finished_at=at)


def mail(kind: str, reader: User, at: datetime = NOW) -> str:
    return text_of(read(build(a_message(None, kind, recipient=reader), at)))


@pytest.fixture
def deputy(manager: User, teammate: User) -> User:
    """Of the same team, and no manager."""
    factories.absence(manager, deputy=teammate, last_day=TODAY + 5 * DAY)
    return teammate


def test_the_deputy_hears_of_the_customers_the_manager_would_hear_of(
    owner: User, outsider: User, manager: User, deputy: User
) -> None:
    gone_quiet(owner)
    gone_quiet(outsider)
    assert told(MessageKind.ESCALATION) == {"Tom Falk"}
    text = mail(MessageKind.ESCALATION, deputy)
    assert "For Max Lind, who is away until 1 December: Without contact for too long (1)" in text
    assert "Quiet Mia Berg" in text
    assert "Quiet Olga Ek" not in text


def test_nothing_is_told_of_nothing(owner: User, manager: User, deputy: User) -> None:
    gone_quiet(owner, TODAY + DAY)
    assert told(MessageKind.ESCALATION) == set()


def test_each_customer_is_told_of_once_while_the_manager_is_away(owner: User, manager: User, deputy: User) -> None:
    gone_quiet(owner)
    assert told(MessageKind.ESCALATION) == {"Tom Falk"}
    all_sent(NOW)
    assert told(MessageKind.ESCALATION, NOW + DAY) == set()


def test_what_the_manager_was_told_before_is_not_told_again(owner: User, manager: User, teammate: User) -> None:
    gone_quiet(owner)
    assert told(MessageKind.ESCALATION) == {"Max Lind"}
    all_sent(NOW)
    factories.absence(manager, deputy=teammate, first_day=TODAY + DAY, last_day=TODAY + DAY)
    gone_quiet(teammate, TODAY + DAY)
    assert told(MessageKind.ESCALATION, NOW + DAY) == {"Tom Falk"}
    text = mail(MessageKind.ESCALATION, teammate, NOW + DAY)
    assert "Quiet Tom Falk" in text
    assert "Quiet Mia Berg" not in text


def test_back_again_the_manager_hears_what_passed_meanwhile(owner: User, manager: User, teammate: User) -> None:
    factories.absence(manager, deputy=teammate, last_day=TODAY)
    gone_quiet(owner)
    assert told(MessageKind.ESCALATION) == {"Tom Falk"}
    all_sent(NOW)
    assert told(MessageKind.ESCALATION, NOW + DAY) == {"Max Lind"}
    assert "Quiet Mia Berg" in mail(MessageKind.ESCALATION, manager, NOW + DAY)


def test_a_manager_of_another_team_gets_their_own_and_what_is_in_place_of_the_other(
    owner: User, outsider: User, manager: User
) -> None:
    other = factories.user("manager", name="Ole Dahl", team=outsider.team)
    factories.absence(manager, deputy=other)
    gone_quiet(owner)
    gone_quiet(outsider)
    assert told(MessageKind.ESCALATION) == {"Ole Dahl"}
    text = mail(MessageKind.ESCALATION, other)
    assert text.index("Quiet Olga Ek") < text.index("For Max Lind") < text.index("Quiet Mia Berg")


def test_who_hears_of_the_team_anyway_hears_of_it_once(owner: User, manager: User, administrator: User) -> None:
    factories.absence(manager, deputy=administrator)
    gone_quiet(owner)
    assert told(MessageKind.ESCALATION) == {"Ada Holm"}
    text = mail(MessageKind.ESCALATION, administrator)
    assert text.count("Quiet Mia Berg") == 1
    assert "Max Lind" not in text


def test_if_nobody_is_there_the_manager_is_told_after_all(owner: User, manager: User) -> None:
    factories.absence(manager)
    gone_quiet(owner)
    assert told(MessageKind.ESCALATION) == {"Max Lind"}
    assert told(MessageKind.WEEKLY, MONDAY) == {"Max Lind"}


def test_a_deputy_who_left_the_team_is_not_told_of_it(owner: User, outsider: User, manager: User, deputy: User) -> None:
    User.objects.filter(pk=deputy.pk).update(team=outsider.team)
    gone_quiet(owner)
    assert told(MessageKind.ESCALATION) == set()


def ignores_digests(person: User) -> None:
    for days in (2, 1):
        a_message(
            None,
            MessageKind.OVERDUE_DIGEST,
            recipient=person,
            state=State.SENT,
            due_at=NOW - days * DAY,
            finished_at=NOW - days * DAY,
        )


def test_only_a_manager_hears_in_place_of_another_who_leaves_digests_unanswered(
    owner: User, outsider: User, manager: User, deputy: User
) -> None:
    ignores_digests(owner)
    assert told(MessageKind.ESCALATION) == set()
    other = factories.user("manager", name="Ole Dahl", team=outsider.team)
    manager.absences.update(deputy=other)
    assert told(MessageKind.ESCALATION, NOW + DAY) == {"Ole Dahl"}
    text = mail(MessageKind.ESCALATION, other, NOW + DAY)
    assert "For Max Lind, who is away until 1 December: Digests without an answer (1)" in text


def test_the_weekly_mail_goes_to_the_deputy_with_links_to_pages_they_may_open(
    owner: User, manager: User, deputy: User
) -> None:
    factories.complaint(factories.customer(owner, name="Ito", next_due_on=TODAY))
    assert told(MessageKind.WEEKLY, MONDAY) == {"Tom Falk"}
    text = mail(MessageKind.WEEKLY, deputy, MONDAY)
    assert "For Max Lind, who is away until 1 December: Open complaints (1)" in text
    assert "/portfolio/" not in text
    assert "/customers/" in text


def test_the_weekly_mail_of_a_manager_who_stands_in_has_both(owner: User, outsider: User, manager: User) -> None:
    other = factories.user("manager", name="Ole Dahl", team=outsider.team)
    factories.absence(manager, deputy=other, last_day=TODAY + 5 * DAY)
    factories.complaint(factories.customer(owner), what="Ours")
    factories.complaint(factories.customer(outsider), what="Theirs")
    assert told(MessageKind.WEEKLY, MONDAY) == {"Ole Dahl"}
    text = mail(MessageKind.WEEKLY, other, MONDAY)
    assert text.index("Theirs") < text.index("For Max Lind") < text.index("Ours")
    assert "/portfolio/" in text


def test_planned_twice_and_late_it_is_one_mail(owner: User, manager: User, deputy: User) -> None:
    gone_quiet(owner)
    for hours in (0, 1, 3):
        plan(at=NOW + timedelta(hours=hours))
    assert Message.objects.filter(kind=MessageKind.ESCALATION).count() == 1
