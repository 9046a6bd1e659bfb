"""Fixtures every test may use: a company with two teams and people in each role."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client, TransactionTestCase

from accounts.models import Company, Role, Team, User
from customers.models import Customer
from retention_crm.celery import app
from tests import factories
from tests.celery_workers import broker_address
from tests.emptying import empty


@pytest.fixture(autouse=True, scope="session")
def _emptied_quickly() -> Iterator[None]:
    """After a test whose work was committed: Django's own way makes every table and all permissions anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty())
        yield


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.get_or_create(pk=1, defaults={"name": "Nordlicht AB"})[0]


@pytest.fixture
def north(db: None) -> Team:
    return factories.team("North")


@pytest.fixture
def south(db: None) -> Team:
    return factories.team("South")


@pytest.fixture
def owner(north: Team) -> User:
    return factories.user(name="Mia Berg", email="mia@example.com", team=north)


@pytest.fixture
def teammate(north: Team) -> User:
    return factories.user(name="Tom Falk", email="tom@example.com", team=north)


@pytest.fixture
def outsider(south: Team) -> User:
    return factories.user(name="Olga Ek", email="olga@example.com", team=south)


@pytest.fixture
def manager(north: Team) -> User:
    return factories.user(Role.MANAGER, name="Max Lind", email="max@example.com", team=north)


@pytest.fixture
def administrator(db: None) -> User:
    return factories.user(Role.ADMINISTRATOR, name="Ada Holm", email="ada@example.com")


@pytest.fixture
def customer(owner: User) -> Customer:
    return factories.customer(owner, name="Lindqvist AB")


@pytest.fixture
def login() -> Callable[[User], Client]:
    """A function that gives a browser logged in as that person."""

    def as_person(person: User) -> Client:
        browser = Client()
        browser.force_login(person)
        return browser

    return as_person


@pytest.fixture
def broker() -> Iterator[None]:
    """Ticks sent from the test go to the broker its workers listen to."""
    before = app.conf["broker_url"]
    app.conf["broker_url"] = broker_address()
    yield
    app.conf["broker_url"] = before
