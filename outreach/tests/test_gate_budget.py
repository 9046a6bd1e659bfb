"""The budget: so many days between any two messages to a customer, and between two of a kind."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company
from outreach.models import Message, MessageKind, State
from outreach.tests.gate_rulings import gone_out, rule, ruling, survey, thanks
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
WEEK = timedelta(days=7)


# ---- Between any two ----


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN])
@pytest.mark.parametrize("make", [thanks, survey])
def test_a_second_message_waits_until_a_week_has_passed(make: Any, state: State) -> None:
    message = make()
    first = gone_out(message, days=2, state=state)
    decided = ruling(message)
    assert decided is not None
    assert (decided.state, decided.rule) == ("planned", "budget")
    assert decided.due_at == first.finished_at + WEEK  # type: ignore[operator]
    assert "24 November 2026 (Survey invitation). It waits until 1 December 2026." in decided.sentence


def test_where_it_would_be_too_late_then_it_is_a_call() -> None:
    message = thanks(expires_at=NOW + timedelta(days=5))
    gone_out(message, days=2)
    assert rule(message) == ("held", "budget")
    gone_out(message, days=1.99)
    Message.objects.filter(pk=message.pk).update(expires_at=NOW + timedelta(days=5.02))
    assert rule(message) == ("planned", "budget")


@pytest.mark.parametrize(
    ("budget", "days", "speaks"), [(7, 7, False), (7, 6.999, True), (30, 29, True), (0, 0, False), (1, 1.001, False)]
)
def test_the_budget_is_the_companys(budget: int, days: float, speaks: bool) -> None:
    Company.objects.update(budget_days=budget)
    message = thanks()
    gone_out(message, days=days)
    assert (rule(message) is not None) is speaks


@pytest.mark.parametrize("state", [State.PLANNED, State.HELD, State.CANCELLED, State.EXPIRED, State.FAILED])
def test_what_never_reached_them_does_not_count(state: State) -> None:
    message = thanks()
    gone_out(message, state=state)
    assert rule(message) is None


def test_it_counts_for_the_whole_customer_and_for_everybody_with_the_address() -> None:
    colleague, stranger = thanks(), thanks()
    gone_out(colleague, contact=factories.contact(colleague.customer))
    assert rule(colleague) == ("planned", "budget")
    gone_out(stranger, contact=factories.contact())
    assert rule(stranger) is None
    assert stranger.contact is not None
    gone_out(stranger, contact=factories.contact(email=stranger.contact.email.upper()))
    assert rule(stranger) == ("planned", "budget")


def test_nobody_is_thanked_twice_in_a_week() -> None:
    message = thanks()
    gone_out(message, kind=MessageKind.THANK_YOU)
    decided = ruling(message)
    assert decided is not None
    assert (decided.state, decided.rule) == ("cancelled", "budget")
    assert decided.sentence == "They were thanked on 25 November 2026 already."


def test_a_birthday_waits_for_no_survey_and_a_survey_waits_for_the_birthday() -> None:
    greeting = factories.message()
    gone_out(greeting, kind=MessageKind.SURVEY)
    gone_out(greeting, kind=MessageKind.THANK_YOU)
    gone_out(greeting, kind=MessageKind.BIRTHDAY, contact=factories.contact(greeting.customer))
    assert rule(greeting) is None
    question = survey()
    gone_out(question, kind=MessageKind.BIRTHDAY)
    assert rule(question) == ("planned", "budget")


def test_two_birthdays_at_one_address_within_the_week_are_one_mail_and_one_call() -> None:
    greeting = factories.message()
    assert greeting.contact is not None
    wife = factories.contact(email=greeting.contact.email, birthday_month=11, birthday_day=24)
    gone_out(greeting, days=2, kind=MessageKind.BIRTHDAY, contact=wife)
    assert rule(greeting) == ("held", "budget")


# ---- Between two of a kind ----


def greeting_of_the_year(**fields: Any) -> Message:
    contact = factories.contact(is_primary=True)
    event = factories.dated_event(contact)
    return factories.message(contact, kind=MessageKind.EVENT, dated_event=event, **fields)


@pytest.mark.parametrize(
    ("setting", "make", "kind", "expected"),
    [
        ("thanks_gap_days", thanks, MessageKind.THANK_YOU, ("cancelled", "budget")),
        ("survey_gap_days", survey, MessageKind.SURVEY, ("held", "budget")),
        ("greeting_gap_days", greeting_of_the_year, MessageKind.BIRTHDAY, ("held", "budget")),
        ("greeting_gap_days", greeting_of_the_year, MessageKind.ANNIVERSARY, ("held", "budget")),
    ],
)
def test_between_two_of_a_kind_lie_as_many_days_as_the_company_says(
    setting: str, make: Any, kind: str, expected: tuple[str, str]
) -> None:
    message = make(expires_at=NOW + timedelta(days=2))
    gone_out(message, days=20, kind=kind, contact=factories.contact(message.customer))
    assert rule(message) is None
    Company.objects.update(**{setting: 30})
    assert rule(message) == expected
    Company.objects.update(**{setting: 20})
    assert rule(message) is None


def test_the_days_of_a_kind_are_counted_from_its_own_and_those_of_any_two_from_the_last() -> None:
    Company.objects.update(budget_days=2, survey_gap_days=12)
    question = survey(expires_at=NOW + timedelta(days=20))
    asked = gone_out(question, days=9, contact=factories.contact(question.customer))
    gone_out(question, days=1, kind=MessageKind.THANK_YOU)
    decided = ruling(question)
    assert decided is not None and asked.finished_at is not None
    assert decided.due_at == asked.finished_at + timedelta(days=12)
    assert "(Survey invitation)" in decided.sentence
    Company.objects.update(budget_days=5)
    decided = ruling(question)
    assert decided is not None
    assert decided.due_at == NOW + timedelta(days=4)
    assert "(Thank-you note)" in decided.sentence


def test_who_was_thanked_lately_is_not_thanked_again_whatever_came_in_between() -> None:
    message = thanks()
    gone_out(message, days=5, kind=MessageKind.THANK_YOU)
    gone_out(message, days=2, kind=MessageKind.SURVEY)
    assert rule(message) == ("cancelled", "budget")


@pytest.mark.parametrize("setting", ["greeting_gap_days", "thanks_gap_days", "survey_gap_days"])
def test_without_a_limit_of_its_own_a_kind_comes_as_often_as_it_falls_due(setting: str) -> None:
    Company.objects.update(**{setting: 0, "budget_days": 0})
    makers = {"greeting_gap_days": greeting_of_the_year, "thanks_gap_days": thanks, "survey_gap_days": survey}
    message = makers[setting]()
    gone_out(message, days=0.1, kind=message.kind, contact=factories.contact(message.customer))
    assert rule(message) is None


def test_two_birthdays_at_one_address_have_the_days_of_greetings_between_them() -> None:
    Company.objects.update(greeting_gap_days=3)
    greeting = factories.message()
    assert greeting.contact is not None
    wife = factories.contact(email=greeting.contact.email, birthday_month=11, birthday_day=22)
    gone_out(greeting, days=4, kind=MessageKind.BIRTHDAY, contact=wife)
    assert rule(greeting) is None
    Company.objects.update(greeting_gap_days=5)
    assert rule(greeting) == ("held", "budget")


def test_the_survey_about_a_meeting_does_not_wait_because_of_its_recap() -> None:
    question = survey()
    gone_out(question, days=0.1, kind=MessageKind.RECAP)
    assert rule(question) is None
    gone_out(question, days=0.1, kind=MessageKind.LETTER)
    assert rule(question) == ("planned", "budget")
