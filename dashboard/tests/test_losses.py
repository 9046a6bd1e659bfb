"""Losing a customer from the page: asked why, taken back, won back, said later; and the figures of all losses."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer
from outreach.erasing import erase
from retention.models import Cause, Ending, Loss, RiskDay
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def mark(browser: Client, customer: Customer, **data: Any) -> Any:
    return browser.post(reverse("customer_lost", args=[customer.pk]), {"answer": "lost"} | data)


def page(browser: Client, customer: Customer) -> str:
    return browser.get(reverse("customer", args=[customer.pk])).content.decode()


def undo_address(response: Any) -> str:
    """Where the message of the page that follows offers to take it back."""
    found = re.findall(r'action="(/customers/losses/\d+/[a-z]+/)"', response.content.decode())
    assert found
    return str(found[-1])


def test_the_reason_is_asked_for_and_kept(customer: Customer, owner: User, login: Login) -> None:
    contact = factories.contact(customer, name="Amira Haddad")
    browser = login(owner)
    assert "What do we suspect?" in browser.get(reverse("customer_lost", args=[customer.pk])).content.decode()

    data = {"suspected": ["price", "competitor"], "confirmed": "competitor", "said_by": contact.pk}
    response = mark(browser, customer, lost_on="2026-11-20", own_word="Falk & Co", note="Call sooner.", **data)

    assert response.status_code == 302
    loss = Loss.objects.get()
    assert (loss.lost_on, loss.marked_by) == (TODAY - timedelta(days=6), owner)
    assert (loss.suspected, loss.confirmed, loss.said_by) == (["price", "competitor"], "competitor", contact)
    shown = page(browser, customer)
    assert "Why they left" in shown and "confirmed by <bdi>Amira Haddad</bdi>" in shown and "Falk &amp; Co" in shown


def test_what_the_history_says_stands_beside_the_cause(customer: Customer, owner: User, login: Login) -> None:
    factories.complaint(customer, what="<b>Late</b>")

    shown = login(owner).get(reverse("customer_lost", args=[customer.pk])).content.decode()

    assert "Open complaint since 26 November: &lt;b&gt;Late&lt;/b&gt;" in shown


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"lost_on": "2026-11-27"}, "lost_on"),
        ({"lost_on": "2020-01-01"}, "lost_on"),
        ({"lost_on": "soon"}, "lost_on"),
        ({"suspected": "boredom"}, "suspected"),
        ({"confirmed": "boredom"}, "confirmed"),
        ({"said_by": "theirs"}, "said_by"),
        ({"note": "x" * 2001}, "note"),
        ({"own_word": "x" * 201}, "own_word"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field(
    customer: Customer, owner: User, login: Login, data: dict[str, Any], field: str
) -> None:
    if data.get("said_by"):
        data = {"said_by": factories.contact().pk, "confirmed": "price"}

    response = mark(login(owner), customer, **({"own_word": "Kept"} | data))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert data.get("own_word", "Kept") in response.content.decode()
    assert not Loss.objects.exists() and not Customer.objects.get(pk=customer.pk).is_lost


def test_who_said_it_said_something(customer: Customer, owner: User, login: Login) -> None:
    response = mark(login(owner), customer, said_by=factories.contact(customer).pk)

    assert list(response.context["form"].errors) == ["confirmed"]


def test_a_wrong_click_is_taken_back(customer: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    address = undo_address(browser.get(mark(browser, customer).url))

    for _time in range(2):
        browser.post(address)

    assert not Customer.objects.get().is_lost
    assert Loss.objects.get().ending == Ending.MISTAKE


def test_winning_back_is_kept_and_can_be_taken_back(customer: Customer, owner: User, login: Login) -> None:
    browser = login(owner)
    mark(browser, customer, lost_on="2026-11-02")
    response = browser.post(reverse("customer_lost", args=[customer.pk]), {"answer": "kept"}, follow=True)
    assert "is won back" in response.content.decode()
    assert (Loss.objects.get().ending, Loss.objects.get().ended_on) == ("won_back", TODAY)

    browser.post(undo_address(response))

    assert Loss.objects.get().is_open
    assert Customer.objects.get().lost_on == TODAY - timedelta(days=24)


def test_a_loss_without_a_reason_asks_for_it_where_it_is_seen(
    customer: Customer, owner: User, manager: User, login: Login
) -> None:
    mark(login(owner), customer)
    loss = Loss.objects.get()
    address = reverse("loss_reason", args=[loss.pk])

    assert address in page(login(owner), customer)
    listed = login(owner).get(reverse("customers"), {"state": "lost"}).content.decode()
    assert "Reason not yet known" in listed
    shown = login(manager).get(reverse("portfolio")).content.decode()
    assert "1 customer left in the last year, and nobody has said why yet." in shown
    behind = re.search(r'href="(/portfolio/losses/[^"]*kind=unknown)"', shown)
    assert behind
    listed = login(manager).get(behind[1].replace("&amp;", "&")).content.decode()
    assert "Lindqvist AB" in listed and address in listed

    said = login(owner).post(address, {"suspected": ["comfort"]}, headers=HTMX)
    assert said.headers["HX-Trigger"] == '{"saved": {}}'
    assert "nobody has said why" not in login(manager).get(reverse("portfolio")).content.decode()


# ---- The figures ----


@pytest.fixture
def three(owner: User) -> list[Loss]:
    return [
        factories.loss(factories.customer(owner, name=name), confirmed=cause, lost_on=TODAY - timedelta(days=days))
        for name, cause, days in (("Berg", Cause.PRICE, 1), ("Falk", Cause.PRICE, 100), ("Lind", "", 400))
    ]


def names(html: str) -> list[str]:
    return re.findall(r'class="stretched-link"\s+href="/customers/\d+/"><bdi>(\w+)</bdi>', html)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Berg", "Falk"]),
        ({"first": "", "last": ""}, ["Berg", "Falk", "Lind"]),
        ({"first": "2026-11-01"}, ["Berg"]),
        ({"first": "2025-01-01", "last": "2026-11-01"}, ["Falk", "Lind"]),
        ({"first": "", "last": "", "kind": "confirmed", "cause": "price"}, ["Berg", "Falk"]),
        ({"first": "", "last": "", "kind": "confirmed", "cause": "boredom"}, ["Berg", "Falk", "Lind"]),
        ({"first": "", "last": "", "kind": "unknown"}, ["Lind"]),
        ({"first": "", "last": "", "kind": "back"}, []),
        ({"first": "yesterday"}, ["Berg", "Falk"]),
        ({"first": "2026-11-20", "last": "2026-11-01"}, ["Berg", "Falk"]),
        ({"after": "x\x00", "kind": "\x00"}, ["Berg", "Falk"]),
    ],
)
def test_the_list_is_that_of_the_days_and_the_figure(
    three: list[Loss], manager: User, login: Login, query: dict[str, str], found: list[str]
) -> None:
    response = login(manager).get(reverse("losses"), query)

    assert response.status_code == 200
    assert names(response.content.decode()) == found


def test_each_figure_leads_to_as_many_as_it_says(three: list[Loss], manager: User, login: Login) -> None:
    browser = login(manager)
    shown = browser.get(reverse("losses"), {"first": "", "last": ""}).content.decode()
    figures = re.findall(r'<a href="(/portfolio/losses/[^"]*)">\s*(?:<strong[^>]*>)?(\d+)(?:</strong>|</a>)', shown)

    assert [number for _address, number in figures] == ["3", "1", "0", "2"]
    for address, number in figures:
        assert len(names(browser.get(address.replace("&amp;", "&")).content.decode())) == int(number)


def test_what_was_chosen_wrongly_is_said_at_its_field(three: list[Loss], manager: User, login: Login) -> None:
    shown = login(manager).get(reverse("losses"), {"first": "2026-11-20", "last": "2026-11-01"}).content.decode()
    assert "The last day lies before the first." in shown and 'value="2026-11-20"' in shown


def test_the_pages_of_a_long_list_keep_what_was_chosen(owner: User, manager: User, login: Login) -> None:
    for _number in range(27):
        factories.loss(factories.customer(owner))
    factories.loss(factories.customer(owner, name="Known"), confirmed=Cause.PRICE)
    browser = login(manager)
    first = browser.get(reverse("losses"), {"first": "2026-01-01", "kind": "unknown"})

    second = browser.get(first.context["following"])

    assert len(first.context["rows"]) == 25
    assert len(second.context["rows"]) == 2
    assert not {loss.pk for loss in first.context["rows"]} & {loss.pk for loss in second.context["rows"]}
    assert len(browser.get(second.context["preceding"]).context["rows"]) == 25


def test_the_list_costs_the_same_for_one_and_for_three(owner: User, manager: User, login: Login) -> None:
    browser, costs = login(manager), []
    for number in (1, 2):
        for _time in range(number):
            customer = factories.customer(owner)
            factories.loss(customer, confirmed=Cause.PRICE, said_by=factories.contact(customer))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse("losses")).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_contact_who_is_erased_is_named_no_longer(
    company: Company, customer: Customer, owner: User, login: Login
) -> None:
    contact = factories.contact(customer, name="Amira Haddad")
    mark(login(owner), customer, confirmed="price", said_by=contact.pk)

    erase(contact, by=owner, at=NOW)

    assert Loss.objects.get().said_by is None
    assert "Amira" not in page(login(owner), customer)


def test_what_was_known_before_is_shown_and_what_was_not_is_called_so(
    login: Login, owner: User, manager: User, customer: Customer
) -> None:
    loss = factories.loss(customer)
    address = reverse("loss_replay", args=[loss.pk])
    empty = login(owner).get(address).content.decode()
    assert "No list has been kept yet" in empty
    assert empty.count("Not known: no list was kept") == 3
    assert empty.count("Not known: no change of it was kept.") == 3
    assert "No alert in the 180 days before that is known" in empty

    day = TODAY - timedelta(days=90)
    RiskDay.objects.create(day=day, taken_at=NOW, ranked=12)
    factories.snapshot(customer, day=day, flagged_days=4, silence=66, place=2)
    factories.complaint(customer, what="<b>Late</b>", opened_at=NOW - timedelta(days=95))
    factories.notification(owner, customer, created_at=NOW - timedelta(days=80))
    text = " ".join(login(owner).get(address).content.decode().split())
    assert "place 2 of 12" in text and "quiet for 66 days" in text
    assert "&lt;b&gt;Late&lt;/b&gt;" in text and "<b>Late</b>" not in text
    assert "not seen on the bell" in text and "Nobody tried to reach them" in text
    assert f'href="{address}"' in login(manager).get(reverse("losses")).content.decode()
    Customer.objects.update(lost_on=TODAY)
    assert f'href="{address}"' in login(owner).get(reverse("customer", args=[customer.pk])).content.decode()
