"""Two real Celery workers, a real broker and a real mail server: what is due is sent once, also when a worker dies."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import time as time_of_day
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company
from outreach.accounting import account
from outreach.models import Message, State
from outreach.sweeping import sweep
from outreach.tasks import deliver
from retention_crm.lib import clock
from tests import factories, smtp_sink
from tests.celery_workers import kill_tree, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

PATIENCE = 60


def until(condition: Callable[[], bool], tick: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, dict(Message.objects.values_list("pk", "state"))
        tick()
        time.sleep(0.1)


def greetings(number: int) -> None:
    """Due at this very moment: the workers go by the real clock, also at night."""
    at = clock.now()
    today = clock.today("Europe/Stockholm", at)
    Company(pk=1, quiet_from=time_of_day(), quiet_until=time_of_day()).save()
    owner, segment = factories.user(), factories.segment()
    for _number in range(number):
        # Of one customer a single message is under way at a time.
        contact = factories.contact(
            factories.customer(owner, segment=segment), birthday_month=today.month, birthday_day=today.day
        )
        factories.message(contact, due_at=at - timedelta(seconds=5), expires_at=at + timedelta(hours=1))


def test_two_workers_share_the_work_and_send_each_message_once(broker: None) -> None:
    greetings(200)
    with smtp_sink.running() as sink, ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(worker(name, EMAIL_URL=sink.url))
        until(lambda: not Message.objects.exclude(state=State.SENT).exists(), deliver.delay)
        assert len(sink.message_ids) == len(set(sink.message_ids)) == 200
    assert account(at=clock.now()).balances


def test_a_worker_killed_under_load_loses_nothing_and_sends_nothing_twice(broker: None) -> None:
    greetings(200)
    with smtp_sink.running() as sink, worker("survivor", EMAIL_URL=sink.url):
        with worker("victim", EMAIL_URL=sink.url) as victim:
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
