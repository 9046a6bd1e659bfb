"""What a person may decide about a message, in which state, and what a worker in the same moment makes of it."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Contact
from outreach import deciding, foreseeing, gate
from outreach.claiming import begin_submitting, claim
from outreach.models import Message, MessageKind, State
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)

Decide = Callable[[Message, User], int]
DECISIONS: dict[str, tuple[Decide, dict[str, str]]] = {
    "approve": (
        lambda message, by: deciding.approve(rows(message), by=by, at=NOW),
        {"proposed": "planned"},
    ),
    "hold": (
        lambda message, by: deciding.hold(rows(message), why="They are ill.", by=by, at=NOW),
        dict.fromkeys(("proposed", "planned", "leased"), "held"),
    ),
    "send now": (
        lambda message, by: deciding.send_now(rows(message), by=by, at=NOW),
        dict.fromkeys(("proposed", "planned"), "planned"),
    ),
    "send anyway": (
        lambda message, by: deciding.send_anyway(message, ["open_complaint"], by=by, at=NOW),
        {"held": "planned"},
    ),
    "drop": (
        lambda message, by: deciding.drop(rows(message), by=by, at=NOW),
        dict.fromkeys(("proposed", "planned", "leased", "held"), "cancelled"),
    ),
    "rewrite": (
        lambda message, by: deciding.rewrite(rows(message), "Hi", "Hello", by=by, at=NOW),
        {state: state for state in ("proposed", "planned", "held")},
    ),
    "it arrived": (lambda message, by: deciding.it_arrived(rows(message), by=by, at=NOW), {"unknown": "sent"}),
    "leave it": (lambda message, by: deciding.leave_it(rows(message), by=by, at=NOW), {"unknown": "unknown"}),
    "send again": (lambda message, by: deciding.send_again(rows(message), by=by, at=NOW), {"unknown": "planned"}),
}


def rows(message: Message) -> Any:
    return Message.objects.filter(pk=message.pk)


@pytest.mark.parametrize(("name", "state"), list(itertools.product(DECISIONS, State)))
def test_a_decision_reaches_only_what_it_was_made_for_and_says_who_made_it(
    name: str, state: State, owner: User
) -> None:
    decide, becomes = DECISIONS[name]
    message = factories.message(state=state, due_at=LATER, dated_at=LATER)
    other = factories.message(state=state)
    reached = decide(message, owner)
    message.refresh_from_db()
    assert bool(reached) is (state in becomes)
    assert message.state == becomes.get(state, state)
    assert (message.decided_by, message.decided_at) == ((owner, NOW) if reached else (None, None))
    other.refresh_from_db()
    assert (other.state, other.decided_at) == (state, None)


def test_what_is_possible_is_what_has_an_effect(owner: User) -> None:
    offered = {"approve": "approve", "hold": "hold", "now": "send now", "anyway": "send anyway", "cancel": "drop"}
    for state, (offer, name) in itertools.product(State, offered.items()):
        message = factories.message(state=state, due_at=LATER, dated_at=LATER)
        if offer in deciding.possible(message, at=NOW):
            assert DECISIONS[name][0](message, owner), f"{offer} of {state}"


def test_nothing_is_offered_of_a_digest_and_nothing_but_a_call_of_what_is_too_late(owner: User) -> None:
    digest = factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST)
    assert deciding.possible(digest, at=NOW) == frozenset()
    late = factories.message(state=State.HELD, expires_at=NOW)
    assert deciding.possible(late, at=NOW) == {"call", "edit", "cancel"}


@pytest.mark.parametrize("name", ["approve", "send now", "send anyway", "send again"])
def test_nothing_that_is_too_late_is_sent(name: str, owner: User) -> None:
    decide, becomes = DECISIONS[name]
    for state in becomes:
        message = factories.message(state=state, expires_at=NOW)
        assert not decide(message, owner)


def test_an_approval_that_comes_late_is_due_at_once_and_can_be_taken_back(owner: User) -> None:
    message = factories.message(state=State.PROPOSED, due_at=NOW - timedelta(hours=5))
    deciding.approve(rows(message), by=owner, at=NOW)
    message.refresh_from_db()
    assert (message.state, message.due_at) == (State.PLANNED, NOW)
    assert deciding.ask_again(rows(message), by=owner, at=NOW) == 1
    assert claim(at=NOW, limit=9) == {}


def test_an_approval_is_not_taken_back_from_a_worker_and_not_where_there_was_none(owner: User) -> None:
    message = factories.message(state=State.PROPOSED)
    deciding.approve(rows(message), by=owner, at=NOW)
    assert list(claim(at=NOW, limit=9)) == [message.pk]
    assert deciding.ask_again(rows(message), by=owner, at=NOW) == 0
    assert deciding.ask_again(rows(factories.message()), by=owner, at=NOW) == 0


def test_what_a_worker_has_taken_can_be_held_until_it_begins(owner: User) -> None:
    held, begun = factories.message(), factories.message()
    tokens = claim(at=NOW, limit=9)
    assert begin_submitting(begun, tokens[begun.pk], after=None, at=NOW)
    assert deciding.hold(rows(held), why="Wait", by=owner, at=NOW) == 1
    assert deciding.hold(rows(begun), why="Wait", by=owner, at=NOW) == 0
    assert not begin_submitting(held, tokens[held.pk], after=None, at=NOW)
    held.refresh_from_db()
    assert (held.state, held.reason, held.detail) == (State.HELD, "by_hand", "Held by Mia Berg: Wait")


@pytest.mark.parametrize("to", [State.PLANNED, State.PROPOSED])
def test_what_was_held_by_hand_goes_back_to_where_it_was(owner: User, to: State) -> None:
    message = factories.message(state=to)
    deciding.hold(rows(message), why="Wait", by=owner, at=NOW)
    assert deciding.resume(rows(message), to=to, by=owner, at=NOW) == 1
    message.refresh_from_db()
    assert (message.state, message.reason, message.detail, message.finished_at) == (to, "", "", None)


def test_what_the_gate_held_is_not_let_go_as_if_a_person_had_held_it(owner: User) -> None:
    message = factories.message(state=State.HELD, reason="open_complaint")
    assert deciding.resume(rows(message), to=State.PLANNED, by=owner, at=NOW) == 0


class TestSendAnyway:
    def ruling(self, message: Message) -> str:
        found = gate.check(gate.load([message.pk]), at=NOW, company=Company.current()).get(message.pk)
        return found.rule if found else ""

    def test_what_was_named_is_set_aside_and_nothing_else(self, owner: User, company: Company) -> None:
        message = factories.message(state=State.HELD, reason="open_complaint", due_at=NOW - timedelta(hours=1))
        factories.complaint(message.customer)
        (loaded,) = gate.load([message.pk])
        assert [r.rule for r in foreseeing.in_the_way(loaded, at=NOW, company=company)] == ["open_complaint"]
        assert loaded.released_rules == []
        assert deciding.send_anyway(message, ["open_complaint"], by=owner, at=NOW)
        message.refresh_from_db()
        assert (message.released_rules, message.due_at) == (["open_complaint"], NOW)
        assert self.ruling(message) == ""
        factories.follow_up(message.customer, is_promise=True, due_at=NOW - timedelta(days=1))
        assert self.ruling(message) == "overdue_promise"

    def test_all_that_speaks_against_it_is_named_at_once(self, company: Company) -> None:
        message = factories.message(state=State.HELD, reason="open_complaint")
        factories.complaint(message.customer)
        factories.follow_up(message.customer, is_promise=True, due_at=NOW - timedelta(days=1))
        (loaded,) = gate.load([message.pk])
        rules = [ruling.rule for ruling in foreseeing.in_the_way(loaded, at=NOW, company=company)]
        assert rules == ["open_complaint", "overdue_promise"]

    @pytest.mark.parametrize("rule", ["do_not_contact", "deceased", "no_consent", "erased", "lost", "suppressed"])
    def test_what_nobody_may_set_aside_stays(self, owner: User, rule: str) -> None:
        message = factories.message(state=State.HELD, reason=rule)
        deciding.send_anyway(message, [rule, "junk", "open_complaint"], by=owner, at=NOW)
        message.refresh_from_db()
        assert message.released_rules == ["open_complaint"]
        assert rule not in gate.RELEASABLE

    def test_their_own_wish_stands_behind_what_could_be_set_aside(self, company: Company) -> None:
        message = factories.message(state=State.HELD, reason="open_complaint")
        factories.complaint(message.customer)
        Contact.objects.update(do_not_contact=True)
        (loaded,) = gate.load([message.pk])
        assert [r.rule for r in foreseeing.in_the_way(loaded, at=NOW, company=company)] == ["do_not_contact"]


@pytest.mark.django_db(transaction=True)
def test_of_a_worker_and_a_person_in_the_same_moment_one_is_told_no(owner: User) -> None:
    """Whoever comes first, a message that was held is not handed over, and one handed over is not held."""
    for _round in range(8):
        message = factories.message()

        def work(message: Message = message) -> tuple[str, bool]:
            token = claim(at=NOW, limit=1).get(message.pk)
            return "worker", token is not None and begin_submitting(message, token, after=None, at=NOW)

        def hold(message: Message = message) -> tuple[str, bool]:
            return "person", bool(deciding.hold(rows(message), why="No", by=owner, at=NOW))

        turns = iter([work, hold])

        def turn(turns: Iterator[Callable[[], tuple[str, bool]]] = turns) -> tuple[str, bool]:
            return next(turns)()

        told = dict(at_once(turn, 2))
        message.refresh_from_db()
        assert sorted(told.values()) == [False, True]
        assert message.state == (State.HELD if told["person"] else State.SUBMITTING)
        Message.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_people_who_approve_at_once_approve_once(owner: User, teammate: User) -> None:
    message = factories.message(state=State.PROPOSED)
    people = iter([owner, teammate])
    assert sorted(at_once(lambda: deciding.approve(rows(message), by=next(people), at=NOW), 2)) == [0, 1]


class TestUnknown:
    def test_it_can_be_decided_anew_until_it_is_sent_again(self, owner: User) -> None:
        message = factories.message(state=State.UNKNOWN, reason="line_lost", detail="reset by peer", finished_at=NOW)
        for decide in (deciding.it_arrived, deciding.leave_it):
            assert decide(rows(message), by=owner, at=NOW) == 1
            assert deciding.open_again(rows(message)) == 1
            message.refresh_from_db()
            assert (message.state, message.decided_at, message.detail) == (State.UNKNOWN, None, "reset by peer")

    def test_sent_again_it_keeps_its_name(self, owner: User) -> None:
        message = factories.message(state=State.UNKNOWN, reason="line_lost", finished_at=NOW)
        key = message.mail_key
        deciding.send_again(rows(message), by=owner, at=NOW)
        message.refresh_from_db()
        assert (message.mail_key, message.due_at, message.finished_at) == (key, NOW, None)
        assert list(claim(at=NOW, limit=9)) == [message.pk]

    def test_what_was_sent_in_the_ordinary_way_is_not_opened(self) -> None:
        assert deciding.open_again(rows(factories.message(state=State.SENT, decided_at=NOW))) == 0
