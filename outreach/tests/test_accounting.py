"""The ledger balances, and says so when it does not."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from outreach.accounting import account
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def of(kind: MessageKind = MessageKind.BIRTHDAY) -> Any:
    return next(row for row in account(at=NOW).kinds if row.kind == kind)


def ledger() -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("ledger", stdout=out, stderr=err)
    except SystemExit as exit_:
        return int(exit_.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_every_state_is_counted_and_the_sum_is_what_was_planned() -> None:
    for number, state in enumerate(State):
        for _times in range(number + 1):
            factories.message(state=state, lease_until=NOW + timedelta(days=3000), due_at=NOW)
    row = of()
    assert row.planned == sum(range(1, len(State) + 1))
    assert list(row.states.values()) == list(range(1, len(State) + 1))
    assert row.missing == 0
    assert account(at=NOW).balances


def test_a_message_that_vanished_is_missed() -> None:
    message = factories.message(due_at=NOW)
    factories.message(due_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outreach_message WHERE id = %s", [message.pk])
    assert of().missing == 1
    code, _out, err = ledger()
    assert code == 1
    assert "birthday: 2 were planned but 1 are there." in err


def test_planning_the_same_occasion_again_counts_once() -> None:
    factories.contact(birthday_month=11, birthday_day=27)
    plan(at=NOW)
    plan(at=NOW)
    assert (of().planned, of().missing) == (1, 0)


@pytest.mark.parametrize(
    ("fields", "stuck"),
    [
        ({"due_at": NOW - timedelta(minutes=11)}, 1),
        ({"due_at": NOW - timedelta(minutes=9)}, 0),
        ({"state": State.LEASED, "lease_until": NOW - timedelta(days=300)}, 1),
        ({"state": State.SUBMITTING, "lease_until": NOW - timedelta(days=300)}, 1),
        ({"state": State.SUBMITTING, "lease_until": NOW + timedelta(days=3000)}, 0),
        ({"state": State.HELD, "due_at": NOW - timedelta(days=30)}, 0),
    ],
)
def test_what_nobody_works_on_is_stuck(fields: dict[str, Any], stuck: int) -> None:
    factories.message(**fields)
    assert of().stuck == stuck
    assert account(at=NOW).balances is (stuck == 0)


def test_the_command_prints_a_line_for_each_kind_and_a_sum() -> None:
    factories.message(state=State.SENT)
    code, out, err = ledger()
    lines = [line.split() for line in out.strip().splitlines()]
    assert lines[0] == [
        "kind",
        "planned",
        "proposed",
        "waiting",
        "leased",
        "submitting",
        "sent",
        "failed",
        "unknown",
        "held",
        "cancelled",
        "expired",
        "missing",
        "stuck",
    ]
    assert lines[1] == ["birthday", "1", "0", "0", "0", "0", "1", "0", "0", "0", "0", "0", "0", "0"]
    assert lines[-1] == ["all", "1", "0", "0", "0", "0", "1", "0", "0", "0", "0", "0", "0", "0"]
    assert (code, err) == (0, "")


def test_an_empty_ledger_balances() -> None:
    assert ledger()[0] == 0


def test_the_database_takes_no_state_it_does_not_know() -> None:
    message = factories.message()
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(state="forgotten")


def test_planning_a_day_from_the_command_line() -> None:
    factories.contact(birthday_month=6, birthday_day=10)
    out = StringIO()
    call_command("plan", "--on", "2011-06-10", stdout=out)
    assert "Birthday greeting: 1 planned" in out.getvalue()
    call_command("plan", stdout=out)
