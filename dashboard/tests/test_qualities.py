"""The four qualities of a relationship and reliability: how each stands, by what, and what is to be done next."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from dashboard.qualities import Quality, qualities
from interactions.models import Kind, Outcome
from outreach.models import MessageKind
from retention.assessing import facts
from retention.tests.histories import answered, contacts
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)
NAMES = ["Needs met on both sides", "Appreciation", "Open communication", "Time together", "Reliability"]


@pytest.fixture
def customer(customer: Customer) -> Customer:
    """A customer for two years, to be called every 30 days."""
    Customer.objects.update(customer_since=TODAY - 730 * DAY, cadence_days=30)
    customer.refresh_from_db()
    return customer


def of(customer: Customer, name: str) -> Quality:
    found = {quality.name: quality for quality in qualities(customer, facts(customer, at=NOW), at=NOW)}
    assert list(found) == NAMES
    return found[name]


def said(customer: Customer, name: str) -> tuple[str, str, str]:
    quality = of(customer, name)
    return quality.state.value, " ".join(quality.evidence), quality.step.words if quality.step else ""


def promise(customer: Customer, due: int, done: int | None) -> None:
    """Due and done so many days ago."""
    factories.follow_up(
        customer,
        is_promise=True,
        due_at=NOW - due * DAY,
        created_at=NOW - (due + 9) * DAY,
        done_at=None if done is None else NOW - done * DAY,
    )


# ---- Needs ----


def test_of_needs_nothing_is_known_at_first(customer: Customer) -> None:
    assert said(customer, NAMES[0]) == ("unknown", "Nothing in the last year.", "Ask what they need next")


def test_an_open_complaint_comes_first(customer: Customer) -> None:
    complaint = factories.complaint(customer, opened_at=NOW - DAY)
    factories.wish(customer, said_at=NOW - 60 * DAY)
    assert said(customer, NAMES[0]) == (
        "better",
        "1 open complaint. 1 wish waits for an answer.",
        "Put the complaint right",
    )
    step = of(customer, NAMES[0]).step
    assert step is not None and step.address == reverse("complaint_resolve", args=[complaint.pk])


@pytest.mark.parametrize(("days", "state"), [(30, "good"), (31, "better")])
def test_a_wish_may_wait_thirty_days(customer: Customer, days: int, state: str) -> None:
    factories.wish(customer, said_at=NOW - days * DAY)
    assert of(customer, NAMES[0]).state == state


def test_who_bought_before_and_not_for_a_year_lacks_something(customer: Customer) -> None:
    factories.purchase(customer, "10.00", happened_at=NOW - 364 * DAY)
    assert said(customer, NAMES[0]) == ("good", "Bought 1 time. Last purchase on 27 November 2025.", "")
    customer.interactions.update(day=TODAY - 365 * DAY)
    assert said(customer, NAMES[0]) == ("better", "Last purchase on 26 November 2025.", "Ask what they need next")


# ---- Appreciation ----


def test_a_gesture_a_thank_you_or_a_greeting_is_appreciation(customer: Customer) -> None:
    assert said(customer, NAMES[1]) == ("better", "Nothing in the last year.", "Write them a letter of thanks")
    factories.interaction(customer, kind=Kind.GESTURE, happened_at=NOW - 40 * DAY)
    contact = factories.contact(customer)
    for kind in (MessageKind.THANK_YOU, MessageKind.BIRTHDAY, MessageKind.SURVEY):
        factories.message(contact, kind=kind, state="sent", finished_at=NOW - DAY)
    words = "1 gesture. Thanked by mail 1 time. 1 greeting. Last gesture on 17 October 2026."
    assert said(customer, NAMES[1]) == ("good", words, "")


def test_somebody_new_need_not_have_been_appreciated_yet(customer: Customer) -> None:
    customer.customer_since = TODAY - 100 * DAY
    assert of(customer, NAMES[1]).state == "unknown"


# ---- Open communication ----


def test_who_answers_and_can_be_reached_is_open(customer: Customer) -> None:
    assert of(customer, NAMES[2]).state == "unknown"
    contacts(customer, 1, 5)
    factories.interaction(customer, outcome=Outcome.NO_ANSWER, happened_at=NOW - 2 * DAY)
    answered(customer, 8, 3)
    factories.wish(customer, said_at=NOW - DAY)
    words = "Told us 1 wish. Answered 1 of 1 survey. Reached 2 of 3 times."
    assert said(customer, NAMES[2]) == ("good", words, "")
    for _number in range(2):
        factories.interaction(customer, outcome=Outcome.NO_ANSWER, happened_at=NOW - DAY)
    assert said(customer, NAMES[2])[::2] == ("better", "Ask how we are doing")


def test_who_never_answers_what_we_ask_is_not(customer: Customer) -> None:
    contact = factories.contact(customer)
    factories.invitation(contact, survey=factories.survey(), send_at=NOW - DAY)
    assert said(customer, NAMES[2]) == ("better", "Answered 0 of 1 survey.", "Ask how we are doing")


@pytest.mark.parametrize(
    ("asked", "fell_silent"), [((20, 10), True), ((10,), False), ((20, 3), False), ((40, 20, 10), True)]
)
def test_who_used_to_answer_and_left_two_surveys_unanswered_fell_silent(
    customer: Customer, asked: tuple[int, ...], fell_silent: bool
) -> None:
    contact, survey = factories.contact(customer), factories.survey()
    factories.response(factories.invitation(contact, survey=survey, send_at=NOW - 90 * DAY))
    for days in asked:
        factories.invitation(contact, survey=survey, send_at=NOW - days * DAY)

    state, words, _step = said(customer, NAMES[2])
    assert (state == "better", "did not answer the last two" in words) == (fell_silent, fell_silent)


def test_another_who_never_answered_fell_silent_of_nothing(customer: Customer) -> None:
    survey = factories.survey()
    factories.response(factories.invitation(factories.contact(customer), survey=survey, send_at=NOW - 90 * DAY))
    for days in (20, 10):
        factories.invitation(factories.contact(customer), survey=survey, send_at=NOW - days * DAY)

    assert "did not answer the last two" not in said(customer, NAMES[2])[1]


def test_who_answers_in_confidence_is_not_silent(customer: Customer) -> None:
    contact, survey = factories.contact(customer), factories.survey()
    factories.response(factories.invitation(contact, survey=survey, send_at=NOW - 90 * DAY))
    for days in (20, 10):
        factories.invitation(contact, survey=survey, send_at=NOW - days * DAY, answered_in_confidence=True)

    state, words, _step = said(customer, NAMES[2])
    assert (state, "did not answer" in words) == ("good", False)


# ---- Time together ----


@pytest.mark.parametrize(("talks", "state", "step"), [(10, "good", ""), (9, "better", "Meet them")])
def test_conversations_are_held_against_the_cadence(customer: Customer, talks: int, state: str, step: str) -> None:
    """Every 30 days makes 12.2 a year, and four fifths of that 9.7."""
    contacts(customer, *range(1, talks + 1))
    words = f"{talks} conversations. Wanted at least every 30 days."
    assert said(customer, NAMES[3]) == (state, words, step)


def test_whom_nobody_speaks_to_is_to_be_called(customer: Customer) -> None:
    assert said(customer, NAMES[3]) == ("better", "Wanted at least every 30 days.", "Call them")
    customer.customer_since = TODAY - 20 * DAY
    assert of(customer, NAMES[3]).state == "unknown"


def test_a_meeting_is_told_also_from_long_ago(customer: Customer) -> None:
    contacts(customer, 400, kind=Kind.MEETING)
    assert of(customer, NAMES[3]).evidence[0] == "Last met on 22 October 2025."


# ---- Reliability ----


def test_of_ten_promises_nine_are_good(customer: Customer) -> None:
    assert said(customer, NAMES[4]) == ("unknown", "Nothing in the last year.", "Agree on a next step, with a day")
    for _number in range(9):
        promise(customer, 10, 11)
    promise(customer, 10, 9)
    assert said(customer, NAMES[4]) == ("good", "9 promises kept in time. 1 promise kept late.", "")
    promise(customer, 20, 9)
    assert of(customer, NAMES[4]).state == "better"


def test_what_is_overdue_comes_first(customer: Customer) -> None:
    promise(customer, 3, None)
    factories.interaction(customer, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_US, happened_at=NOW - DAY)
    words = "1 promise overdue. We missed 1 appointment. Overdue since 23 November 2026."
    assert said(customer, NAMES[4]) == ("better", words, "Keep what is overdue")
    customer.follow_ups.all().delete()
    assert said(customer, NAMES[4])[2] == "Call and make up for it"


# ---- The page ----


def test_they_are_found_by_one_query_however_much_there_is(customer: Customer) -> None:
    for rows in (1, 30):
        for number in range(rows):
            factories.complaint(customer)
            contacts(customer, number)
        with CaptureQueriesContext(connection) as queries:
            facts(customer, at=NOW)
        assert len(queries) == 1


def test_they_are_a_page_and_a_part_of_one(customer: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    address = reverse("customer_qualities", args=[customer.pk])
    assert f'hx-get="{address}"' in browser.get(reverse("customer", args=[customer.pk])).content.decode()
    whole = browser.get(address).content.decode()
    part = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole and "<html" not in part
    for name in NAMES:
        assert name in whole and name in part


def links(response: Any) -> list[str]:
    return re.findall(r'<div class="row-side">\s*<a href="([^"]+)"', response.content.decode())


def test_who_may_only_read_gets_no_links(
    customer: Customer, owner: User, outsider: User, login: Login, company: Company
) -> None:
    company.visibility = Visibility.COMPANY
    company.save()
    address = reverse("customer_qualities", args=[customer.pk])
    assert len(links(login(owner).get(address))) == 5
    assert links(login(outsider).get(address)) == []


@pytest.mark.parametrize("fields", [{"lost_on": TODAY}, {"do_not_contact": True}])
def test_whom_one_leaves_alone_has_nothing_to_be_done(customer: Customer, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(customer, name, value)
    assert [quality.step for quality in qualities(customer, facts(customer, at=NOW), at=NOW)] == [None] * 5
