"""Who waits for an answer waits until the next real contact, or until somebody says that it was given elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from interactions.logging import record, refresh_touchpoints, take_back
from interactions.models import Interaction, Kind, Outcome
from interactions.owing import answers_given, take_back_tick, tick_off, waiting
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
# A Thursday, 15:00 in Stockholm: two hours of work are left on it.
THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def logged(customer: Customer, hours: float = 0, **fields: Any) -> Interaction:
    """So many hours after that Thursday at three."""
    at = THURSDAY + hours * HOUR
    fields = {"kind": Kind.EMAIL, "happened_at": at, "author": customer.owner, "created_at": at} | fields
    return record(Interaction(customer=customer, **fields), at=at)


def answered_at(asked: Interaction) -> datetime | None:
    asked.refresh_from_db()
    return asked.answered_at


def test_the_next_real_contact_answers_them(customer: Customer) -> None:
    asked = logged(customer, is_owed=True)
    assert answered_at(asked) is None

    logged(customer, 1, kind=Kind.CALL, outcome=Outcome.NO_ANSWER)
    logged(customer, 2, kind=Kind.PURCHASE)
    logged(factories.customer(customer.owner), 2, kind=Kind.CALL)
    logged(customer, 3, is_owed=True)
    assert answered_at(asked) is None

    answer = logged(customer, 4, kind=Kind.CALL)
    assert answered_at(asked) == answer.happened_at
    assert not Interaction.objects.owed().exists()


def test_what_is_logged_late_or_taken_back_counts_as_if_it_had_been_so_from_the_first(
    customer: Customer, owner: User
) -> None:
    asked = logged(customer, is_owed=True)
    late = logged(customer, 5, kind=Kind.CALL)
    early = logged(customer, 2, kind=Kind.CALL)
    logged(customer, -1, kind=Kind.CALL)
    assert answered_at(asked) == early.happened_at

    take_back(early, before={}, by=owner, at=THURSDAY + 6 * HOUR)
    assert answered_at(asked) == late.happened_at
    take_back(late, before={}, by=owner, at=THURSDAY + 6 * HOUR)
    assert answered_at(asked) is None


def test_what_was_ticked_off_stays_so_until_it_is_taken_back(customer: Customer, owner: User) -> None:
    asked = logged(customer, is_owed=True)
    assert tick_off(asked, by=owner, at=THURSDAY + HOUR)
    assert not tick_off(asked, by=owner, at=THURSDAY + 2 * HOUR)

    call = logged(customer, 3, kind=Kind.CALL)
    assert answered_at(asked) == THURSDAY + HOUR

    take_back_tick(asked, at=THURSDAY + 4 * HOUR)
    assert answered_at(asked) == call.happened_at


def test_telling_it_twice_changes_nothing(customer: Customer) -> None:
    asked = logged(customer, is_owed=True)
    answer = logged(customer, 3)
    for _again in range(2):
        refresh_touchpoints([customer.pk], at=THURSDAY + 9 * HOUR)

    assert answered_at(asked) == answer.happened_at


def test_a_purchase_asks_for_no_answer(customer: Customer) -> None:
    assert not logged(customer, kind=Kind.PURCHASE, is_owed=True).is_owed


@pytest.mark.parametrize(
    ("at", "hours", "is_late"),
    [
        (THURSDAY + HOUR, 1, False),
        # In the night nobody works.
        (THURSDAY + 16 * HOUR, 2, False),
        (datetime(2026, 11, 27, 10, tzinfo=UTC), 4, False),
        (datetime(2026, 11, 27, 10, 1, tzinfo=UTC), 4, True),
        (datetime(2026, 11, 29, 12, tzinfo=UTC), 10, True),
    ],
)
def test_they_wait_in_working_hours(
    customer: Customer, company: Company, at: datetime, hours: int, is_late: bool
) -> None:
    asked = logged(customer, is_owed=True)

    (found,) = waiting([asked], at=at, company=company)

    assert round(found.worked / HOUR) == hours
    assert found.is_late is is_late


def test_the_record_says_how_quickly_they_were_answered(customer: Customer, owner: User, company: Company) -> None:
    quick, slow = (factories.customer(owner) for _number in range(2))
    for of in (quick, slow, customer):
        logged(of, is_owed=True)
    logged(quick, 1)
    logged(slow, 24)
    logged(customer, -50)

    answers = answers_given(Interaction.objects.all(), at=THURSDAY + 2 * HOUR, company=company)
    total = answers.total
    assert (total.number, total.open, total.late) == (3, 1, 0)
    assert (total.answer.in_time, total.answer.due) == (1, 2)
    assert sorted(round(time / HOUR) for time in total.answer.times) == [1, 8]
    assert [(line.name, line.tally.number) for line in answers.people] == [(str(owner), 3)]

    later = answers_given(Interaction.objects.all(), at=THURSDAY + 99 * HOUR, company=company).total
    assert (later.open, later.late, later.answer.due) == (1, 1, 3)
