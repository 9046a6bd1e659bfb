"""A contact who was asked, the browser it answers in, and a clock that stands still."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Company
from customers.models import Customer
from surveys.models import Invitation
from tests import factories
from tests.factories import NOW


@pytest.fixture
def present() -> Iterator[time_machine.Traveller]:
    """The moment NOW, until the test shifts it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def invitation(company: Company, customer: Customer) -> Invitation:
    return factories.invitation(factories.contact(customer, name="Amira Haddad"))


@pytest.fixture
def browser() -> Client:
    """A browser that would be refused if the check against forged requests applied."""
    return Client(enforce_csrf_checks=True)
