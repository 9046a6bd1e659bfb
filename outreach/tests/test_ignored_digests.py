"""Two morning digests without an answer: who is named to the manager, when, and that it is once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from outreach.composing import Unwritable
from outreach.ignoring import ignored_digests
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.tests.reading import a_message, build, read, text_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def site(company: Company, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


def digest(to: User, at: datetime, state: State = State.SENT) -> None:
    factories.message(
        recipient=to,
        kind=MessageKind.OVERDUE_DIGEST,
        state=state,
        due_at=at,
        finished_at=at + timedelta(minutes=1),
    )


def ignoring(at: datetime = NOW) -> set[int]:
    return {pair.person for pair in ignored_digests(at=at)}


def escalation(manager: User, at: datetime = NOW) -> str:
    return text_of(read(build(a_message(None, MessageKind.ESCALATION, recipient=manager), at)))


def test_two_in_a_row_without_anything_logged_or_done(owner: User) -> None:
    digest(owner, NOW - 2 * DAY)
    assert ignoring() == set()
    digest(owner, NOW - DAY)
    assert ignoring() == {owner.pk}


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.PLANNED])
def test_what_was_not_sent_was_not_ignored(owner: User, state: State) -> None:
    digest(owner, NOW - 2 * DAY)
    digest(owner, NOW - DAY, state)
    assert ignoring() == set()


def test_something_logged_or_done_since_the_first_is_an_answer(customer: Customer, owner: User, teammate: User) -> None:
    for person in (owner, teammate):
        digest(person, NOW - 2 * DAY)
        digest(person, NOW - DAY)
    factories.interaction(customer, author=owner, created_at=NOW - timedelta(hours=1))
    factories.follow_up(customer).finish(teammate, NOW - timedelta(hours=30))
    assert ignoring() == set()


def test_what_was_done_before_the_first_or_by_somebody_else_is_none(
    customer: Customer, owner: User, teammate: User
) -> None:
    digest(owner, NOW - 2 * DAY)
    digest(owner, NOW - DAY)
    factories.interaction(customer, author=owner, created_at=NOW - 3 * DAY)
    factories.interaction(customer, author=teammate, created_at=NOW)
    assert ignoring() == {owner.pk}


def test_the_manager_is_told_of_the_own_team_with_the_escalation(
    owner: User, manager: User, outsider: User, administrator: User
) -> None:
    elsewhere = factories.user("manager", team=factories.team())
    for person in (owner, outsider):
        digest(person, NOW - 2 * DAY)
        digest(person, NOW - DAY)
    plan(at=NOW)
    told = Message.objects.filter(kind=MessageKind.ESCALATION)
    assert {message.recipient for message in told} == {manager, administrator}
    text = escalation(manager)
    assert "Digests without an answer (1)" in text
    assert "Mia Berg\n  Got two morning digests since Tuesday 24 November" in text
    assert "Olga Ek" not in text
    assert "Olga Ek" in escalation(administrator)
    with pytest.raises(Unwritable):
        escalation(elsewhere)


def test_not_on_the_day_of_the_second_there_is_a_day_to_act(owner: User, manager: User) -> None:
    digest(owner, NOW - DAY)
    digest(owner, NOW - timedelta(hours=1))
    plan(at=NOW)
    assert not Message.objects.filter(kind=MessageKind.ESCALATION).exists()
    plan(at=NOW + DAY)
    assert Message.objects.filter(kind=MessageKind.ESCALATION).count() == 1


def test_is_named_once_and_again_only_after_having_done_something(
    customer: Customer, owner: User, manager: User
) -> None:
    Customer.objects.update(next_due_on=NOW.date() + timedelta(days=90))
    named = []
    for number in range(9):
        day = NOW + number * DAY
        plan(at=day - timedelta(hours=3))
        plan(at=day)
        sent = Message.objects.filter(kind=MessageKind.ESCALATION, state=State.PLANNED)
        if sent.update(state=State.SENT, finished_at=day):
            named.append(number)
        digest(owner, day)
        if number == 4:
            factories.interaction(customer, author=owner, created_at=day + timedelta(hours=2))
    # The days are Thursday to the Friday after next; the manager works from Monday to Friday.
    assert named == [4, 7]
