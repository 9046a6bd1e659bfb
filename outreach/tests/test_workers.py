"""Two real Celery workers, a real broker and a real mail server: what is due is sent once, also when a worker dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from outreach.accounting import account
from outreach.models import Message, State
from outreach.sweeping import sweep
from outreach.tasks import deliver
from retention_crm.celery import app
from retention_crm.lib import clock
from tests import factories, smtp_sink
from tests.smtp_sink import Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


def _broker() -> str:
    """A database of the broker that no other process of the suite uses."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlunsplit(urlsplit(settings.REDIS_URL)._replace(path=f"/{number}"))


def _database() -> str:
    """The address of the database of this test, which is not the one the settings were read from."""
    return "/".join([os.environ["DATABASE_URL"].rpartition("/")[0], str(connection.settings_dict["NAME"])])


@contextmanager
def worker(sink: Sink, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker tree of its own, ended with everything it started."""
    environment = {
        **os.environ,
        "DATABASE_URL": _database(),
        "REDIS_URL": _broker(),
        "EMAIL_URL": f"smtp://{sink.host}:{sink.port}",
    }
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "retention_crm.celery",
            "worker",
            "-n",
            f"{name}@test",
            "-c",
            "1",
            "-l",
            "WARNING",
        ],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_tree(process)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of the worker and its children, as when a machine loses power."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(timeout=10)


def until(condition: Callable[[], bool], tick: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, dict(Message.objects.values_list("pk", "state"))
        tick()
        time.sleep(0.1)


@pytest.fixture
def broker() -> Iterator[None]:
    """The suite's own broker address while ticks are sent from here."""
    before = app.conf.broker_url
    app.conf.broker_url = _broker()
    yield
    app.conf.broker_url = before


def greetings(number: int) -> None:
    """Due at this very moment: the workers go by the real clock."""
    at = clock.now()
    today = clock.today("Europe/Stockholm", at)
    customer = factories.customer()
    for _number in range(number):
        contact = factories.contact(customer, birthday_month=today.month, birthday_day=today.day)
        factories.message(contact, due_at=at - timedelta(seconds=5), expires_at=at + timedelta(hours=1))


def test_two_workers_share_the_work_and_send_each_message_once(broker: None) -> None:
    greetings(200)
    with smtp_sink.running() as sink, ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(worker(sink, name))
        until(lambda: not Message.objects.exclude(state=State.SENT).exists(), deliver.delay)
        assert len(sink.message_ids) == len(set(sink.message_ids)) == 200
    assert account(at=clock.now()).balances


def test_a_worker_killed_under_load_loses_nothing_and_sends_nothing_twice(broker: None) -> None:
    greetings(200)
    with smtp_sink.running() as sink, worker(sink, "survivor"):
        with worker(sink, "victim") as victim:
            until(lambda: len(sink.mails) > 40, deliver.delay)
            kill_tree(victim)

        def tick() -> None:
            # The leases of the dead end in two minutes; the test does not wait for them.
            abandoned = Message.objects.filter(state__in=[State.LEASED, State.SUBMITTING])
            if len(sink.mails) == len_before[0]:
                abandoned.update(lease_until=clock.now() - timedelta(seconds=1))
            len_before[0] = len(sink.mails)
            sweep(at=clock.now())
            deliver.delay()
            time.sleep(0.5)

        len_before = [-1]
        until(lambda: not Message.objects.waiting().exists(), tick)
        assert len(sink.message_ids) == len(set(sink.message_ids))
        sent = Message.objects.filter(state=State.SENT).count()
        unknown = Message.objects.filter(state=State.UNKNOWN).count()
        assert sent + unknown == 200
        assert unknown <= 1
        assert sent <= len(sink.mails) <= sent + unknown
    assert account(at=clock.now()).balances
