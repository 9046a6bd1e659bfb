"""Putting a customer who has gone quiet off to a day: what it changes, who may, and what ends it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.changing import save_segment
from customers.models import Customer
from customers.snoozing import snooze, wake
from interactions.models import Kind, Outcome
from outreach.models import Message, MessageKind
from outreach.overdue import digest_customers, escalated_customers
from outreach.planning import plan
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
UNTIL = TODAY + timedelta(days=10)


@pytest.fixture
def quiet(owner: User, company: Company) -> Customer:
    return factories.customer(owner, name="Haddad AB", customer_since=TODAY - timedelta(days=50))


def page(customer: Customer, name: str = "customer_snooze") -> str:
    return reverse(name, args=[customer.pk])


def given(**fields: Any) -> dict[str, Any]:
    return {"until": UNTIL.isoformat(), "reason": "On holiday until then", **fields}


def is_overdue(customer: Customer, on: date) -> bool:
    return Customer.objects.overdue(on).filter(pk=customer.pk).exists()


def test_is_not_overdue_before_that_day_and_is_from_it_on(quiet: Customer, owner: User) -> None:
    assert is_overdue(quiet, TODAY)
    snooze(quiet, until=UNTIL, reason="On holiday")
    assert not is_overdue(quiet, UNTIL - timedelta(days=1))
    assert not digest_customers(owner, UNTIL - timedelta(days=1)).exists()
    assert list(digest_customers(owner, UNTIL)) == [quiet]


def test_nobody_is_told_by_digest_or_escalation_meanwhile(quiet: Customer, owner: User, manager: User) -> None:
    snooze(quiet, until=UNTIL, reason="On holiday")
    plan(at=NOW)
    assert not Message.objects.filter(kind=MessageKind.OVERDUE_DIGEST).exists()
    assert not escalated_customers(manager, on=UNTIL, after=date(2000, 1, 1)).exists()
    plan(at=NOW + timedelta(days=11))
    assert Message.objects.filter(kind=MessageKind.OVERDUE_DIGEST).count() == 1


def test_a_day_before_the_cadence_is_over_changes_nothing(owner: User, company: Company) -> None:
    customer = factories.customer(owner, customer_since=TODAY)
    due = customer.next_due_on
    snooze(customer, until=TODAY + timedelta(days=3), reason="Asked us to")
    assert customer.next_due_on == due


def test_a_touchpoint_ends_it_and_what_is_none_does_not(quiet: Customer) -> None:
    snooze(quiet, until=UNTIL, reason="On holiday")
    factories.purchase(quiet)
    factories.interaction(quiet, kind=Kind.CALL, outcome=Outcome.NO_ANSWER)
    assert Customer.objects.get(pk=quiet.pk).snoozed_until == UNTIL
    factories.interaction(quiet, kind=Kind.CALL, happened_at=NOW)
    quiet.refresh_from_db()
    assert quiet.snoozed_until is None
    assert quiet.next_due_on == TODAY + timedelta(days=30)


def test_an_older_touchpoint_entered_afterwards_does_not_end_it(quiet: Customer) -> None:
    factories.interaction(quiet, happened_at=NOW - timedelta(days=40))
    snooze(quiet, until=UNTIL, reason="On holiday")
    factories.interaction(quiet, happened_at=NOW - timedelta(days=45))
    quiet.refresh_from_db()
    assert quiet.snoozed_until == UNTIL
    assert not is_overdue(quiet, TODAY)


def test_another_cadence_does_not_wake_the_customer(quiet: Customer) -> None:
    snooze(quiet, until=UNTIL, reason="On holiday")
    quiet.segment.cadence_days = 5
    save_segment(quiet.segment, at=NOW)
    assert not is_overdue(quiet, TODAY)


def test_taken_back_it_is_as_if_it_had_never_been(quiet: Customer) -> None:
    due = quiet.next_due_on
    snooze(quiet, until=UNTIL, reason="On holiday")
    wake(quiet)
    wake(quiet)
    assert (quiet.snoozed_until, quiet.snooze_reason, quiet.next_due_on) == (None, "", due)


@time_machine.travel(NOW, tick=False)
def test_is_done_on_a_page_shown_with_its_reason_and_undone(
    quiet: Customer, owner: User, login: Callable[[User], Client]
) -> None:
    browser = login(owner)
    assert page(quiet) in browser.get(reverse("today")).text
    assert browser.post(page(quiet), given(reason="<b>عطلة</b> 🎉")).status_code == 302
    assert "Haddad AB</bdi>" not in browser.get(reverse("today")).text
    shown = browser.get(reverse("customer", args=[quiet.pk])).text
    assert "put off to 6 December 2026" in shown
    assert "&lt;b&gt;عطلة&lt;/b&gt; 🎉" in shown
    browser.post(page(quiet, "customer_wake"))
    assert "Haddad AB</bdi>" in browser.get(reverse("today")).text


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("until", TODAY.isoformat()),
        ("until", "2028-01-01"),
        ("until", "2026-02-30"),
        ("until", ""),
        ("reason", ""),
        ("reason", "x" * 201),
    ],
)
def test_what_can_not_be_is_refused_at_its_field(
    quiet: Customer, owner: User, login: Callable[[User], Client], field: str, value: str
) -> None:
    reply = login(owner).post(page(quiet), given(**{field: value}))
    assert reply.status_code == 422
    assert "invalid-feedback" in reply.text
    quiet.refresh_from_db()
    assert quiet.snoozed_until is None


def test_only_those_who_look_after_the_customer_may(
    quiet: Customer, teammate: User, outsider: User, login: Callable[[User], Client]
) -> None:
    assert login(teammate).get(page(quiet)).status_code == 200
    assert login(outsider).get(page(quiet)).status_code == 404
    Company.objects.update(visibility=Visibility.COMPANY)
    assert login(User.objects.get(pk=outsider.pk)).post(page(quiet), given()).status_code == 403
