"""Delivery: claim, gate, compose, hand over, account, one message at a time over one reused connection.

No transaction waits for the mail server. `submitting` is committed before the content of a message is sent and its
outcome after, so a crash in between leaves a row that says so, and a person decides about customer mail. What is asked
of the server before the content binds nobody, so it is asked while the commit is under way.

Nothing is claimed while sending is paused, and no content goes out once it is. What the limits do not allow goes back.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import cached_property

from accounts.models import Company
from outreach import claiming, gate, guarding, pausing
from outreach.bounces.noting import give_up, tell_otherwise
from outreach.claiming import Settlement
from outreach.composing import Composer, Unwritable
from outreach.limiting import Exhausted, Limiter
from outreach.models import Message, SendingPause, Sentence, State, because
from outreach.transport import CannotConnect, Envelope, InvalidMail, Outcome, Transport, Verdict
from retention_crm.lib import clock

log = logging.getLogger(__name__)

BATCH = 200
# What has not been handed over when half of its lease is gone goes back, before others take it.
PATIENCE = claiming.LEASE.total_seconds() / 2
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 12


def deliver(
    *,
    now: Callable[[], datetime] = clock.now,
    transport: Transport | None = None,
    seconds: float = 20.0,
    batch: int = BATCH,
) -> Counter[str]:
    """Hands over due messages until none is due or the time is up; returns how many ended in each state.

    `now` tells the business time (what is due, what is too late); leases run on the database's own clock. `waiting`
    in the result counts those given back to be sent later, `more` is 1 if there is more to do at once.
    """
    run = Run(now, transport or Transport())
    stop = time.monotonic() + seconds
    try:
        while run.batch(batch):
            if time.monotonic() > stop:
                run.counts["more"] = 1
                break
    finally:
        run.finish()
    return run.counts


class Run:
    """One worker's pass over the due messages."""

    def __init__(self, now: Callable[[], datetime], transport: Transport) -> None:
        self.now = now
        self.transport = transport
        self.counts: Counter[str] = Counter()
        self._under_way: tuple[Message, int] | None = None
        self._unwritten: Settlement | None = None
        # The id of the pause whose end is tried with one message; 0 if there is no pause.
        self._probe = 0
        self._is_stopped = False

    @cached_property
    def company(self) -> Company:
        return Company.current()

    @cached_property
    def limiter(self) -> Limiter:
        return Limiter(self.company)

    def batch(self, size: int) -> bool:
        """Works through one claim; false when nothing was due or nothing may or can be sent for now."""
        at, began = self.now(), time.monotonic()
        size = self._room(size, at)
        if not size:
            return False
        tokens = claiming.claim(at=at, limit=size)
        if not tokens and self._come_to_rest():
            # What is due may be for the same customer as the message that was under way until now.
            tokens = claiming.claim(at=at, limit=size)
        if not tokens:
            return False
        messages = gate.load(list(tokens))
        rulings = gate.check(messages, at=at, company=self.company)
        ruled = [(message, rulings[message.pk]) for message in messages if message.pk in rulings]
        self._settle(
            [_decided(message, tokens[message.pk], r.state, r.rule, r.why, r.due_at) for message, r in ruled],
        )
        passed = [message for message in messages if message.pk not in rulings]
        if passed and (words := guarding.announce(len(passed), at=at)):
            self._stop(SendingPause.Cause.RESTORED, words)
        composer = Composer(company=self.company, at=at)
        composer.prepare(passed)
        for position, message in enumerate(passed):
            rest = passed[position:]
            if position and time.monotonic() - began > PATIENCE:
                self._give_back(rest, tokens, "slow")
                return True
            # Written while the server still works on the one before.
            envelope = self._write(message, tokens[message.pk], composer)
            if envelope is not None and not self._pass(message, rest, tokens, envelope):
                return False
        return True

    def _room(self, size: int, at: datetime) -> int:
        """How many messages to claim at most; none if none is due, or if none may be sent for now."""
        if self._probe:
            self._land()
        standing = pausing.standing(at=at)
        if self._is_stopped or not standing.is_due:
            return 0
        if words := guarding.doubt(at=at):
            self._stop(SendingPause.Cause.RESTORED, words)
            return 0
        if standing.is_paused and not self._probe:
            self._probe = pausing.take_probe(at=at)
            return 1 if self._probe else 0
        return self.limiter.room(1 if self._probe else size)

    def _pass(self, message: Message, rest: list[Message], tokens: dict[int, int], envelope: Envelope) -> bool:
        """Takes one message of the batch as far as it gets; false if it and the `rest` went back."""
        self._land()
        if self._is_stopped:
            return self._give_back(rest, tokens, "paused")
        try:
            self.transport.open()
            turn = self.limiter.take(message.sent_to, at=self.now())
        except CannotConnect as error:
            log.warning("The mail server can not be reached: %s. %d messages wait.", error, len(rest))
            if error.cause is None:
                later = self.now() + FIRST_PAUSE
                return self._give_back(rest, tokens, "no_connection", str(error), later)
            self._stop(error.cause, str(error))
            return self._give_back(rest, tokens, "paused", str(error))
        except Exhausted:
            return self._give_back(rest, tokens, "limited")
        if turn is not None:
            self._give_back([message], tokens, "limited", due_at=turn)
            return True
        if not self._hand_over(message, tokens[message.pk], envelope) and pausing.is_paused(despite=self._probe):
            self._is_stopped = True
            return self._give_back(rest, tokens, "paused")
        return True

    def _write(self, message: Message, token: int, composer: Composer) -> Envelope | None:
        """The mail, ready to be handed over; none if it can not be written, which is its outcome."""
        try:
            return self._envelope(message, composer)
        except Unwritable as error:
            state = State.CANCELLED if error.reason == "nothing_to_say" else State.HELD
            self._settle([_decided(message, token, state, error.reason, error.why)])
        except InvalidMail as error:
            self._settle([Settlement(message.pk, token, State.FAILED, "invalid", str(error))])
        return None

    def _envelope(self, message: Message, composer: Composer) -> Envelope:
        return self.transport.prepare(composer.write(message))

    def _hand_over(self, message: Message, token: int, envelope: Envelope) -> bool:
        """The server is asked while the ledger is told; the content goes out only when that is committed."""
        self.transport.announce(envelope)
        has_begun = False
        try:
            has_begun = claiming.begin_submitting(
                message, token, after=self._unwritten, at=self.now(), despite=self._probe
            )
        finally:
            if not has_begun:
                self.transport.withdraw()
        self._unwritten = None
        if has_begun:
            self.transport.submit(envelope)
            self._under_way = message, token
        else:
            self.counts["taken_back"] += 1
        return has_begun

    def _land(self) -> None:
        """Waits for what becomes of the message under way, if there is one, and takes note of it."""
        if self._under_way is None:
            return
        (message, token), self._under_way = self._under_way, None
        outcome = self.transport.answer()
        settlement = self._settlement(message, token, outcome)
        if outcome.verdict is Verdict.ACCEPTED:
            # Written together with the next message's marker: one commit for each hand-over.
            self._unwritten = settlement
            self.counts[State.SENT.value] += 1
        else:
            self._settle([settlement])
        if outcome.bad_address:
            give_up(message.sent_to, outcome.words, self.now())
            tell_otherwise(message, self.now())
        if outcome.cause is not None:
            self._stop(outcome.cause, outcome.words)
        elif self._probe:
            self._judge_probe(outcome)

    def _judge_probe(self, outcome: Outcome) -> None:
        """A definite answer about the mail ends the pause; anything else leaves it to the next attempt."""
        if outcome.verdict in {Verdict.ACCEPTED, Verdict.REFUSED}:
            pausing.succeed(self._probe, at=self.now())
            self.counts["more"] = 1
        else:
            self._is_stopped = True
        self._probe = 0

    def _settlement(self, message: Message, token: int, outcome: Outcome) -> Settlement:
        if outcome.verdict is Verdict.ACCEPTED:
            return Settlement(message.pk, token, State.SENT)
        if outcome.cause is not None:
            return Settlement(message.pk, token, State.PLANNED, "paused", outcome.words, is_untried=True)
        if outcome.verdict is Verdict.REFUSED:
            reason = "bad_address" if outcome.bad_address else "refused"
            return Settlement(message.pk, token, State.FAILED, reason, outcome.words)
        if outcome.verdict is Verdict.LOST and message.is_for_customer:
            return Settlement(message.pk, token, State.UNKNOWN, "line_lost", outcome.words)
        if message.attempts + 1 >= MOST_ATTEMPTS:
            return Settlement(message.pk, token, State.FAILED, "gave_up", outcome.words)
        later = self.now() + pause(message.attempts)
        return Settlement(message.pk, token, State.PLANNED, "later", outcome.words, due_at=later)

    def _stop(self, cause: SendingPause.Cause, words: str) -> None:
        """Nothing is sent any more, by nobody, until it can be or a person says so."""
        self._is_stopped = True
        if pausing.begin(cause, words, at=self.now()):
            log.error("Sending is paused (%s): %s", cause.value, words)

    def _give_back(
        self,
        messages: list[Message],
        tokens: dict[int, int],
        reason: str,
        words: str = "",
        due_at: datetime | None = None,
    ) -> bool:
        """Nobody is to blame and nothing counts as tried; due as before, or later if that is said. Always false."""
        self._settle([Settlement(m.pk, tokens[m.pk], State.PLANNED, reason, words, due_at) for m in messages])
        return False

    def _settle(self, settlements: list[Settlement]) -> None:
        claiming.settle(settlements, at=self.now())
        for settlement in settlements:
            self.counts["waiting" if settlement.state is State.PLANNED else settlement.state.value] += 1

    def _come_to_rest(self) -> bool:
        """Waits for the message under way and writes its outcome; false if everything was written already."""
        self._land()
        if self._unwritten is None:
            return False
        claiming.settle([self._unwritten], at=self.now())
        self._unwritten = None
        return True

    def finish(self) -> None:
        """Writes the last outcome and closes the connection, whatever happened."""
        try:
            self._come_to_rest()
            if self.counts[State.SENT.value]:
                guarding.note_success(at=self.now())
        finally:
            self.transport.close()


def _decided(
    message: Message, token: int, state: State, reason: str, why: Sentence, due_at: datetime | None = None
) -> Settlement:
    """Why is written in the words of whoever looks after the customer; others read it in theirs."""
    reader = message.customer.owner if message.customer else message.recipient
    with reader.in_own_words() if reader else nullcontext():
        return Settlement(message.pk, token, state, due_at=due_at, **because(reason, why))


def pause(attempts: int) -> timedelta:
    """How long to wait after that many attempts: doubling from a minute to six hours, spread by a fifth either way."""
    seconds = min(FIRST_PAUSE.total_seconds() * 2**attempts, LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, guards nothing
