"""Questions to ask while one speaks to a customer: offered in the log panel, kept with it, and read together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from interactions.models import CheckInAnswer, CheckInQuestion, Interaction
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def question(text: str, **fields: Any) -> CheckInQuestion:
    return CheckInQuestion.objects.create(text=text, **fields)


def answered(customer: Customer, asked: CheckInQuestion, text: str, days: int = 1) -> CheckInAnswer:
    interaction = factories.interaction(customer, happened_at=NOW - timedelta(days=days))
    return CheckInAnswer.objects.create(interaction=interaction, question=asked, text=text)


def log(browser: Client, customer: Customer, **data: Any) -> Any:
    sent = {"customer": customer.pk, "kind": "call", "outcome": "held", "notes": "", "next_in": ""} | data
    return browser.post(reverse("log"), sent, headers=HTMX)


def test_those_of_the_segment_and_of_all_are_offered_in_their_order(
    owner: User, customer: Customer, login: Login
) -> None:
    question("For all, last", position=3)
    question("For these", segment=customer.segment, position=1)
    question("For others", segment=factories.segment(), position=2)
    question("Not any more", is_asked=False)

    words = login(owner).get(reverse("log_questions", args=[customer.pk]), headers=HTMX).content.decode()

    assert words.index("For these") < words.index("For all, last")
    assert "For others" not in words and "Not any more" not in words
    panel = login(owner).get(f"{reverse('log')}?customer={customer.pk}", headers=HTMX).content.decode()
    assert f'hx-get="{reverse("log_questions", args=[customer.pk])}"' in panel


def test_what_they_answered_is_kept_with_the_conversation(owner: User, customer: Customer, login: Login) -> None:
    needs, prices = question("What do you need next?"), question("How are our prices?")
    elsewhere = question("For others", segment=factories.segment())
    browser = login(owner)

    data = {f"check_{needs.pk}": "A second machine", f"check_{prices.pk}": " ", f"check_{elsewhere.pk}": "x"}
    assert log(browser, customer, **data).status_code == 200

    assert [(row.question, row.text) for row in CheckInAnswer.objects.all()] == [(needs, "A second machine")]
    timeline = browser.get(reverse("customer_timeline", args=[customer.pk]), headers=HTMX).content.decode()
    assert "What do you need next?" in timeline and "A second machine" in timeline


def test_too_long_an_answer_is_said_at_the_question_and_not_lost(owner: User, customer: Customer, login: Login) -> None:
    needs = question("What do you need next?")

    response = log(login(owner), customer, **{f"check_{needs.pk}": "y" * 501})

    assert response.status_code == 422
    assert "y" * 501 in response.content.decode() and "What do you need next?" in response.content.decode()
    assert not Interaction.objects.exists()


def test_a_log_without_questions_asks_nothing_of_the_database_for_them(
    owner: User, customer: Customer, login: Login
) -> None:
    question("What do you need next?")
    with CaptureQueriesContext(connection) as queries:
        log(login(owner), customer)

    assert not [query for query in queries if "checkin" in query["sql"]]


def test_the_answers_to_a_question_stand_together_for_whoever_may_see_the_customer(
    owner: User, outsider: User, manager: User, customer: Customer, login: Login
) -> None:
    needs = question("What do you need next?")
    answered(customer, needs, "A second machine")
    answered(factories.customer(outsider), needs, "A ladder")
    address = reverse("check_in_answers", args=[needs.pk])

    seen = {person: login(person).get(address).content.decode() for person in (owner, outsider, manager)}

    assert "A second machine" in seen[owner] and "A ladder" not in seen[owner]
    assert "A ladder" in seen[outsider] and "A second machine" not in seen[outsider]
    assert "A ladder" in seen[manager] and "A second machine" in seen[manager]


def test_three_answers_cost_as_many_queries_as_one(manager: User, owner: User, login: Login) -> None:
    needs, browser, counts = question("What do you need next?"), login(manager), []
    for number in range(3):
        answered(factories.customer(owner), needs, f"Answer {number}", days=number + 1)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse("check_in_answers", args=[needs.pk])).status_code == 200
        counts.append(len(queries))

    assert len(set(counts)) == 1


def test_questions_are_written_by_administrators(administrator: User, manager: User, login: Login) -> None:
    new = reverse("check_in_question_new")
    assert login(manager).post(new, {"text": "Why?", "position": 1}).status_code == 403
    assert login(administrator).post(new, {"text": "", "position": 1}).status_code == 422
    assert login(administrator).post(new, {"text": "Why?", "position": 1}).status_code == 302

    made = CheckInQuestion.objects.get()
    login(administrator).post(reverse("check_in_question", args=[made.pk]), {"text": "Why not?", "position": 2})
    made.refresh_from_db()
    assert (made.text, made.is_asked) == ("Why not?", False)
    assert "Why not?" in login(manager).get(reverse("check_in_questions")).content.decode()
