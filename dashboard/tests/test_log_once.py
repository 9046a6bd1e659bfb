"""What is logged once however often it is sent, taken back, put off, and what follows from it."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers.models import Customer, OwnerChange
from dashboard.undoing import WITHIN
from interactions.models import FollowUp, Interaction, Kind, NoticeFor, Outcome, Wish
from outreach.models import Message
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
KEY = "0b0c9f5e-6a5e-4a0e-9d3e-5a5f3d1f2a10"
TOMORROW = datetime(2026, 11, 27, 16, tzinfo=UTC)


def save(browser: Client, customer: Customer, **data: Any) -> Any:
    values = {"kind": Kind.CALL, "outcome": Outcome.HELD, "next_in": "", "customer": customer.pk, "log_key": KEY}
    return browser.post(reverse("log"), values | data, headers=HTMX)


def undo_address(response: Any) -> str:
    shown = response.content.decode()
    start = shown.index('hx-post="/interactions/') + len('hx-post="')
    return str(shown[start : shown.index('"', start)]).replace("&amp;", "&")


# ---- Once ----


def test_the_same_form_sent_twice_is_logged_once_and_answered_alike(
    owner: User, customer: Customer, login: Login
) -> None:
    browser = login(owner)
    first = save(browser, customer, notes="Talked", next_in="1", next_title="Send it", wish_text="Invoices by mail")
    again = save(browser, customer, notes="Talked", next_in="1", next_title="Send it", wish_text="Invoices by mail")

    assert first.status_code == again.status_code == 200
    assert first.headers["HX-Trigger"] == again.headers["HX-Trigger"]
    assert "Call logged for Lindqvist AB." in again.content.decode()
    assert (Interaction.objects.count(), FollowUp.objects.count(), Wish.objects.count()) == (1, 1, 1)


def test_every_form_has_a_number_of_its_own(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    numbers = set()
    for _time in range(2):
        shown = browser.get(reverse("log"), {"customer": customer.pk}).content.decode()
        start = shown.index('name="log_key" value="') + len('name="log_key" value="')
        numbers.add(uuid.UUID(shown[start : start + 36]))

    assert len(numbers) == 2


@pytest.mark.parametrize("key", ["no-uuid", "0" * 500, "\x00"])
def test_a_broken_number_is_said_and_nothing_typed_is_lost(
    owner: User, customer: Customer, login: Login, key: str
) -> None:
    response = save(login(owner), customer, notes="Long talk", log_key=key)

    shown = response.content.decode()
    assert response.status_code == 422
    assert "has a new one" in shown and "Long talk" in shown
    assert not Interaction.objects.exists()


def test_what_is_wrong_keeps_the_number(owner: User, customer: Customer, login: Login) -> None:
    response = save(login(owner), customer, next_in="at")

    assert response.status_code == 422
    assert f'name="log_key" value="{KEY}"' in response.content.decode()


def test_a_number_of_somebody_else_opens_nothing(owner: User, teammate: User, customer: Customer, login: Login) -> None:
    """Nobody guesses one; if it happened, the second log would be refused and not shown the first."""
    factories.interaction(customer, author=teammate, log_key=KEY, notes="Secret")

    response = save(login(owner), customer, notes="Mine")

    assert "Secret" not in response.content.decode()
    assert response.status_code == 422
    assert "Mine" in response.content.decode() and KEY not in response.content.decode()
    assert Interaction.objects.get().author == teammate


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_are_one(owner: User, customer: Customer, login: Login) -> None:
    browsers, answers = [login(owner), login(owner)], []
    barrier = threading.Barrier(2)

    def send(browser: Client) -> None:
        barrier.wait()
        answers.append(save(browser, customer, next_in="1").status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200]
    assert (Interaction.objects.count(), FollowUp.objects.count()) == (1, 1)


# ---- Which kind, and what is open ----


def test_a_key_says_what_it_was_already(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    for kind, chosen in (("meeting", "meeting"), ("call", "call"), ("nonsense", "call"), ("", "call")):
        shown = browser.get(f"{reverse('log')}?customer={customer.pk}&kind={kind}", headers=HTMX).content.decode()
        radio = shown[shown.index(f'value="{chosen}"') :]
        assert "checked" in radio[: radio.index(">")]


def test_open_promises_and_complaints_stand_above_the_box(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer, best_time="after five")
    factories.follow_up(customer, title="Ask how it went")
    factories.follow_up(customer, title="Send samples", is_promise=True, due_at=NOW + timedelta(days=2))
    factories.follow_up(customer, title="Long done", done_at=NOW)
    factories.complaint(customer, what="Came <b>late</b>")
    factories.complaint(customer, what="Put right", resolved_at=NOW)
    factories.follow_up(title="Of another customer")

    shown = login(owner).get(reverse("log"), {"customer": customer.pk}, headers=HTMX).content.decode()
    above = shown[: shown.index('name="notes"')]

    assert above.index("Send samples") < above.index("Ask how it went")
    assert "Came &lt;b&gt;late" in above and "after five" in above
    for words in ("Long done", "Put right", "Of another customer"):
        assert words not in shown


def test_the_panel_costs_the_same_however_much_is_open(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    costs = []
    for _time in range(3):
        factories.complaint(customer)
        factories.follow_up(customer, is_promise=True)
        factories.wish(customer)
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"{reverse('log')}?customer={customer.pk}", headers=HTMX)
        costs.append(len(queries))

    assert len(set(costs)) == 1


@pytest.mark.parametrize("minutes", ["-1", "abc", "100000"])
def test_minutes_that_can_not_be_are_said(owner: User, customer: Customer, login: Login, minutes: str) -> None:
    response = save(login(owner), customer, minutes=minutes)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


# ---- Put off ----


def test_postponed_moves_what_was_due_today_and_is_no_contact(owner: User, customer: Customer, login: Login) -> None:
    due = factories.follow_up(customer, title="Call about the offer", due_at=NOW - timedelta(days=1))
    later = factories.follow_up(customer, due_at=NOW + timedelta(days=9))

    response = save(login(owner), customer, outcome=Outcome.POSTPONED)

    due.refresh_from_db()
    assert due.due_at == TOMORROW
    assert "Moved to Friday 27 November, 17:00: Call about the offer" in response.content.decode()
    assert set(FollowUp.objects.all()) == {due, later}
    later.refresh_from_db()
    assert later.due_at == NOW + timedelta(days=9)
    customer.refresh_from_db()
    assert customer.last_touchpoint_at is None


def test_postponed_to_a_day_moves_it_to_that_day(owner: User, customer: Customer, login: Login) -> None:
    due = factories.follow_up(customer)

    save(login(owner), customer, outcome=Outcome.POSTPONED, next_in="7")

    due.refresh_from_db()
    assert due.due_at == datetime(2026, 12, 3, 16, tzinfo=UTC)


def test_postponed_leaves_what_a_colleague_is_to_do(
    owner: User, teammate: User, customer: Customer, login: Login
) -> None:
    factories.follow_up(customer, assignee=teammate)

    save(login(owner), customer, outcome=Outcome.POSTPONED, next_in="1", next_title="Try again")

    assert FollowUp.objects.get(assignee=teammate).due_at == NOW
    assert FollowUp.objects.get(assignee=owner).title == "Try again"


# ---- Taken back ----


def test_all_of_it_is_taken_back(owner: User, customer: Customer, login: Login) -> None:
    until = TODAY + timedelta(days=40)
    Customer.objects.filter(pk=customer.pk).update(snoozed_until=until)
    Customer.objects.filter(pk=customer.pk).recompute_due()
    customer.refresh_from_db()
    change = OwnerChange.objects.create(
        customer=customer, former=factories.user(), owner=owner, changed_at=NOW - timedelta(days=1)
    )
    browser = login(owner)
    response = save(browser, customer, next_in="1", wish_text="Invoices by mail")
    assert OwnerChange.objects.get().announced_at == NOW

    taken = browser.post(undo_address(response), headers=HTMX)

    assert "Taken back: Call, Lindqvist AB." in taken.content.decode()
    assert not Interaction.objects.exists() and not FollowUp.objects.exists() and not Wish.objects.exists()
    change.refresh_from_db()
    found = Customer.objects.get(pk=customer.pk)
    assert change.announced_at is None
    assert (found.last_touchpoint_at, found.snoozed_until, found.next_due_on) == (None, until, customer.next_due_on)


def test_what_was_moved_goes_back_to_its_time(owner: User, customer: Customer, login: Login) -> None:
    due = factories.follow_up(customer)
    browser = login(owner)

    browser.post(undo_address(save(browser, customer, outcome=Outcome.POSTPONED)), headers=HTMX)

    due.refresh_from_db()
    assert due.due_at == NOW


@pytest.mark.parametrize("before", ["", "nonsense", "eyJtb3ZlZCI6IjEifQ:1tSBxT:xyz"])
def test_an_address_that_was_tampered_with_puts_nothing_else_back(
    owner: User, customer: Customer, login: Login, before: str
) -> None:
    due = factories.follow_up(customer)
    browser = login(owner)
    save(browser, customer, outcome=Outcome.POSTPONED)

    browser.post(reverse("log_undo", args=[Interaction.objects.get().pk]) + f"?before={before}")

    due.refresh_from_db()
    assert due.due_at == TOMORROW
    assert not Interaction.objects.exists()


def test_a_colleagues_log_is_for_them_or_a_manager_to_take_back(
    owner: User, teammate: User, manager: User, customer: Customer, login: Login
) -> None:
    made = factories.interaction(customer, author=owner, created_at=NOW)
    address = reverse("log_undo", args=[made.pk])

    assert login(teammate).post(address).status_code == 403
    assert login(manager).post(address).status_code == 302
    assert not Interaction.objects.exists()


def test_after_a_while_or_when_a_mail_spoke_of_it_it_stays(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    address = undo_address(save(browser, customer))
    with time_machine.travel(NOW + WITHIN, tick=False):
        assert "can not be taken back any more" in browser.post(address, headers=HTMX).content.decode()
    recap = factories.message(factories.contact(customer), interaction=Interaction.objects.get())
    assert "can not be taken back any more" in browser.post(address, headers=HTMX).content.decode()
    Message.objects.filter(pk=recap.pk).delete()
    news = factories.notice_for(customer)
    NoticeFor.objects.filter(pk=news.pk).update(told_in=Interaction.objects.get())
    assert "can not be taken back any more" in browser.post(address, headers=HTMX).content.decode()
    NoticeFor.objects.update(told_in=None)
    browser.post(address, headers=HTMX)
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("kind", [Kind.MEETING, Kind.PURCHASE])
def test_what_customers_are_asked_or_thanked_for_offers_no_way_back(
    owner: User, customer: Customer, login: Login, kind: str
) -> None:
    browser = login(owner)

    assert "Undo" not in save(browser, customer, kind=kind).content.decode()
    browser.post(reverse("log_undo", args=[Interaction.objects.get().pk]))
    assert Interaction.objects.count() == 1


# ---- What follows ----


def test_what_follows_is_chosen_afterwards_and_can_be_chosen_anew(
    owner: User, customer: Customer, login: Login
) -> None:
    browser = login(owner)
    save(browser, customer)
    address = reverse("log_next", args=[Interaction.objects.get().pk])

    assert "Friday 27 November, 17:00" in browser.post(address, {"next_in": "1"}, headers=HTMX).content.decode()
    browser.post(address, {"next_in": "7"}, headers=HTMX)

    planned = FollowUp.objects.get()
    assert (planned.due_at, planned.assignee) == (datetime(2026, 12, 3, 16, tzinfo=UTC), owner)
    assert planned.source == Interaction.objects.get()


@pytest.mark.parametrize("sent", [{}, {"next_in": "2"}, {"next_in": "at"}, {"next_in": "at", "next_at": "soon"}])
def test_what_follows_without_a_time_is_not_planned(
    owner: User, customer: Customer, login: Login, sent: dict[str, str]
) -> None:
    made = factories.interaction(customer, author=owner)

    shown = login(owner).post(reverse("log_next", args=[made.pk]), sent, headers=HTMX).content.decode()

    assert "Nothing was planned" in shown
    assert not FollowUp.objects.exists()
