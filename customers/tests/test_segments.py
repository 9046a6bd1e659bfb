"""Segments and what their cadence does to due days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from customers import changing
from customers.models import Customer, Segment
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture
def segment(db: None) -> Segment:
    return factories.segment(cadence_days=30, name="Key customers")


FILLED = {"cadence_days": 30, "counts_as_contact": "both", "horizon_days": 90}


def save(browser: Client, segment: Segment, **data: Any) -> Any:
    return browser.post(reverse("segment", args=[segment.pk]), {"name": segment.name, **FILLED, **data})


def test_a_new_cadence_moves_the_due_days_of_customers_without_their_own(
    login: Login, administrator: User, owner: User, segment: Segment
) -> None:
    plain = factories.customer(owner, segment=segment, customer_since=date(2026, 1, 1))
    spoken = factories.customer(owner, segment=segment)
    factories.interaction(spoken)
    own = factories.customer(owner, segment=segment, customer_since=date(2026, 1, 1), cadence_days=7)
    elsewhere = factories.customer(owner, customer_since=date(2026, 1, 1))

    save(login(administrator), segment, cadence_days=10)

    due = dict(Customer.objects.values_list("pk", "next_due_on"))
    assert due[plain.pk] == date(2026, 1, 11)
    assert due[spoken.pk] == factories.TODAY + timedelta(days=10)
    assert due[own.pk] == date(2026, 1, 8)
    assert due[elsewhere.pk] == date(2026, 1, 31)


def test_a_new_cadence_costs_the_same_queries_for_one_and_for_three(owner: User, segment: Segment) -> None:
    def cost() -> int:
        segment.cadence_days += 1
        with CaptureQueriesContext(connection) as captured:
            changing.save_segment(segment, at=factories.NOW)
        return len(captured)

    factories.customer(owner, segment=segment)
    one = cost()
    for _ in range(2):
        factories.customer(owner, segment=segment)

    assert cost() == one


def test_the_due_day_follows_the_latest_of_what_counts(owner: User, segment: Segment) -> None:
    """Own cadence before the segment's, last touchpoint before the start."""
    start = date(2026, 1, 1)
    customer = factories.customer(owner, segment=segment, customer_since=start)

    def due(**fields: Any) -> date | None:
        Customer.objects.filter(pk=customer.pk).update(**fields)
        Customer.objects.filter(pk=customer.pk).recompute_due()
        customer.refresh_from_db()
        return customer.next_due_on

    assert due() == date(2026, 1, 31)
    assert due(cadence_days=1) == date(2026, 1, 2)
    assert due(last_touchpoint_on=date(2028, 2, 28), cadence_days=1) == date(2028, 2, 29)
    assert due(cadence_days=None) == date(2028, 3, 29)


def test_on_the_due_day_a_customer_is_still_in_time(owner: User, segment: Segment) -> None:
    factories.customer(owner, segment=segment, next_due_on=date(2026, 3, 1))

    assert Customer.objects.overdue(on=date(2026, 3, 1)).count() == 0
    assert Customer.objects.overdue(on=date(2026, 3, 2)).count() == 1


def test_administrators_add_segments(login: Login, administrator: User) -> None:
    response = login(administrator).post(
        reverse("segment_new"), {**FILLED, "name": "New", "cadence_days": 45}, follow=True
    )

    assert Segment.objects.get().cadence_days == 45
    assert "every 45 days" in response.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("", "\x00", "a" * 81, "a" * 1_000_000, "Other")),
        *(("cadence_days", value) for value in ("", "0", "-1", "3651", "9" * 5000, "x", "1.5")),
    ],
    ids=range(12),
)
def test_bad_input_gets_a_message_at_the_field(
    login: Login, administrator: User, segment: Segment, field: str, value: str
) -> None:
    factories.segment(name="Other")

    response = save(login(administrator), segment, **{field: value})

    assert set(response.context["form"].errors) == {field}
    assert response.context["form"][field].value() == value
    segment.refresh_from_db()
    assert (segment.name, segment.cadence_days) == ("Key customers", 30)


def test_managers_read_segments_and_staff_do_not(login: Login, manager: User, owner: User, segment: Segment) -> None:
    assert "Key customers" in login(manager).get(reverse("segments")).content.decode()
    assert login(manager).get(reverse("segment", args=[segment.pk])).status_code == 200
    assert save(login(manager), segment, cadence_days=1).status_code == 403
    assert login(owner).get(reverse("segments")).status_code == 403
    segment.refresh_from_db()
    assert segment.cadence_days == 30


def test_the_list_costs_the_same_queries_for_one_and_for_three(login: Login, manager: User, segment: Segment) -> None:
    browser = login(manager)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("segments")).status_code == 200
        return len(captured)

    one = cost()
    factories.segment()
    factories.segment()
    assert cost() == one


def test_without_segments_the_list_says_how_to_begin(login: Login, administrator: User) -> None:
    assert "No segments yet" in login(administrator).get(reverse("segments")).content.decode()


@pytest.mark.parametrize(
    ("changed", "is_stale"),
    [({"name": "Others"}, False), ({"counts_as_contact": "purchases"}, True), ({"horizon_days": 180}, True)],
)
def test_other_rules_of_the_risk_ask_for_a_new_computation(
    login: Login, administrator: User, owner: User, segment: Segment, changed: dict[str, Any], is_stale: bool
) -> None:
    factories.customer(owner, segment=segment)
    factories.customer(owner)
    assert save(login(administrator), segment, **changed).status_code == 302
    stale = Customer.objects.filter(risk_stale_since__isnull=False)
    assert [customer.segment for customer in stale] == ([segment] if is_stale else [])


@pytest.mark.parametrize("wrong", [{"horizon_days": 13}, {"horizon_days": 366}, {"counts_as_contact": "gifts"}])
def test_rules_that_make_no_sense_are_refused(
    login: Login, administrator: User, segment: Segment, wrong: dict[str, Any]
) -> None:
    response = save(login(administrator), segment, **wrong)
    assert list(response.context["form"].errors) == list(wrong)
    segment.refresh_from_db()
    assert (segment.horizon_days, segment.counts_as_contact) == (90, "both")
