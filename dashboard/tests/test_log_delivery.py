"""Notes written without a network: each is logged once, in the name of who wrote it, or refused with reasons."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from interactions.models import FollowUp, Interaction, Kind, Outcome
from outreach.merging import merge
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
KEY = "0b0c9f5e-6a5e-4a0e-9d3e-5a5f3d1f2a10"
YESTERDAY = NOW - timedelta(days=1)


def deliver(browser: Client, person: User, customer: Customer | str, **data: Any) -> Any:
    values: dict[str, Any] = {
        "person": person.pk,
        "log_key": KEY,
        "customer": customer if isinstance(customer, str) else customer.pk,
        "kind": Kind.CALL,
        "outcome": Outcome.HELD,
        "next_in": "",
        "happened_at": YESTERDAY.isoformat(),
        "written_at": YESTERDAY.isoformat(),
        "notes": "From the train",
    }
    return browser.post(reverse("log_deliver"), values | data)


def test_a_note_is_logged_as_of_when_it_was_written(owner: User, customer: Customer, login: Login) -> None:
    response = deliver(login(owner), owner, customer, next_in="1", next_title="Send samples", next_is_promise="on")

    assert response.json() == {"told": "Call logged for Lindqvist AB. Next contact by 25 December."}
    made = Interaction.objects.get()
    assert (made.happened_at, made.author, made.notes) == (YESTERDAY, owner, "From the train")
    # Who is thanked and asked is found by when it came in.
    assert made.created_at == NOW
    # “Tomorrow” was said yesterday.
    assert FollowUp.objects.get().due_at == datetime(2026, 11, 26, 16, tzinfo=UTC)


def test_delivered_again_it_is_answered_alike_and_logged_once(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    answers = [deliver(browser, owner, customer, next_in="1") for _time in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert (Interaction.objects.count(), FollowUp.objects.count()) == (1, 1)


def test_a_form_whose_answer_was_lost_is_the_same_note(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    browser.post(
        reverse("log"), {"customer": customer.pk, "kind": "call", "outcome": "held", "next_in": "", "log_key": KEY}
    )

    assert deliver(browser, owner, customer).status_code == 200
    assert Interaction.objects.count() == 1


def test_what_somebody_else_wrote_is_not_logged_in_this_persons_name(
    owner: User, teammate: User, customer: Customer, login: Login
) -> None:
    assert deliver(login(teammate), owner, customer).status_code == 409
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("key", ["", "no-uuid", "\x00", "0" * 500])
def test_a_note_without_a_number_is_refused(owner: User, customer: Customer, login: Login, key: str) -> None:
    response = deliver(login(owner), owner, customer, log_key=key)

    assert response.status_code == 422
    assert "lost its number" in response.json()["reasons"][0]
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("visibility", [Visibility.TEAM, Visibility.COMPANY])
def test_a_customer_that_is_not_theirs_is_refused_in_words(
    outsider: User, customer: Customer, login: Login, visibility: str
) -> None:
    Company.objects.update(visibility=visibility)

    response = deliver(login(outsider), outsider, customer)

    assert response.status_code == 422
    assert "not yours to change" in response.json()["reasons"][0]
    assert "Lindqvist" not in response.content.decode()
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("pk", ["0", "-1", "x", "9" * 40, "\x00"])
def test_a_customer_nobody_has_is_refused_in_words(owner: User, login: Login, pk: str) -> None:
    response = deliver(login(owner), owner, pk)

    assert response.status_code == 422
    assert "not there any more" in response.json()["reasons"][0]


def test_one_that_was_merged_meanwhile_is_found(owner: User, customer: Customer, login: Login) -> None:
    kept = factories.customer(owner, name="Lindqvist Group")
    former = customer.pk
    merge(kept, customer, by=owner, at=NOW)

    deliver(login(owner), owner, str(former))

    assert Interaction.objects.get().customer == kept


def test_a_name_alone_has_to_be_made_a_customer(owner: User, login: Login) -> None:
    response = deliver(login(owner), owner, "", who="Lindq")

    assert response.status_code == 422
    assert response.json()["reasons"] == ["Choose which customer this is about."]


def test_all_that_is_wrong_is_said_with_its_field(owner: User, customer: Customer, login: Login) -> None:
    response = deliver(
        login(owner), owner, customer, kind="telegram", happened_at="2027-06-01T10:00:00.000Z", next_title="Send it"
    )

    reasons = response.json()["reasons"]
    assert response.status_code == 422
    assert [reason.partition(":")[0] for reason in reasons] == ["Kind", "When", "Next step"]
    assert not Interaction.objects.exists()


@pytest.mark.parametrize(
    ("written_at", "due"),
    [
        ("nonsense", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ("2026-11-20T10:00:00", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ("2036-11-20T10:00:00Z", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ("2026-11-20T10:00:00.123Z", datetime(2026, 11, 23, 16, tzinfo=UTC)),
    ],
)
def test_the_clock_of_the_device_is_believed_within_reason(
    owner: User, customer: Customer, login: Login, written_at: str, due: datetime
) -> None:
    deliver(login(owner), owner, customer, written_at=written_at, next_in="1")

    assert FollowUp.objects.get().due_at == due


def test_it_asks_for_the_token_of_the_session(owner: User, customer: Customer) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)

    response = deliver(browser, owner, customer)

    assert response.status_code == 403
    assert not response.headers["Content-Type"].startswith("application/json")
