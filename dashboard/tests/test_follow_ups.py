"""The buttons of a follow-up: done, undone, moved; with and without script, and for whom."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from interactions.models import FollowUp
from retention.models import CustomerRisk
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def follow_up(customer: Customer) -> FollowUp:
    return factories.follow_up(customer, title="Send samples", due_at=NOW - timedelta(hours=1))


def act(browser: Client, name: str, follow_up: FollowUp, headers: Any = None, **data: Any) -> Any:
    return browser.post(reverse(name, args=[follow_up.pk]), data, headers=headers)


def stored() -> FollowUp:
    return FollowUp.objects.get()


def test_done_is_done_now_and_by_me(owner: User, follow_up: FollowUp, login: Login) -> None:
    response = act(login(owner), "follow_up_done", follow_up, next="/")

    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert (stored().done_at, stored().done_by) == (NOW, owner)


def test_done_twice_keeps_the_first(owner: User, teammate: User, follow_up: FollowUp, login: Login) -> None:
    act(login(owner), "follow_up_done", follow_up)
    act(login(teammate), "follow_up_done", follow_up)

    assert stored().done_by == owner


def test_done_can_be_undone_from_where_it_is_said(owner: User, follow_up: FollowUp, login: Login) -> None:
    browser = login(owner)
    undo = reverse("follow_up_reopen", args=[follow_up.pk])

    in_place = act(browser, "follow_up_done", follow_up, HTMX).content.decode()
    act(browser, "follow_up_done", follow_up, next="/")
    plain = browser.get("/").content.decode()

    for shown in (in_place, plain):
        assert f'action="{undo}"' in shown and "Undo" in shown and "Done: Send samples" in shown
    act(browser, "follow_up_reopen", follow_up)
    assert stored().is_open and stored().done_by is None


def test_in_place_the_lists_hear_of_it(owner: User, follow_up: FollowUp, login: Login) -> None:
    for name in ("follow_up_done", "follow_up_reopen"):
        response = act(login(owner), name, follow_up, HTMX)
        assert response.headers["HX-Trigger"] == '{"saved": {}}'
        assert response.headers["HX-Reswap"] == "none"


def test_a_title_is_shown_and_never_run(owner: User, customer: Customer, login: Login) -> None:
    follow_up = factories.follow_up(customer, title="<script>{{ 7|add:7 }}")

    shown = act(login(owner), "follow_up_done", follow_up, HTMX).content.decode()

    assert "&lt;script&gt;{{ 7|add:7 }}" in shown


@pytest.mark.parametrize(
    ("data", "due_at"),
    [
        ({"next_in": "1"}, datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ({"next_in": "3"}, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ({"next_in": "7"}, datetime(2026, 12, 3, 16, tzinfo=UTC)),
        ({"next_in": "at", "next_at": "2026-12-01T14:30"}, datetime(2026, 12, 1, 13, 30, tzinfo=UTC)),
    ],
)
def test_it_moves_from_today_on(
    owner: User, follow_up: FollowUp, login: Login, data: dict[str, str], due_at: datetime
) -> None:
    response = act(login(owner), "follow_up_move", follow_up, HTMX, **data)

    assert response.status_code == 200
    assert "Moved to" in response.content.decode()
    assert stored().due_at == due_at


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose when."),
        ({"next_in": "at"}, "Say on which day"),
        ({"next_in": "at", "next_at": "2020-01-01T00:00"}, "has passed"),
        ({"next_in": "at", "next_at": "0001-01-01T00:00"}, "Check the year"),
        ({"next_in": "at", "next_at": "\x00"}, "characters"),
        ({"next_in": "99"}, "valid choice"),
    ],
)
@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_time_that_is_none_gets_a_message(
    owner: User, follow_up: FollowUp, login: Login, data: dict[str, str], words: str, headers: Any
) -> None:
    response = act(login(owner), "follow_up_move", follow_up, headers, **data)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert stored().due_at == follow_up.due_at


def test_a_promise_is_moved_with_a_reminder_to_tell_them(owner: User, customer: Customer, login: Login) -> None:
    promise = factories.follow_up(customer, is_promise=True)
    address = reverse("follow_up_move", args=[promise.pk])

    whole = login(owner).get(address).content.decode()
    part = login(owner).get(address, headers=HTMX).content.decode()

    assert "Tell them before you move it." in whole and "<html" in whole
    assert "Tell them before you move it." in part and "<html" not in part


def test_the_risk_hears_of_a_promise_that_was_kept(owner: User, customer: Customer, login: Login) -> None:
    promise = factories.follow_up(customer, is_promise=True, due_at=NOW - timedelta(days=2))

    act(login(owner), "follow_up_done", promise)

    assert CustomerRisk.objects.filter(customer=customer).exists()


@pytest.mark.parametrize("name", ["follow_up_done", "follow_up_reopen", "follow_up_move"])
def test_who_may(
    name: str,
    follow_up: FollowUp,
    teammate: User,
    outsider: User,
    manager: User,
    login: Login,
) -> None:
    data = {"next_in": "1"}
    assert act(login(outsider), name, follow_up, **data).status_code == 404
    Company.objects.update(visibility=Visibility.COMPANY)
    assert act(login(outsider), name, follow_up, **data).status_code == 403
    assert stored().is_open and stored().due_at == follow_up.due_at
    for person in (teammate, manager):
        assert act(login(person), name, follow_up, **data).status_code == 302


@pytest.mark.parametrize("name", ["follow_up_done", "follow_up_reopen"])
def test_looking_changes_nothing(name: str, owner: User, follow_up: FollowUp, login: Login) -> None:
    assert login(owner).get(reverse(name, args=[follow_up.pk])).status_code == 405
    assert stored().is_open


def test_the_assignee_alone_does_not_open_the_door(outsider: User, customer: Customer, login: Login) -> None:
    follow_up = factories.follow_up(customer, assignee=outsider)

    assert act(login(outsider), "follow_up_done", follow_up).status_code == 404


def test_a_forged_form_is_refused(owner: User, follow_up: FollowUp) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)

    assert act(browser, "follow_up_done", follow_up).status_code == 403
    assert stored().is_open
