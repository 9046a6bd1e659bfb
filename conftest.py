"""Fixtures every test may use: a company with two teams and people in each role."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest
from django.db import transaction
from django.test import Client, TransactionTestCase

from accounts.models import Company, Role, Team, User
from customers.models import Customer
from retention_crm.celery import app
from tests import databases, factories
from tests.celery_workers import broker_address
from tests.emptying import empty
from tests.sessions import browser_of, session_of

WAITS = "processes"

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, to work while others wait for processes of their own."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spreads the files that wait for processes evenly among the others, the first before everything.

    Each process of the suite begins with an equal part of the list; so they do not all wait, or all work, at once.
    """
    waiting = [item for item in items if item.get_closest_marker(WAITS)]
    files = [list(of) for _path, of in itertools.groupby(waiting, key=lambda item: item.path)]
    if not files:
        return
    others = [item for item in items if not item.get_closest_marker(WAITS)]
    each = -(-len(others) // len(files))
    items[:] = []
    for number, file in enumerate(files):
        items += file + others[number * each : (number + 1) * each]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """With several processes only one of them runs the migrations."""
    if not hasattr(request.config, "workerinput"):
        yield
        return
    # All processes of a run have their directories in one.
    lock = tmp_path_factory.getbasetemp().parent / "databases.lock"
    copy = ExitStack()
    with django_db_blocker.unblock():
        copy.enter_context(databases.copied(lock))
    yield
    with django_db_blocker.unblock():
        copy.close()


@pytest.fixture(autouse=True, scope="session")
def emptied_quickly() -> Iterator[None]:
    """After a test whose work was committed: Django's own way makes every table and all permissions anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty())
        yield


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For rows that are made once for a file: a transaction around those of its tests, which give them back as they
    were. Only for files whose tests are each rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.first() or Company.objects.create(pk=1, name="Nordlicht AB")


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
    return lambda person: browser_of(session_of(person))


@pytest.fixture
def broker() -> Iterator[None]:
    """Ticks sent from the test go to the broker its workers listen to."""
    before = app.conf["broker_url"]
    app.conf["broker_url"] = broker_address()
    yield
    app.conf["broker_url"] = before
