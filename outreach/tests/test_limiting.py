"""Limits: never more in a minute than the company says, over all workers; what is over it has its turn later."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company
from outreach.accounting import account
from outreach.delivery import deliver
from outreach.limiting import ALL, Exhausted, Limiter, _bucket
from outreach.models import Message, Pace
from tests import factories, smtp_sink
from tests.factories import NOW
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


def run(**options: Any) -> dict[str, int]:
    return dict(deliver(now=lambda: NOW, **options))


def limit(company: Company, *, in_all: int = 0, per_domain: int = 0) -> Limiter:
    company.mails_per_minute, company.mails_per_domain_per_minute = in_all, per_domain
    company.save()
    return Limiter(company)


def greeting(address: str = "", **fields: Any) -> Message:
    details: dict[str, Any] = {"birthday_month": NOW.month, "birthday_day": NOW.day}
    if address:
        details["email"] = address
    contact = factories.contact(**details)
    return factories.message(contact, **fields)


def as_after(seconds: float) -> None:
    Pace.objects.update(filled_at=F("filled_at") - timedelta(seconds=seconds))


def granted(limiter: Limiter, address: str = "a@one.example") -> int:
    """How many are granted until none is."""
    number = 0
    try:
        while limiter.take(address, at=NOW) is None:
            number += 1
    except Exhausted:
        return number
    return number


@given(st.integers(1, 100_000))
def test_no_minute_grants_more_than_the_limit(number: int) -> None:
    bucket = _bucket(ALL, number)
    # What a full bucket holds, and all that comes in less than a minute after it was full.
    assert bucket["most"] + bucket["rate"] * 60 <= number + 1
    assert bucket["rate"] * 60 > number * 0.8


def test_without_a_limit_nothing_is_asked(company: Company, django_assert_num_queries: Any) -> None:
    limiter = Limiter(company)
    with django_assert_num_queries(0):
        assert limiter.room(50) == 50
        assert limiter.take("a@one.example", at=NOW) is None


Grants = list[tuple[float, float]]


def grants_over(limiter: Limiter, waits: Iterable[float]) -> Grants:
    """Between which two moments, in seconds, each mail was granted to who asks for all there is, waits, and asks again.

    The waits are not waited for, but what the asking itself takes counts: on a busy machine that may be seconds.
    """
    began, skipped = time.monotonic(), 0.0
    grants: Grants = []
    for wait in (0.0, *waits):
        if wait:
            as_after(wait)
            skipped += wait
        earliest = time.monotonic() - began + skipped
        while _is_granted(limiter):
            latest = time.monotonic() - began + skipped
            grants.append((earliest, latest))
            earliest = latest
    return grants


def _is_granted(limiter: Limiter) -> bool:
    try:
        return limiter.take("a@one.example", at=NOW) is None
    except Exhausted:
        return False


def most_in_a_minute(grants: Grants) -> int:
    """How many at least were granted within less than sixty seconds, whenever these begin."""
    return max(sum(latest - begins < 60 for _earliest, latest in grants[n:]) for n, (begins, _l) in enumerate(grants))


def test_a_minute_of_asking_all_the_time_gets_the_limit_and_no_more(company: Company) -> None:
    grants = grants_over(limit(company, in_all=60), [1] * 130)
    assert sum(earliest < 1 for earliest, _latest in grants) >= 10
    assert len(grants) >= 10 + 0.8 * 130
    assert most_in_a_minute(grants) <= 60


@pytest.mark.parametrize("number", [1, 5, 7, 60, 61])
def test_whenever_somebody_asks_no_sixty_seconds_get_more(company: Company, number: int) -> None:
    random = Random(number)
    waits = [random.choice([0.01, 0.5, 3, 59.9, 60]) for _number in range(80)]
    assert 0 < most_in_a_minute(grants_over(limit(company, in_all=number), waits)) <= number


def test_a_minute_that_is_too_full_is_noticed() -> None:
    assert most_in_a_minute([(0.0, 0.1), (30.0, 30.1), (59.8, 59.9), (60.1, 60.2)]) == 3


def test_a_limit_of_one_is_one_a_minute(company: Company) -> None:
    limiter = limit(company, in_all=1)
    assert granted(limiter) == 1
    as_after(59)
    assert granted(limiter) == 0
    as_after(2)
    assert granted(limiter) == 1


def test_a_long_rest_fills_no_more_than_the_bucket(company: Company) -> None:
    limiter = limit(company, in_all=60)
    granted(limiter)
    as_after(100_000)
    assert granted(limiter) == limiter.room(50) + 10 == 10


def test_a_clock_that_was_set_back_stops_nothing(company: Company) -> None:
    limiter = limit(company, in_all=60, per_domain=60)
    granted(limiter)
    as_after(-86_400)
    assert granted(limiter) == limiter.room(50) == 0
    as_after(5)
    assert granted(limiter) == 4


def test_each_domain_has_its_own_and_letters_do_not_matter(company: Company) -> None:
    limiter = limit(company, per_domain=6)
    assert granted(limiter, "a@one.example") == 1
    assert granted(limiter, "b@ONE.example") == 0
    assert granted(limiter, "a@two.example") == 1


def test_those_put_off_queue_up_and_none_waits_long(company: Company) -> None:
    limiter = limit(company, per_domain=6)
    granted(limiter)
    turns = [limiter.take("a@one.example", at=NOW) for _number in range(400)]
    waits = [(turn - NOW).total_seconds() for turn in turns if turn]
    assert len(waits) == 400
    assert [round(wait, -1) for wait in waits[:3]] == [20, 30, 40]
    assert max(waits) <= 3600


def test_two_workers_at_once_share_one_limit(company: Company) -> None:
    limit(company, in_all=60, per_domain=300)
    found: list[int] = []

    def work() -> None:
        try:
            found.append(granted(Limiter(company)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 10 <= sum(found) <= 11


def test_what_is_over_the_limit_in_all_is_not_claimed(company: Company, sink: Sink) -> None:
    messages = [greeting(due_at=NOW - timedelta(minutes=9 - number)) for number in range(5)]
    limit(company, in_all=12)
    began = time.monotonic()
    assert run() == {"sent": 2}
    assert run() == {}
    assert time.monotonic() - began < 5
    tokens = list(Message.objects.order_by("pk").values_list("state", "lease_token", "due_at"))
    assert tokens[2:] == [("planned", 0, message.due_at) for message in messages[2:]]
    as_after(60)
    assert run() == {"sent": 2}


def test_one_domain_over_its_limit_does_not_hold_up_the_others(company: Company, sink: Sink) -> None:
    crowd = [greeting(f"p{number}@crowd.example", due_at=NOW - timedelta(hours=1)) for number in range(4)]
    others = [greeting(f"p@other{number}.example") for number in range(3)]
    limit(company, per_domain=6)
    assert run(batch=2) == {"sent": 4, "waiting": 3}
    assert {str(mail["To"].addresses[0].domain) for mail in sink.mails} == {
        "crowd.example", "other0.example", "other1.example", "other2.example"
    }  # fmt: skip
    put_off = Message.objects.filter(state="planned").order_by("due_at")
    assert {message.pk for message in put_off} < {message.pk for message in crowd}
    assert not {message.pk for message in put_off} & {message.pk for message in others}
    assert all(message.due_at > NOW and message.reason == "limited" and not message.attempts for message in put_off)
    assert len({message.due_at for message in put_off}) == 3


def test_a_domain_over_its_limit_does_not_use_up_the_limit_in_all(company: Company) -> None:
    limiter = limit(company, in_all=60, per_domain=6)
    for _number in range(5):
        limiter.take("a@one.example", at=NOW)
    assert limiter.room(50) == 9


def test_a_limited_ledger_that_goes_on_is_not_stuck(company: Company, sink: Sink) -> None:
    for _number in range(3):
        greeting(due_at=NOW - timedelta(hours=1))
    limit(company, in_all=6)
    assert not account(at=NOW).balances
    assert run() == {"sent": 1}
    assert account(at=NOW).balances
    assert not account(at=NOW + timedelta(hours=1)).balances
