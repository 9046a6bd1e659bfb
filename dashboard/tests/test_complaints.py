"""Complaints from the page: taken in, put right; with and without script, and for whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from interactions.models import Complaint, Severity
from retention.models import CustomerRisk
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
LATE = {"what": "Late delivery", "severity": Severity.SEVERE}


def note(browser: Client, customer: Customer, headers: Any = None, **data: Any) -> Any:
    return browser.post(reverse("complaint_new", args=[customer.pk]), data, headers=headers)


def resolve(browser: Client, complaint: Complaint, headers: Any = None, **data: Any) -> Any:
    return browser.post(reverse("complaint_resolve", args=[complaint.pk]), data, headers=headers)


def test_a_complaint_is_noted_now_and_belongs_to_the_owner(teammate: User, customer: Customer, login: Login) -> None:
    response = note(login(teammate), customer, **LATE)

    assert (response.status_code, response.headers["Location"]) == (302, reverse("customer", args=[customer.pk]))
    made = Complaint.objects.get()
    assert (made.what, made.severity, made.owner, made.opened_at) == ("Late delivery", 3, customer.owner, NOW)


def test_in_place_the_page_hears_of_it(owner: User, customer: Customer, login: Login) -> None:
    response = note(login(owner), customer, HTMX, **LATE)

    assert response.headers["HX-Trigger"] == '{"saved": {}}'
    assert "Greetings wait" in response.content.decode()


def test_the_risk_hears_of_it(owner: User, customer: Customer, login: Login) -> None:
    note(login(owner), customer, **LATE)

    assert CustomerRisk.objects.filter(customer=customer).exists()


def test_putting_it_right_asks_how(owner: User, customer: Customer, login: Login) -> None:
    complaint = factories.complaint(customer, opened_at=NOW - timedelta(hours=3))

    empty = resolve(login(owner), complaint, HTMX, outcome=" ")
    done = resolve(login(owner), complaint, HTMX, outcome="New pallet sent")

    assert (empty.status_code, done.status_code) == (422, 200)
    stored = Complaint.objects.get()
    assert (stored.outcome, stored.resolved_at) == ("New pallet sent", NOW)


def test_put_right_once_stays_as_it_was(owner: User, customer: Customer, login: Login) -> None:
    complaint = factories.complaint(customer, resolved_at=NOW - timedelta(days=1), outcome="Apologised")

    response = resolve(login(owner), complaint, outcome="Something else")

    assert response.status_code == 302
    assert Complaint.objects.get().outcome == "Apologised"


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    "data", [{}, {"what": "", "severity": "2"}, {"what": "\x00", "severity": "2"}, {"what": "x" * 301, "severity": "2"},
             {"what": "Late", "severity": "9"}, {"what": "Late", "severity": "severe"}]
)  # fmt: skip
def test_a_half_said_complaint_gets_a_message(
    owner: User, customer: Customer, login: Login, headers: Any, data: dict[str, str]
) -> None:
    response = note(login(owner), customer, headers, **data)

    assert response.status_code == 422
    assert "invalid-feedback" in response.content.decode()
    assert not Complaint.objects.exists()


def test_too_long_an_outcome_is_not_lost(owner: User, customer: Customer, login: Login) -> None:
    response = resolve(login(owner), factories.complaint(customer), outcome="y" * 400)

    assert response.status_code == 422
    assert "y" * 400 in response.content.decode()


def test_both_forms_are_pages_and_panels(owner: User, customer: Customer, login: Login) -> None:
    complaint = factories.complaint(customer)
    for address in (reverse("complaint_new", args=[customer.pk]), reverse("complaint_resolve", args=[complaint.pk])):
        assert "<html" in login(owner).get(address).content.decode()
        assert "<html" not in login(owner).get(address, headers=HTMX).content.decode()


def test_who_may(customer: Customer, teammate: User, outsider: User, manager: User, login: Login) -> None:
    complaint = factories.complaint(customer)
    for visibility, status in ((Visibility.TEAM, 404), (Visibility.COMPANY, 403)):
        Company.objects.update(visibility=visibility)
        assert note(login(outsider), customer, **LATE).status_code == status
        assert resolve(login(outsider), complaint, outcome="x").status_code == status
    for person in (teammate, manager):
        assert note(login(person), customer, **LATE).status_code == 302
        assert resolve(login(person), complaint, outcome="Made good").status_code == 302
    assert Complaint.objects.count() == 3
