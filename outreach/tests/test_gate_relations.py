"""Rules of the gate about how things stand with the customer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer, OwnerChange
from outreach.models import Message, MessageKind
from outreach.tests.gate_rulings import rule, ruling, survey_mail
from surveys.models import Response
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
MOMENT = timedelta(seconds=1)


def customer_of(message: Message) -> Customer:
    assert message.customer is not None
    return message.customer


def owner_change(message: Message, **fields: Any) -> OwnerChange:
    customer = customer_of(message)
    fields = {"former": factories.user(), "changed_at": NOW - timedelta(days=3), **fields}
    return OwnerChange.objects.create(customer=customer, owner=customer.owner, **fields)


def automatic_mails() -> list[Message]:
    thanks = factories.message(factories.contact(), kind=MessageKind.THANK_YOU)
    return [factories.message(), thanks, survey_mail()]


# ---- Promises ----


@pytest.mark.parametrize(
    ("late", "expected"), [(MOMENT, ("held", "overdue_promise")), (timedelta(), None), (-MOMENT, None)]
)
def test_a_promise_past_its_time_comes_first(late: timedelta, expected: object) -> None:
    message = factories.message()
    factories.follow_up(message.customer, is_promise=True, due_at=NOW - late)
    assert rule(message) == expected


@pytest.mark.parametrize("fields", [{"is_promise": False}, {"is_promise": True, "done_at": NOW}])
def test_a_plain_step_and_a_promise_kept_do_not_hold(fields: dict[str, Any]) -> None:
    message = factories.message()
    factories.follow_up(message.customer, due_at=NOW - timedelta(days=2), **fields)
    assert rule(message) is None


def test_the_promise_is_named_with_its_day_by_the_clock_of_who_made_it() -> None:
    message = factories.message()
    User.objects.filter(pk=customer_of(message).owner_id).update(time_zone="Pacific/Kiritimati")
    for days, title in ((1, "Call about the delivery"), (4, "Send {prices}"), (2, "Visit")):
        due = NOW - timedelta(days=days) + timedelta(hours=2)
        factories.follow_up(message.customer, title=title, is_promise=True, due_at=due)
    decided = ruling(message)
    assert decided is not None
    assert decided.sentence == "We promised “Send {prices}” by 23 November 2026. Keep it first, or call."


# ---- Bad answers ----


def answer(message: Message, score: int, days: float = 1, contact: Any = None) -> None:
    invitation = factories.invitation(contact or message.contact)
    factories.response(invitation, score=score, answered_at=NOW - timedelta(days=days))


@pytest.mark.parametrize(("score", "holds"), [(0, True), (6, True), (7, False), (10, False)])
def test_no_greeting_after_a_bad_answer(score: int, holds: bool) -> None:
    message = factories.message()
    answer(message, score)
    assert rule(message) == (("held", "detractor") if holds else None)


@pytest.mark.parametrize(
    ("rest", "days", "holds"), [(30, 29.999, True), (30, 30, False), (60, 59, True), (0, 0, False)]
)
def test_the_rest_ends_after_as_many_days_as_the_company_says(rest: int, days: float, holds: bool) -> None:
    Company.objects.update(detractor_rest_days=rest)
    message = factories.message()
    answer(message, 3, days)
    assert (rule(message) is not None) is holds


def test_a_better_answer_of_the_same_person_ends_it_one_of_a_colleague_does_not() -> None:
    message = factories.message()
    answer(message, 3, days=5)
    answer(message, 9, days=2, contact=factories.contact(message.customer))
    decided = ruling(message)
    assert decided is not None
    assert decided.sentence == "They scored us 3 of 10 on 21 November 2026. Call instead."
    answer(message, 8, days=1)
    assert rule(message) is None


def test_an_answer_that_gave_no_score_does_not_end_it() -> None:
    message = factories.message()
    answer(message, 3, days=5)
    answer(message, 9, days=1)
    Response.objects.filter(score=9).update(score=None)
    assert rule(message) == ("held", "detractor")


def test_one_unhappy_person_speaks_for_the_customer_but_for_no_other() -> None:
    message, other = factories.message(), factories.message()
    answer(message, 2, contact=factories.contact(message.customer))
    assert rule(message) == ("held", "detractor")
    assert rule(other) is None


# ---- A new owner ----


def test_a_new_owner_is_introduced_first() -> None:
    message = factories.message()
    change = owner_change(message)
    decided = ruling(message)
    assert decided is not None
    assert (decided.state, decided.rule) == ("held", "owner_changed")
    owner = customer_of(message).owner
    assert decided.sentence == f"{owner} looks after them since 23 November 2026; introduce yourself first."
    change.announced_at = NOW
    change.save()
    assert rule(message) is None


def test_of_two_changes_the_last_one_counts_and_one_untold_is_enough() -> None:
    message = factories.message()
    owner_change(message, changed_at=NOW - timedelta(days=9))
    told = owner_change(message, announced_at=NOW)
    assert rule(message) == ("held", "owner_changed")
    OwnerChange.objects.filter(pk=told.pk).update(announced_at=None)
    decided = ruling(message)
    assert decided is not None
    assert "since 23 November 2026" in decided.sentence


def test_the_change_of_another_customer_does_not_hold() -> None:
    owner_change(factories.message())
    assert rule(factories.message()) is None


# ---- All of them ----


@pytest.mark.parametrize("trouble", ["open_complaint", "overdue_promise", "detractor", "owner_changed"])
def test_each_holds_all_that_goes_out_by_itself_and_no_mail_to_staff(trouble: str, owner: User) -> None:
    makers: dict[str, Callable[[Message], object]] = {
        "open_complaint": lambda message: factories.complaint(message.customer),
        "overdue_promise": lambda message: factories.follow_up(
            message.customer, is_promise=True, due_at=NOW - timedelta(days=1)
        ),
        "detractor": lambda message: answer(message, 2, contact=factories.contact(message.customer)),
        "owner_changed": owner_change,
    }
    for message in automatic_mails():
        makers[trouble](message)
        assert rule(message) == ("held", trouble)
    assert rule(factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST)) is None


@pytest.mark.parametrize("trouble", ["open_complaint", "overdue_promise", "detractor", "owner_changed"])
def test_what_a_person_set_aside_does_not_speak_and_the_next_rule_does(trouble: str) -> None:
    message = factories.message(released_rules=[trouble])
    factories.complaint(message.customer)
    factories.follow_up(message.customer, is_promise=True, due_at=NOW - timedelta(days=1))
    answer(message, 2)
    owner_change(message)
    expected = "overdue_promise" if trouble == "open_complaint" else "open_complaint"
    assert rule(message) == ("held", expected)
    everything = ["open_complaint", "overdue_promise", "detractor", "owner_changed"]
    Message.objects.update(released_rules=everything)
    assert rule(message) is None
