"""Whatever happens in whatever order, the ledger adds up and no customer gets a message twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import Company, User
from customers.models import Contact
from outreach import claiming, pausing
from outreach.accounting import account
from outreach.delivery import Run, deliver
from outreach.models import STAFF_KINDS, LedgerPlace, Message, MessageKind, State
from outreach.pausing import Cause
from outreach.planning import plan
from outreach.sweeping import sweep
from outreach.transport import Envelope, Transport
from retention_crm.lib import clock
from tests import factories, smtp_sink
from tests.emptying import empty
from tests.factories import NOW
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
FINAL = {State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED}


class Killed(BaseException):
    """A worker dies."""


class Dying(Transport):
    """Dies at the chosen hand-over, before or after the content went out."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.at, self.after = at, after

    def submit(self, envelope: Envelope) -> None:
        self.at -= 1
        if self.at < 0 and not self.after:
            raise Killed
        super().submit(envelope)
        if self.at < 0:
            self.answer()
            raise Killed


class Ledger(RuleBasedStateMachine):
    """Rules are what people, workers, clocks and accidents do; the invariants are the promises."""

    sink: Sink

    def __init__(self) -> None:
        super().__init__()
        # Nobody from an example before: what one finds is found again when it is played alone.
        empty()
        Company.objects.update_or_create(pk=1, defaults={"name": "Machine"})
        self.sink.mails.clear()
        self.sink.answers.clear()
        self.at = NOW
        self.final: dict[int, str] = {}

    @rule(number=st.integers(1, 3))
    def people_come(self, number: int) -> None:
        today = clock.today("Europe/Stockholm", self.at)
        for _number in range(number):
            factories.contact(birthday_month=today.month, birthday_day=today.day)

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def beat_plans(self) -> None:
        plan(at=self.at)

    @rule(answers=st.lists(st.sampled_from(["250 OK", "451 later", "554 no", Sink.DROP_BEFORE, Sink.DROP_AFTER])))
    def a_worker_delivers(self, answers: list[str]) -> None:
        self.sink.answers = answers
        deliver(now=lambda: self.at)

    @rule(at=st.integers(0, 3), after=st.booleans())
    def a_worker_dies(self, at: int, after: bool) -> None:
        self.sink.answers = []
        run = Run(lambda: self.at, Dying(at, after=after))
        try:
            while run.batch(50):
                pass
        except Killed:
            run.transport.close()
        else:
            run.finish()

    @rule()
    def a_worker_claims_and_is_never_seen_again(self) -> None:
        claiming.claim(at=self.at, limit=2)

    @rule()
    def leases_end(self) -> None:
        Message.objects.filter(lease_until__isnull=False).update(lease_until=NOW - timedelta(days=300))
        sweep(at=self.at)

    @rule(which=st.integers(0, 5))
    def somebody_unsubscribes(self, which: int) -> None:
        self._one(which).update(allows_greetings=False)

    @rule(which=st.integers(0, 5))
    def somebody_is_erased(self, which: int) -> None:
        self._one(which).delete()

    @rule()
    def sending_is_stopped(self) -> None:
        pausing.begin(Cause.PERSON, "", at=self.at, by=User.objects.first())

    @rule()
    def sending_is_started(self) -> None:
        by = User.objects.first()
        if by is not None:
            pausing.start(by, at=self.at)

    @rule()
    def a_backup_is_put_back(self) -> None:
        """As far as the ledger can tell: it lies elsewhere now."""
        LedgerPlace.objects.update(fingerprint="elsewhere")

    def _mails(self, **those: Any) -> dict[str, Message]:
        """The messages by the Message-ID of their mails."""
        return {f"<{message.mail_key.hex}@testserver>": message for message in Message.objects.filter(**those)}

    def _one(self, which: int) -> Any:
        pks = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
        return Contact.objects.filter(pk__in=pks[which : which + 1])

    @invariant()
    def it_adds_up(self) -> None:
        assert all(row.missing == 0 for row in account(at=self.at).kinds)

    @invariant()
    def no_customer_got_anything_twice(self) -> None:
        staff = self._mails(kind__in=STAFF_KINDS)
        times = Counter(name for name in self.sink.message_ids if name not in staff)
        assert max(times.values(), default=1) == 1

    @invariant()
    def what_a_customer_got_is_sent_or_unknown_or_just_under_way(self) -> None:
        """Mail to staff may be planned again after it was taken: two are better than none."""
        messages = self._mails()
        taken = {messages[name] for name in self.sink.message_ids}
        states = {message.state for message in taken if message.kind not in STAFF_KINDS}
        assert states <= {State.SENT, State.UNKNOWN, State.SUBMITTING}

    @invariant()
    def what_is_sent_was_taken(self) -> None:
        """Whoever it is for."""
        assert self._mails(state=State.SENT).keys() <= set(self.sink.message_ids)

    @invariant()
    def what_is_final_stays_so(self) -> None:
        now = dict(Message.objects.filter(kind=MessageKind.BIRTHDAY).values_list("pk", "state"))
        for pk, state in self.final.items():
            # A consent that is given again brings a cancelled greeting back; nothing else comes back.
            assert now[pk] == state or state == State.CANCELLED
        self.final = {pk: state for pk, state in now.items() if state in FINAL}


@contextmanager
def machine() -> Iterator[type[Ledger]]:
    with smtp_sink.running() as sink, override_settings(MAILERS=smtp_sink.mailers(sink)):
        Ledger.sink = sink
        yield Ledger


def play(examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    with machine() as played:
        run_state_machine_as_test(
            played,
            settings=settings(
                max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
            ),
        )


def test_any_order_of_a_few_things_keeps_the_promises() -> None:
    play(6, 12)


@pytest.mark.slow
def test_any_order_of_many_things_keeps_the_promises() -> None:
    play(100, 50)
