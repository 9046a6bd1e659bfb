"""Pages are asked for on one known morning."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import User
from customers.models import Customer
from dashboard.tests.demo_company import seed
from tests import factories
from tests.factories import NOW


@pytest.fixture
def this_morning() -> Iterator[None]:
    """10:00 in Stockholm on Thursday, 26 November 2026."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def demo(kept: None) -> User:
    """The demo as a first run loads it; its first member of staff. Loaded once for all tests of a file."""
    seed(60)
    return User.objects.get(email="sales@example.com")


@pytest.fixture
def three(owner: User) -> list[Customer]:
    return [factories.customer(owner, name=f"Customer {number}") for number in range(3)]
