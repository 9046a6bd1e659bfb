"""How often a customer heard from us in 30 days, from staff and automatically, and when that is enough."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from interactions.models import Kind, Outcome
from outreach.models import State
from outreach.overdoing import heard
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


def called(customer: Customer, days: float = 1, **fields: Any) -> None:
    factories.interaction(customer, happened_at=NOW - days * DAY, **{"author": customer.owner, **fields})


def test_what_they_heard_of_us_counts_and_nothing_else(customer: Customer) -> None:
    called(customer)
    called(customer, 29, outcome=Outcome.NO_ANSWER)
    called(customer, 31)
    called(customer, outcome=Outcome.POSTPONED)
    called(customer, kind=Kind.PURCHASE)
    called(customer, kind=Kind.EMAIL, is_owed=True)
    called(customer, author=None)
    called(factories.customer(customer.owner))
    contact = factories.contact(customer)
    factories.message(contact, state=State.SENT, due_at=NOW - 2 * DAY)
    factories.message(contact, state=State.HELD, due_at=NOW - 2 * DAY)
    factories.message(contact, state=State.SENT, due_at=NOW - 40 * DAY)

    found = heard(customer, at=NOW)

    assert (found.by_staff, found.automatic, found.total) == (2, 1, 3)


@pytest.mark.parametrize(
    ("cadence", "own", "said", "enough"), [(30, None, None, 4), (7, None, None, 9), (30, 5, None, 12), (7, None, 2, 2)]
)
def test_enough_is_what_was_said_or_twice_the_cadence(
    customer: Customer, cadence: int, own: int | None, said: int | None, enough: int
) -> None:
    segment = customer.segment
    segment.cadence_days, segment.contacts_a_month = cadence, said
    segment.save()
    Customer.objects.filter(pk=customer.pk).update(cadence_days=own)

    assert heard(customer, at=NOW).enough == enough


def test_it_is_said_before_the_next_call_and_the_next_letter(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer, email="jonas@lindqvist.example")
    customer.segment.contacts_a_month = 2
    customer.segment.save()
    pages = (f"{reverse('log')}?customer={customer.pk}", reverse("letter_new", args=[customer.pk]))
    called(customer)
    for page in pages:
        assert "They heard from us" not in login(owner).get(page).content.decode()

    called(customer, 2)
    for page in pages:
        words = " ".join(login(owner).get(page).content.decode().split())
        assert "They heard from us 2 times in 30 days; 2 are enough for them." in words
