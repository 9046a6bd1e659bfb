"""What was known before a loss: by what was kept, never by what was learnt later, and in as many queries for much."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import Outcome
from outreach.models import MessageKind, NotificationKind, State
from retention.models import Band, HealthChange, Loss, RiskDay
from retention.replaying import Replay, Then, replay
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def loss(company: Company, customer: Customer) -> Loss:
    Customer.objects.update(lost_on=TODAY)
    return factories.loss(customer)


def before(days: int) -> date:
    return TODAY - timedelta(days=days)


def moment(days: int) -> datetime:
    return NOW - timedelta(days=days)


def keep(day: date, **fields: Any) -> RiskDay:
    return RiskDay.objects.create(day=day, taken_at=NOW, ranked=90, **fields)


def then(found: Replay, days: int) -> Then:
    return next(one for one in found.days if one.days_before == days)


def test_the_nearest_list_up_to_a_week_before_says_how_it_stood(loss: Loss, customer: Customer) -> None:
    keep(before(97), intercept=0.0, slope=1.0)
    keep(before(91))
    keep(before(89))
    keep(before(38))
    factories.snapshot(customer, day=before(97), place=1, risk=9_000)
    factories.snapshot(customer, day=before(91), place=7, risk=6_000, flagged_days=12, silence=80)
    factories.snapshot(customer, day=before(89), place=2)
    found = replay(loss)

    listed = then(found, 90).listed
    assert listed is not None and listed.entry is not None
    assert (listed.kept.day, listed.entry.place, listed.entry.flagged_days, listed.percent) == (before(91), 7, 12, None)
    assert (then(found, 180).listed, then(found, 30).listed) == (None, None)
    assert found.recorded_since == before(97)


def test_the_percentage_is_that_which_was_shown_on_the_day(loss: Loss, customer: Customer) -> None:
    keep(before(90), intercept=0.0, slope=1.0)
    factories.snapshot(customer, day=before(90), risk=6_000)
    keep(before(30), intercept=-1.0, slope=1.0)
    found = replay(loss)
    shown, other = then(found, 90).listed, then(found, 30).listed
    assert shown is not None and shown.percent == 60
    assert other is not None and other.entry is None and other.percent is None


def test_of_two_who_are_one_since_a_merge_the_place_further_up_counts(loss: Loss, customer: Customer) -> None:
    keep(before(90))
    for place in (9, 3, 5):
        factories.snapshot(customer, day=before(90), place=place)
    listed = then(replay(loss), 90).listed
    assert listed is not None and listed.entry is not None and listed.entry.place == 3


def moved(customer: Customer, days: int, health: int, former: int) -> HealthChange:
    bands = {"band": Band.WATCH, "former_band": Band.HEALTHY}
    return HealthChange.objects.create(
        customer=customer, changed_at=moment(days), health=health, former_health=former, **bands
    )


def test_the_health_is_that_of_the_last_change_or_what_stood_before_the_first(loss: Loss, customer: Customer) -> None:
    first, second = moved(customer, 100, 60, 95), moved(customer, 60, 50, 60)
    found = replay(loss)
    assert (then(found, 180).change, then(found, 180).later) == (None, first)
    assert (then(found, 90).change, then(found, 90).later) == (first, None)
    assert then(found, 30).change == second


def test_complaints_promises_and_plans_as_they_stood(loss: Loss, customer: Customer) -> None:
    resolved = factories.complaint(customer, opened_at=moment(200), resolved_at=moment(60))
    late = factories.complaint(customer, opened_at=moment(40))
    promise = factories.follow_up(
        customer, is_promise=True, created_at=moment(100), due_at=moment(80), done_at=moment(50)
    )
    factories.follow_up(customer, created_at=moment(200))
    plan = factories.plan(customer, written_at=moment(95), state="closed", outcome="lost", closed_at=moment(1))
    found = replay(loss)

    assert [then(found, days).complaints for days in (180, 90, 30)] == [[resolved], [resolved], [late]]
    assert [then(found, days).promises for days in (180, 90, 30)] == [[], [promise], []]
    assert [then(found, days).plan for days in (180, 90, 30)] == [None, plan, plan]


def test_what_happens_on_the_day_itself_counts_and_on_the_next_does_not(loss: Loss, customer: Customer) -> None:
    end = (NOW - timedelta(days=90)).replace(hour=21, minute=59)
    on_the_day = factories.complaint(customer, opened_at=end)
    factories.complaint(customer, opened_at=end + timedelta(minutes=2))
    assert then(replay(loss), 90).complaints == [on_the_day]


def test_who_was_warned_who_saw_it_and_what_they_did(
    loss: Loss, customer: Customer, owner: User, manager: User
) -> None:
    seen = factories.notification(
        owner, customer, kind=NotificationKind.RED, created_at=moment(60), seen_at=moment(59), occasion="urgent:red:1"
    )
    unseen = factories.notification(manager, customer, created_at=moment(40))
    factories.notification(owner, customer, kind=NotificationKind.GIVEN, created_at=moment(50))
    factories.notification(owner, customer, created_at=moment(190))
    factories.message(
        recipient=owner,
        kind=MessageKind.URGENT,
        occasion=f"urgent:red:1:{owner.pk}",
        state=State.SENT,
        finished_at=moment(60),
    )
    factories.interaction(customer, happened_at=moment(61), author=owner)
    tried = factories.interaction(customer, happened_at=moment(57), author=owner, outcome=Outcome.NO_ANSWER)
    factories.interaction(customer, happened_at=moment(20), author=owner)
    found = replay(loss)

    assert [(one.notification, one.mailed_at, one.answer) for one in found.warned] == [
        (seen, moment(60), tried),
        (unseen, None, None),
    ]
    assert found.told_since == moment(190)


def test_nothing_kept_is_called_unknown(loss: Loss) -> None:
    found = replay(loss)
    assert (found.recorded_since, found.told_since, found.warned) == (None, None, [])
    assert {(one.listed, one.change, one.later, one.plan) for one in found.days} == {(None, None, None, None)}


def test_as_many_queries_for_much_as_for_little(loss: Loss, customer: Customer, django_assert_num_queries: Any) -> None:
    for number in range(3):
        day = before(90 - number)
        keep(day)
        factories.snapshot(customer, day=day)
        factories.complaint(customer, opened_at=moment(100))
        factories.notification(customer.owner, customer, created_at=moment(50 + number))
        moved(customer, 99, 50, 70)
        with django_assert_num_queries(12):
            replay(loss)
