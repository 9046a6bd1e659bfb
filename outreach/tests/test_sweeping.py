"""What a dead worker left is settled, once, and what nobody sent in time expires."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from outreach.models import Message, MessageKind, State
from outreach.sweeping import sweep
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

LONG_AGO = NOW - timedelta(days=300)
FAR_AHEAD = NOW + timedelta(days=3000)

pytestmark = pytest.mark.django_db


def left(state: State, **fields: Any) -> Message:
    fields.setdefault("lease_until", LONG_AGO)
    return factories.message(state=state, lease_token=5, **fields)


def test_a_message_only_taken_is_planned_again_and_the_old_token_is_void() -> None:
    message = left(State.LEASED)
    assert sweep(at=NOW) == {"again": 1, "unknown": 0, "expired": 0}
    message.refresh_from_db()
    assert (message.state, message.lease_until, message.lease_token) == (State.PLANNED, None, 6)


def test_customer_mail_being_handed_over_becomes_unknown() -> None:
    message = left(State.SUBMITTING)
    assert sweep(at=NOW) == {"again": 0, "unknown": 1, "expired": 0}
    message.refresh_from_db()
    assert (message.state, message.reason, message.finished_at) == (State.UNKNOWN, "worker_died", NOW)


def test_a_staff_alert_being_handed_over_is_planned_again(owner: User) -> None:
    message = left(State.SUBMITTING, recipient=owner, kind=MessageKind.OVERDUE_DIGEST)
    assert sweep(at=NOW) == {"again": 1, "unknown": 0, "expired": 0}
    message.refresh_from_db()
    assert (message.state, message.finished_at) == (State.PLANNED, None)


@pytest.mark.parametrize("state", [State.LEASED, State.SUBMITTING])
def test_a_lease_that_still_runs_is_left_alone(state: State) -> None:
    left(state, lease_until=FAR_AHEAD)
    assert sweep(at=NOW) == {"again": 0, "unknown": 0, "expired": 0}


def test_what_is_too_late_to_be_kind_expires() -> None:
    late = factories.message(expires_at=NOW)
    kind = factories.message(expires_at=NOW + timedelta(seconds=1))
    assert sweep(at=NOW)["expired"] == 1
    late.refresh_from_db()
    kind.refresh_from_db()
    assert (late.state, late.reason, kind.state) == (State.EXPIRED, "too_late", State.PLANNED)


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.UNKNOWN, State.HELD, State.CANCELLED, State.EXPIRED])
def test_what_was_decided_stays(state: State) -> None:
    message = factories.message(state=state, expires_at=LONG_AGO)
    assert set(sweep(at=NOW).values()) == {0}
    message.refresh_from_db()
    assert message.state == state


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_settle_each_message_once() -> None:
    for _number in range(20):
        left(State.SUBMITTING)
        left(State.LEASED)
    results = at_once(lambda: sweep(at=NOW), 3)
    assert sum(result["unknown"] for result in results) == 20
    assert sum(result["again"] for result in results) == 20
    assert set(Message.objects.values_list("state", "lease_token")) == {("unknown", 5), ("planned", 6)}
