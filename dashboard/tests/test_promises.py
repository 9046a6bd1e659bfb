"""The page of promises: figures, the list behind each, and who sees whose."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


def promise(customer: Customer, title: str, *, assignee: User, due: int = -1, done: int | None = None) -> FollowUp:
    made = factories.follow_up(customer, title=title, is_promise=True, due_at=NOW + due * DAY, assignee=assignee)
    if done is not None:
        made.finish(assignee, NOW + done * DAY)
    return made


def page(browser: Client, **query: str | int) -> str:
    response = browser.get(reverse("promises"), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def shown(words: str, *titles: str) -> list[str]:
    return [title for title in titles if f"<bdi>{title}</bdi>" in words]


def test_it_says_how_many_were_kept_in_time_and_which(
    customer: Customer, owner: User, teammate: User, manager: User, login: Login
) -> None:
    promise(customer, "Samples", assignee=owner, done=-1)
    promise(customer, "Price list", assignee=owner, done=0)
    promise(customer, "Invoice", assignee=teammate)
    promise(customer, "Visit", assignee=teammate, due=3)
    names = ("Samples", "Price list", "Invoice", "Visit")

    words = page(login(manager))

    assert "1 of 3 promises kept in time" in words
    assert "and 1 still to keep are left out" in words
    assert shown(words, *names) == list(names)
    for fate, titles in {
        "in_time": ["Samples"],
        "late": ["Price list"],
        "broken": ["Invoice"],
        "ahead": ["Visit"],
        "decided": ["Samples", "Price list", "Invoice"],
        "no such thing": list(names),
    }.items():
        assert shown(page(login(manager), figure=fate), *names) == titles
    assert shown(page(login(manager), person=teammate.pk), *names) == ["Invoice", "Visit"]
    assert shown(page(login(manager), person="x", team="-1"), *names) == list(names)


def test_every_figure_leads_to_as_many_as_it_says(
    customer: Customer, owner: User, teammate: User, manager: User, login: Login
) -> None:
    for number in range(3):
        promise(customer, f"Kept {number}", assignee=owner, done=-1)
        promise(customer, f"Broken {number}", assignee=teammate)
    browser = login(manager)
    words = page(browser)
    found = re.findall(r'<td[^>]*> ?<a href="([^"]+)">(\d+)</a>', words)
    assert [int(number) for _address, number in found] == [3, 0, 3]
    for address, number in found:
        behind = browser.get(unescape(address)).content.decode()
        assert behind.count('class="stretched-link"') == int(number)


def test_staff_see_their_own_and_not_what_others_promised(
    customer: Customer, owner: User, teammate: User, login: Login
) -> None:
    promise(customer, "Mine", assignee=owner)
    promise(customer, "Theirs", assignee=teammate)
    browser = login(owner)
    for query in ({}, {"person": teammate.pk}, {"team": owner.team_id or 0}):
        words = page(browser, **query)
        assert shown(words, "Mine", "Theirs") == ["Mine"]
        assert "By person" not in words and teammate.name not in words


def test_a_percentage_stands_only_where_there_are_enough(
    customer: Customer, owner: User, manager: User, login: Login
) -> None:
    for number in range(9):
        promise(customer, f"Kept {number}", assignee=owner, done=-1)
    assert "100 %" not in page(login(manager))
    promise(customer, "One more", assignee=owner, done=-1)
    assert "100 %" in page(login(manager))


def test_the_days_can_be_chosen_and_wrong_ones_are_said(
    customer: Customer, owner: User, manager: User, login: Login
) -> None:
    promise(customer, "Old", assignee=owner, due=-400)
    promise(customer, "New", assignee=owner)
    browser = login(manager)
    assert shown(page(browser), "Old", "New") == ["New"]
    assert shown(page(browser, first="", last=""), "Old", "New") == ["Old", "New"]
    assert shown(page(browser, first="2025-01-01", last="2025-12-31"), "Old", "New") == ["Old"]
    assert "The last day lies before the first." in page(browser, first="2026-02-01", last="2026-01-01")
    assert "Enter a valid date" in page(browser, first="nonsense")


def test_a_promise_is_released_with_undo(customer: Customer, owner: User, login: Login) -> None:
    made = promise(customer, "Samples", assignee=owner, due=2)
    browser = login(owner)
    assert (
        reverse("follow_up_release", args=[made.pk])
        in browser.get(reverse("follow_up_move", args=[made.pk])).content.decode()
    )

    answer = browser.post(reverse("follow_up_release", args=[made.pk]), follow=True).content.decode()

    assert "They do not need it any more: Samples" in answer
    assert reverse("follow_up_reopen", args=[made.pk]) in answer
    assert "No longer needed" in page(browser)
    timeline = browser.get(reverse("customer_timeline", args=[customer.pk])).content.decode()
    assert "Promise no longer needed" in timeline
    browser.post(reverse("follow_up_reopen", args=[made.pk]))
    assert "Still to keep" in page(browser)


@pytest.mark.parametrize("person", ["owner", "manager"])
def test_three_cost_as_many_queries_as_one(
    person: str, customer: Customer, owner: User, request: pytest.FixtureRequest, login: Login
) -> None:
    browser = login(request.getfixturevalue(person))
    counts = []
    for number in (1, 2):
        for _row in range(number):
            promise(factories.customer(owner), "Samples", assignee=owner)
        with CaptureQueriesContext(connection) as queries:
            page(browser)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9


def test_the_second_page_is_of_the_same_choice(customer: Customer, owner: User, manager: User, login: Login) -> None:
    for number in range(26):
        promise(customer, f"Broken {number}", assignee=owner, due=-1 - number)
        promise(customer, f"Kept {number}", assignee=owner, due=-1 - number, done=-1 - number)
    browser = login(manager)
    first = page(browser, figure="broken")
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)

    second = browser.get(unescape(following)).content.decode()

    assert first.count('class="stretched-link"') == 25
    assert second.count('class="stretched-link"') == 1 and "<bdi>Broken 25</bdi>" in second
