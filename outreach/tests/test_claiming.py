"""Claiming: each message by one worker, and of one customer or address one message at a time."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Company, User
from customers.models import Contact
from outreach.claiming import LEASE, Settlement, claim, settle
from outreach.delivery import deliver
from outreach.models import Message, MessageKind, State
from outreach.transport import Outcome, Transport, Verdict
from retention_crm.lib import clock
from tests import factories, smtp_sink
from tests.factories import NOW
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


def thanks(to: Contact, minutes_ago: int = 1, **fields: Any) -> Message:
    fields = {"due_at": NOW - timedelta(minutes=minutes_ago), "expires_at": NOW + timedelta(days=20), **fields}
    return factories.message(to, kind=MessageKind.THANK_YOU, **fields)


def taken(limit: int = 50) -> list[int]:
    return sorted(claim(at=NOW, limit=limit))


def finish(pks: list[int], state: State = State.SENT) -> None:
    tokens = dict(Message.objects.filter(pk__in=pks).values_list("pk", "lease_token"))
    settle([Settlement(pk, token, state) for pk, token in tokens.items()], at=NOW)


# ---- One worker ----


def test_due_messages_are_taken_in_their_order_with_a_lease_and_a_token() -> None:
    late, early = thanks(factories.contact(), 1), thanks(factories.contact(), 9)
    thanks(factories.contact(), -1)
    before = clock.now()
    assert claim(at=NOW, limit=1) == {early.pk: 1}
    early.refresh_from_db()
    assert early.lease_until is not None
    assert timedelta() <= early.lease_until - before - LEASE < timedelta(seconds=10)
    assert taken() == [late.pk]
    assert taken() == []


@pytest.mark.parametrize("state", [State.LEASED, State.SUBMITTING])
def test_of_one_customer_one_message_is_under_way(state: State) -> None:
    contact = factories.contact()
    colleague = factories.contact(contact.customer)
    first, second, third = thanks(contact, 3), thanks(colleague, 2), thanks(contact, 1)
    assert taken() == [first.pk]
    Message.objects.filter(pk=first.pk).update(state=state)
    assert taken() == []
    finish([first.pk])
    assert taken() == [second.pk]
    finish([second.pk], State.HELD)
    assert taken() == [third.pk]


def test_of_one_address_one_message_is_under_way_whoever_it_is_for() -> None:
    one = factories.contact(email="Family@ek.example")
    two = factories.contact(email="family@EK.example")
    first, second = thanks(one, 2), thanks(two, 1)
    assert taken() == [first.pk]
    assert taken() == []
    finish([first.pk])
    assert taken() == [second.pk]


def test_mail_to_staff_and_to_nobody_any_more_waits_for_nobody(owner: User) -> None:
    staff = [factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST) for _number in range(3)]
    erased = [thanks(factories.contact()) for _number in range(3)]
    Message.objects.filter(pk__in=[message.pk for message in erased]).update(customer=None, contact=None)
    nameless = [thanks(factories.contact(email="")) for _number in range(3)]
    assert taken() == [message.pk for message in (*staff, *erased, *nameless)]


def test_many_messages_of_a_few_do_not_hide_those_of_others() -> None:
    contact = factories.contact()
    hundred = [thanks(contact, 200 - number) for number in range(100)]
    others = [thanks(factories.contact()) for _number in range(2)]
    assert taken(limit=2) == [hundred[0].pk]
    assert taken(limit=2) == [message.pk for message in others]
    assert taken(limit=2) == []


# ---- Delivery ----


def test_two_messages_of_one_customer_are_sent_one_after_the_other_in_one_run(sink: Sink) -> None:
    born = {"birthday_month": NOW.month, "birthday_day": NOW.day}
    first = factories.contact(**born)  # type: ignore[arg-type]
    second = factories.contact(first.customer, **born)
    for contact in (first, second):
        factories.message(contact)
    assert dict(deliver(now=lambda: NOW)) == {"sent": 2}
    assert len(sink.mails) == 2


def test_the_second_is_put_off_by_what_became_of_the_first_and_dated_anew(sink: Sink, company: Company) -> None:
    contact = factories.contact()
    first = factories.message(contact, kind=MessageKind.SURVEY, invitation=factories.invitation(contact))
    second = thanks(contact, 0)
    assert dict(deliver(now=lambda: NOW)) == {"sent": 1, "waiting": 1}
    second.refresh_from_db()
    assert (second.state, second.reason) == ("planned", "budget")
    assert second.due_at == second.dated_at == NOW + timedelta(days=company.budget_days)
    assert second.finished_at is None
    assert dict(deliver(now=lambda: second.due_at)) == {"sent": 1}
    assert [mail["Date"].datetime for mail in sink.mails] == [
        first.dated_at.replace(microsecond=0),
        second.dated_at.replace(microsecond=0),
    ]


@pytest.mark.parametrize(
    ("kind", "is_dated_anew"),
    [("thank_you", True), ("survey", True), ("you_said", True), ("notice", True), ("birthday", False)],
)
def test_what_is_put_off_does_not_arrive_as_old_mail_but_a_greeting_is_of_its_day(
    kind: str, is_dated_anew: bool
) -> None:
    message = factories.message(kind=kind, state=State.LEASED, lease_token=1, lease_until=NOW)
    before, later = message.dated_at, NOW + timedelta(days=2)
    assert settle([Settlement(message.pk, 1, State.PLANNED, "budget", due_at=later)], at=NOW) == 1
    message.refresh_from_db()
    assert message.dated_at == (later if is_dated_anew else before)


# ---- Several workers at once ----


def at_once(work: Callable[[], Any], number: int) -> list[Any]:
    """Runs the work in threads that start together, each with a database connection of its own."""
    barrier = threading.Barrier(number)
    results: list[Any] = []

    def run() -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == number
    return results


def test_a_worker_waits_for_the_claim_of_another_and_then_sees_what_that_one_took() -> None:
    """The second, which sees an earlier message of the same customer, begins before the first has committed."""
    contact = factories.contact()
    first = thanks(contact, 2)
    thanks(contact, 1)
    others = thanks(factories.contact(), 1)
    began, found = threading.Event(), []

    def second_worker() -> None:
        thanks(contact, 9)
        began.set()
        try:
            found.append(taken())
        finally:
            connection.close()

    thread = threading.Thread(target=second_worker)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        assert taken(limit=1) == [first.pk]
        thread.start()
        began.wait()
        thread.join(timeout=0.3)
        cursor.execute("COMMIT")
    thread.join(timeout=20)
    assert found == [[others.pk]]


def test_workers_that_race_send_one_message_to_a_customer_within_the_budget(company: Company) -> None:
    """Each worker claims, looks and sends as deliver does; whatever they meet, at most one is ever under way."""
    random = Random(3)
    contacts = [factories.contact() for _number in range(6)]
    contacts += [
        factories.contact(contact.customer, email=f"shared{contact.pk % 3}@ek.example") for contact in contacts
    ]
    for _number in range(60):
        thanks(random.choice(contacts), random.randrange(1, 50))

    def work() -> Counter[str]:
        counts: Counter[str] = Counter()
        for _number in range(25):
            run = deliver(now=lambda: NOW, transport=_Accepting(), batch=3)
            counts.update(run)
        return counts

    counts = sum(at_once(work, 4), Counter[str]())
    deliver(now=lambda: NOW, transport=_Accepting())
    assert not Message.objects.filter(state__in=[State.LEASED, State.SUBMITTING]).exists()
    sent = Message.objects.filter(state=State.SENT).select_related("contact")
    customers = Counter(message.customer_id for message in sent)
    addresses = Counter(message.sent_to for message in sent)
    assert set(customers.values()) == {1}
    assert set(addresses.values()) == {1}
    assert counts["sent"] <= len(sent)
    assert not Message.objects.exclude(state__in=[State.SENT, State.CANCELLED]).exists()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=12),
    busy=st.sets(st.integers(0, 11)),
    limit=st.integers(1, 4),
    workers=st.integers(2, 3),
)
def test_whatever_is_due_no_customer_and_no_address_is_taken_twice(
    rows: list[tuple[int, int, int]], busy: set[int], limit: int, workers: int
) -> None:
    Message.objects.all().delete()
    Contact.objects.all().delete()
    customers = [factories.customer() for _number in range(4)]
    planned = []
    for number, (customer, address, minutes) in enumerate(rows):
        contact = factories.contact(customers[customer], email=f"a{address}@x.example" if address else "")
        message = thanks(contact, minutes)
        planned.append(contact)
        if number in busy and not _busy_beside(message):
            Message.objects.filter(pk=message.pk).update(state=State.SUBMITTING)
    more = iter(range(workers))

    def plan_and_take() -> None:
        number = next(more)
        thanks(planned[number % len(planned)], 10 + number)
        _take_slowly(limit)

    at_once(plan_and_take, workers)
    under_way = Message.objects.filter(state__in=[State.LEASED, State.SUBMITTING]).select_related("contact")
    assert all(number == 1 for number in Counter(message.customer_id for message in under_way).values())
    addresses = Counter(message.contact.email for message in under_way if message.contact and message.contact.email)
    assert all(number == 1 for number in addresses.values())
    assert under_way.exists()


def _take_slowly(limit: int) -> None:
    """What a claim took is not to be seen by others for a moment, so that those who do not wait are found out."""
    with transaction.atomic():
        claim(at=NOW, limit=limit)
        time.sleep(0.01)


def _busy_beside(message: Message) -> bool:
    assert message.contact is not None
    busy = Message.objects.filter(state=State.SUBMITTING)
    same_address = busy.filter(contact__email=message.contact.email).exclude(contact__email="")
    return busy.filter(customer=message.customer).exists() or same_address.exists()


class _Accepting(Transport):
    """A mail server that takes everything at once."""

    def __init__(self) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def withdraw(self) -> None: ...

    def prepare(self, mail: Any) -> Any:
        return mail

    def announce(self, envelope: Any) -> None: ...

    def submit(self, envelope: Any) -> None: ...

    def answer(self) -> Outcome:
        return Outcome(Verdict.ACCEPTED)
