"""The weekly mail to managers: on which morning, to whom, and what it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from outreach.composing import Unwritable
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.tests.reading import a_message, build, read, text_of
from tests import factories

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sender(company: Company, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


def readers() -> list[str]:
    rows = Message.objects.filter(kind=MessageKind.WEEKLY).select_related("recipient").order_by("recipient__name")
    return [str(message.recipient) for message in rows]


def week(manager: User) -> str:
    return text_of(read(build(a_message(None, MessageKind.WEEKLY, recipient=manager), MONDAY)))


def test_a_week_that_begins_on_sunday_has_its_first_working_day_there(manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(working_days=[0, 1, 2, 3, 6], week_start=6)
    sunday = MONDAY - DAY
    for day in range(-3, 6):
        plan(at=sunday + day * DAY)
    assert list(Message.objects.filter(kind=MessageKind.WEEKLY).values_list("occasion", flat=True)) == [
        f"weekly:{manager.pk}:2026-11-29"
    ]


def test_managers_get_one_on_monday_morning_and_nobody_else(owner: User, manager: User, administrator: User) -> None:
    for day in range(-3, 6):
        plan(at=MONDAY + day * DAY)
        plan(at=MONDAY + day * DAY + timedelta(hours=1))
    assert readers() == ["Ada Holm", "Max Lind"]
    assert Message.objects.filter(occasion=f"weekly:{manager.pk}:2026-11-30").exists()


def test_who_does_not_work_on_mondays_gets_it_on_the_first_working_day(manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(working_days=[2, 3])
    plan(at=MONDAY)
    assert readers() == []
    plan(at=MONDAY + 2 * DAY)
    assert readers() == ["Max Lind"]


def test_without_working_days_given_monday_counts(manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(working_days=[])
    for day in range(7):
        plan(at=MONDAY + day * DAY)
    assert readers() == ["Max Lind"]


def test_says_how_the_week_went_for_the_team_and_what_is_open(
    owner: User, outsider: User, manager: User, administrator: User
) -> None:
    for person, name in ((owner, "Lindqvist AB"), (outsider, "Elsewhere Ltd")):
        customer = factories.customer(person, name=name, next_due_on=(MONDAY - DAY).date())
        factories.follow_up(customer, is_promise=True, due_at=MONDAY - DAY, done_at=MONDAY - 2 * DAY)
        factories.follow_up(customer, is_promise=True, due_at=MONDAY - DAY, done_at=MONDAY)
        factories.follow_up(customer, is_promise=True, due_at=MONDAY - 2 * DAY)
        factories.follow_up(customer, is_promise=True, due_at=MONDAY - 8 * DAY)
        factories.complaint(customer, what="Late again", opened_at=MONDAY - 20 * DAY)
        invitation = factories.invitation(factories.contact(customer))
        factories.response(invitation, score=2, comment="Too slow", answered_at=MONDAY - 3 * DAY)
        factories.message(factories.contact(customer), state=State.HELD, due_at=MONDAY - DAY)
    text = week(manager)
    for line in ("1 customer gone quiet", "1 promise kept", "2 promises not kept in time", "1 message held back"):
        assert f"- {line}\n" in text
    # What needs no reason has no empty line in its place.
    assert not [line for line in text.splitlines() if line and line.isspace()]
    assert "- 1 customer gone quiet\n  http" in text
    assert "Open complaints (1)" in text
    assert "Lindqvist AB: Late again\n  Serious, since 10 November.\n" in text
    assert "Lindqvist AB\n  Scored us 2 of 10. Too slow\n" in text
    assert "Elsewhere" not in text
    assert "2 customers gone quiet" in week(administrator)


def test_a_week_with_nothing_to_say_is_no_mail(manager: User, customer: Customer) -> None:
    Customer.objects.update(next_due_on=MONDAY.date())
    with pytest.raises(Unwritable):
        week(manager)


def test_lists_are_cut_off_and_say_how_many_more(customer: Customer, manager: User) -> None:
    for _number in range(13):
        factories.complaint(customer)
    text = week(manager)
    assert "Open complaints (13)" in text
    assert text.count("Lindqvist AB: Late delivery") == 10
    assert "and 3 more" in text
