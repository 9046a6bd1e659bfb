"""The log panel: from the first key to the saved line, with and without script, and for whom."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from dashboard.looking_ahead import FOUND
from interactions.models import FollowUp, Interaction, Kind, Outcome
from retention.models import CustomerRisk
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
LOOK_AHEAD = {"HX-Request": "true", "HX-Target": "log-found"}


def save(browser: Client, customer: Customer | None, headers: Any = None, **data: Any) -> Any:
    values: dict[str, Any] = {"kind": Kind.CALL, "outcome": Outcome.HELD, "next_in": ""}
    if customer is not None:
        values["customer"] = customer.pk
    return browser.post(reverse("log"), values | data, headers=headers)


def panel(browser: Client, headers: Any = None, **query: Any) -> str:
    response = browser.get(reverse("log"), query, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


# ---- Choosing a customer ----


def test_without_a_customer_it_asks_for_one(owner: User, login: Login) -> None:
    for headers in (None, HTMX):
        assert "Which customer?" in panel(login(owner), headers)


@pytest.mark.parametrize("words", ["lind", "LINDQVIST", "líndqvist ab", "amira", "haddad@", "555 1234", "5551234"])
def test_a_customer_is_found_by_name_contact_address_and_phone(
    owner: User, customer: Customer, login: Login, words: str
) -> None:
    factories.contact(customer, name="Amira Haddad", email="a.haddad@lindqvist.example", phone="+46-555-1234")
    factories.customer(owner, name="Kovács Kft")

    found = panel(login(owner), LOOK_AHEAD, q=words)

    assert "Lindqvist AB" in found and "Kovács" not in found
    assert f"{reverse('log')}?customer={customer.pk}" in found
    assert "Which customer?" not in found


def test_without_script_the_search_is_a_page(owner: User, customer: Customer, login: Login) -> None:
    shown = panel(login(owner), q="lind")

    assert "<html" in shown and "Lindqvist AB" in shown and 'value="lind"' in shown


def test_only_customers_one_may_log_for_are_offered(
    customer: Customer, outsider: User, teammate: User, login: Login
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)

    assert "Lindqvist AB" in panel(login(teammate), LOOK_AHEAD, q="lind")
    assert "Lindqvist AB" not in panel(login(outsider), LOOK_AHEAD, q="lind")


def test_a_lost_customer_is_not_offered(owner: User, customer: Customer, login: Login) -> None:
    Customer.objects.update(lost_on=TODAY)

    assert "Lindqvist AB" not in panel(login(owner), LOOK_AHEAD, q="lind")


@pytest.mark.parametrize("words", ["l", " ", "", "%", "\x00", "‮"])
def test_too_little_to_search_for_finds_nothing(owner: User, customer: Customer, login: Login, words: str) -> None:
    assert "Two letters are enough" in panel(login(owner), LOOK_AHEAD, q=words)


@pytest.mark.parametrize("words", ["%%", "__", "\\\\", "'; --", "<b>x", "x" * 100_000, "😀😀", "مرحبا"])
def test_whatever_is_searched_for_is_only_searched_for(
    owner: User, customer: Customer, login: Login, words: str
) -> None:
    shown = panel(login(owner), LOOK_AHEAD, q=words)

    assert "Lindqvist AB" not in shown and "<b>x" not in shown


def test_many_matches_ask_for_more_letters(owner: User, login: Login) -> None:
    for number in range(FOUND + 1):
        factories.customer(owner, name=f"Nordic {number}")

    shown = panel(login(owner), LOOK_AHEAD, q="nord")

    assert shown.count("stretched-link") == FOUND
    assert "type a little more" in shown


# ---- The form ----


def test_how_to_treat_them_stands_above_the_box(owner: User, customer: Customer, login: Login) -> None:
    customer.care_note = "Speaks slowly"
    customer.save()
    factories.contact(customer, name="Amira Haddad", preferred_name="Amira")

    shown = panel(login(owner), HTMX, customer=customer.pk)

    assert "<html" not in shown
    assert shown.index("Speaks slowly") < shown.index('name="notes"')
    assert shown.index("Amira") < shown.index("Formal") < shown.index('name="notes"')


def test_the_main_contact_is_chosen_already(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer, is_primary=False)
    main = factories.contact(customer, is_primary=True)

    assert f'<option value="{main.pk}" selected>' in panel(login(owner), HTMX, customer=customer.pk)


@pytest.mark.parametrize("pk", ["0", "-1", "x", "9" * 40, "\x00", "1e3", "9" * 5000])
def test_a_customer_nobody_has_is_not_found(owner: User, login: Login, pk: str) -> None:
    assert login(owner).get(reverse("log"), {"customer": pk}).status_code == 404
    assert login(owner).post(reverse("log"), {"customer": pk}).status_code == 404


# ---- Saving ----


def test_without_script_saving_leads_to_the_customer(owner: User, customer: Customer, login: Login) -> None:
    response = save(login(owner), customer, notes="Talked about the renewal")

    assert response.status_code == 302
    assert response.headers["Location"] == reverse("customer", args=[customer.pk])
    made = Interaction.objects.get()
    assert (made.author, made.happened_at, made.notes) == (owner, NOW, "Talked about the renewal")


def test_saving_leads_back_where_one_was_but_never_off_the_site(owner: User, customer: Customer, login: Login) -> None:
    assert save(login(owner), customer, next="/?only=quiet").headers["Location"] == "/?only=quiet"
    away = save(login(owner), customer, next="https://evil.example/")
    assert away.headers["Location"] == reverse("customer", args=[customer.pk])


def test_in_place_the_page_stays_and_its_lists_hear_of_it(owner: User, customer: Customer, login: Login) -> None:
    response = save(login(owner), customer, HTMX)

    made = Interaction.objects.get()
    assert response.status_code == 200
    assert response.headers["HX-Reswap"] == "none"
    told = json.loads(response.headers["HX-Trigger"])["saved"]
    assert told == {
        "interaction": made.pk,
        "customer": customer.pk,
        "follow": reverse("log_next", args=[made.pk]),
    }
    assert "Call logged for Lindqvist AB." in response.content.decode()
    assert 'hx-swap-oob="beforeend"' in response.content.decode()


def test_the_next_due_day_follows_and_is_said(owner: User, customer: Customer, login: Login) -> None:
    response = save(login(owner), customer, HTMX)

    customer.refresh_from_db()
    assert (customer.last_touchpoint_at, customer.next_due_on) == (NOW, TODAY + timedelta(days=30))
    assert "Next contact by 26 December." in response.content.decode()


def test_an_attempt_promises_no_new_day(owner: User, customer: Customer, login: Login) -> None:
    response = save(login(owner), customer, HTMX, outcome=Outcome.NO_ANSWER)

    assert "Next contact" not in response.content.decode()
    customer.refresh_from_db()
    assert customer.last_touchpoint_at is None


def test_a_promise_is_kept_for_later(owner: User, customer: Customer, login: Login) -> None:
    save(login(owner), customer, next_in="1", next_title="Send the price list", next_is_promise="on")

    promise = FollowUp.objects.get()
    assert (promise.title, promise.is_promise, promise.assignee) == ("Send the price list", True, owner)
    assert promise.due_at == datetime(2026, 11, 27, 16, tzinfo=UTC)
    assert promise.source == Interaction.objects.get()


def test_the_risk_of_that_customer_is_known_at_once(owner: User, customer: Customer, login: Login) -> None:
    other = factories.customer(owner)

    save(login(owner), customer)

    assert CustomerRisk.objects.get(customer=customer).contact_days == 1
    assert not CustomerRisk.objects.filter(customer=other).exists()
    customer.refresh_from_db()
    assert customer.risk_stale_since is None


def test_a_purchase_with_a_decimal_comma(owner: User, customer: Customer, login: Login) -> None:
    save(login(owner), customer, kind=Kind.PURCHASE, outcome="", amount="1 200,50")

    assert str(Interaction.objects.get().amount) == "1200.50"


@pytest.mark.parametrize("headers", [None, HTMX])
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    owner: User, customer: Customer, login: Login, headers: Any
) -> None:
    response = save(
        login(owner), customer, headers, notes="Long talk", happened_at="2027-01-01T00:00", amount="7", next_in="at",
        next_title="Send samples", next_is_promise="on",
    )  # fmt: skip

    shown = response.content.decode()
    assert response.status_code == 422
    for words in (
        "lies in the future",
        "Only a purchase or a gesture",
        "Say on which day",
        "Long talk",
        "Send samples",
    ):
        assert words in shown
    assert ("<html" in shown) is (headers is None)
    assert not Interaction.objects.exists() and not FollowUp.objects.exists()


def test_a_note_of_one_megabyte_comes_back_with_a_sentence(owner: User, customer: Customer, login: Login) -> None:
    note = "y" * 1_000_000

    response = save(login(owner), customer, notes=note)

    assert response.status_code == 422
    assert note in response.content.decode()
    assert "it has 1000000" in response.content.decode()


def test_a_request_past_all_measure_is_refused_without_an_error(owner: User, customer: Customer, login: Login) -> None:
    assert save(login(owner), customer, notes="y" * 6_000_000).status_code in {400, 413}


def test_a_form_without_a_customer_asks_for_one(owner: User, login: Login) -> None:
    response = save(login(owner), None)

    assert response.status_code == 422
    assert "Choose a customer first" in response.content.decode()


def test_bytes_that_are_no_text_are_no_error(owner: User, customer: Customer, login: Login) -> None:
    body = f"customer={customer.pk}&kind=call&outcome=held&notes=%ff%fe%00%ed%a0%80".encode()

    response = login(owner).post(reverse("log"), body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 302


# ---- Who may ----


def test_teammates_and_managers_log_for_the_customer(
    customer: Customer, teammate: User, manager: User, login: Login
) -> None:
    for person in (teammate, manager):
        assert save(login(person), customer).status_code == 302
    assert {made.author for made in Interaction.objects.all()} == {teammate, manager}


@pytest.mark.parametrize(("visibility", "status"), [(Visibility.TEAM, 404), (Visibility.COMPANY, 403)])
def test_outsiders_do_not(customer: Customer, outsider: User, login: Login, visibility: str, status: int) -> None:
    Company.objects.update(visibility=visibility)

    assert save(login(outsider), customer).status_code == status
    assert login(outsider).get(reverse("log"), {"customer": customer.pk}).status_code == status
    assert not Interaction.objects.exists()


def test_a_contact_of_somebody_elses_customer_cannot_be_slipped_in(
    owner: User, customer: Customer, login: Login
) -> None:
    foreign = factories.contact()

    assert save(login(owner), customer, contact=foreign.pk).status_code == 422


def test_the_form_costs_the_same_for_many_contacts(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    factories.contact(customer)
    with CaptureQueriesContext(connection) as one:
        panel(browser, HTMX, customer=customer.pk)
    for _number in range(10):
        factories.contact(customer)
    with CaptureQueriesContext(connection) as many:
        panel(browser, HTMX, customer=customer.pk)

    assert len(many) == len(one) <= 10


def test_the_search_costs_the_same_for_many_matches(owner: User, login: Login) -> None:
    browser = login(owner)
    factories.customer(owner, name="Nordic 1")
    with CaptureQueriesContext(connection) as one:
        panel(browser, LOOK_AHEAD, q="nordic")
    for number in range(10):
        factories.customer(owner, name=f"Nordic {number}")
    with CaptureQueriesContext(connection) as many:
        panel(browser, LOOK_AHEAD, q="nordic")

    assert len(many) == len(one) <= 5
