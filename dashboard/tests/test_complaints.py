"""Complaints from the page: taken in, put right; with and without script, and for whom."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from interactions.complaining import take_in
from interactions.complaint_forms import CareRulesForm
from interactions.models import CareRules, Complaint, Severity, Standing
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


def press(browser: Client, name: str, complaint: Complaint) -> Any:
    return browser.post(reverse(name, args=[complaint.pk]), headers=HTMX)


def test_answered_with_one_click_and_taken_back(owner: User, customer: Customer, login: Login) -> None:
    note(login(owner), customer, **LATE)
    complaint, browser = Complaint.objects.get(), login(owner)

    done = press(browser, "complaint_answer", complaint)
    complaint.refresh_from_db()
    assert complaint.answered_at == NOW
    assert reverse("complaint_unanswer", args=[complaint.pk]) in done.content.decode()
    assert "answered before" in press(browser, "complaint_answer", complaint).content.decode()

    press(browser, "complaint_unanswer", complaint)
    complaint.refresh_from_db()
    assert complaint.standing == Standing.OPEN


def test_put_right_by_mistake_is_taken_back(owner: User, customer: Customer, login: Login) -> None:
    complaint, browser = factories.complaint(customer), login(owner)

    done = resolve(browser, complaint, HTMX, outcome="New pallet sent", fault_in="delivery", cost="12,50")
    stored = Complaint.objects.get()
    assert (stored.fault_in, stored.cost) == ("delivery", Decimal("12.50"))
    assert reverse("complaint_unresolve", args=[complaint.pk]) in done.content.decode()

    press(browser, "complaint_unresolve", complaint)
    assert Complaint.objects.get().is_open


def test_taken_up_again_it_says_that_a_manager_is_told(owner: User, customer: Customer, login: Login) -> None:
    complaint = factories.complaint(customer, resolved_at=NOW - timedelta(days=1), outcome="Apologised")
    browser = login(owner)

    assert "a manager is told" in press(browser, "complaint_reopen", complaint).content.decode()
    assert Complaint.objects.get().standing == Standing.REOPENED
    assert "is open" in press(browser, "complaint_reopen", complaint).content.decode()
    timeline = browser.get(reverse("customer_timeline", args=[customer.pk]), headers=HTMX).content.decode()
    assert "Complaint taken up again" in timeline


def test_another_one_says_so(owner: User, customer: Customer, login: Login) -> None:
    note(login(owner), customer, HTMX, **LATE)

    assert "It is not the first" in note(login(owner), customer, HTMX, **LATE).content.decode()


def test_what_was_noted_wrongly_is_mended(owner: User, customer: Customer, teammate: User, login: Login) -> None:
    note(login(owner), customer, **LATE)
    complaint = Complaint.objects.get()
    address = reverse("complaint_edit", args=[complaint.pk])
    data = {"what": "Late by a week", "severity": "1", "channel": "email", "owner": teammate.pk}

    assert login(owner).post(address, data | {"what": ""}).status_code == 422
    assert login(owner).post(address, data).status_code == 302
    complaint.refresh_from_db()
    assert (complaint.what, complaint.severity, complaint.channel, complaint.owner) == (
        *("Late by a week", Severity.MINOR, "email"),
        teammate,
    )

    resolve(login(owner), complaint, outcome="Made good")
    assert login(owner).post(address, data | {"what": "Other"}).status_code == 302
    assert Complaint.objects.get().what == "Late by a week"


def record(browser: Client, **query: str | int) -> str:
    response = browser.get(reverse("complaints"), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def shown(words: str, *titles: str) -> list[str]:
    return [title for title in titles if f"<bdi>{title}</bdi>" in words]


def test_the_record_shows_what_is_behind_each_figure(
    customer: Customer, owner: User, teammate: User, outsider: User, manager: User, login: Login
) -> None:
    ago = NOW - timedelta(days=9)
    take_in(Complaint(customer=customer, owner=owner, what="Crushed", opened_at=ago), at=ago)
    take_in(Complaint(customer=customer, owner=teammate, what="Invoice", opened_at=NOW), at=NOW)
    right = factories.complaint(customer, what="Driver", opened_at=ago, owner=owner)
    resolve(login(owner), right, outcome="Apologised", fault_in="service", cost="80")
    names = ("Crushed", "Invoice", "Driver")

    words = record(login(manager))

    assert shown(words, *names) == list(names)
    assert "The service" in words and "They cost 80 EUR" in words
    for figure, titles in {
        "open": ["Crushed", "Invoice"],
        "late": ["Crushed"],
        "escalated": ["Invoice"],
        "resolved": ["Driver"],
        "no such thing": list(names),
    }.items():
        assert shown(record(login(manager), figure=figure), *names) == titles
    assert shown(record(login(manager), person=teammate.pk), *names) == ["Invoice"]
    assert shown(record(login(manager), first="2020-01-01", last="2020-02-01"), *names) == []
    # Staff see their own, whatever the address says; others none.
    assert shown(record(login(owner), person=teammate.pk), *names) == ["Crushed", "Driver"]
    assert shown(record(login(outsider)), *names) == []


def test_three_complaints_cost_as_many_queries_as_one(customer: Customer, manager: User, login: Login) -> None:
    browser, counts = login(manager), []
    for number in range(3):
        of = factories.customer(customer.owner)
        take_in(Complaint(customer=of, owner=of.owner, what=f"Late {number}", opened_at=NOW), at=NOW)
        with CaptureQueriesContext(connection) as queries:
            record(browser)
        counts.append(len(queries))

    assert len(set(counts)) == 1


def test_the_rules_are_for_administrators_to_change(manager: User, administrator: User, login: Login) -> None:
    address = reverse("care_rules")
    data = {name: getattr(CareRules(), name) for name in CareRulesForm.Meta.fields} | {"answer_severe": 1}

    assert login(manager).get(address).status_code == 200
    assert login(manager).post(address, data).status_code == 403
    assert login(administrator).post(address, data | {"works_until": "08:00"}).status_code == 422
    assert login(administrator).post(address, data).status_code == 302
    assert CareRules.current().answer_severe == 1


def test_today_says_how_long_an_answer_is_owed(customer: Customer, owner: User, login: Login) -> None:
    ago = NOW - timedelta(days=9)
    take_in(Complaint(customer=customer, owner=owner, what="Crushed", opened_at=ago), at=ago)

    words = " ".join(login(owner).get(reverse("today")).content.decode().split())

    assert "answer owed for" in words
    assert reverse("complaint_answer", args=[Complaint.objects.get().pk]) in words
