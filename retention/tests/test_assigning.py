"""A play is begun by rule for who turns red: once for each turn, twice, late and at once."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer, Merge
from customers.removing import bring_back, remove
from outreach.merging import merge, undo
from outreach.models import Notification, NotificationKind
from retention import planning, tasks
from retention.assigning import assign_plays
from retention.models import Band, Cause, CustomerRisk, PlanOutcome, PlanState, Play, PlayStep, PlayTurn, RetentionPlan
from retention_crm.lib import clock
from retention_crm.lib.drawing import is_drawn
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def rule(name: str = "Call", **fields: Any) -> Play:
    fields = {"causes": [Cause.COMFORT], "automatic_since": NOW - 2 * DAY} | fields
    play = Play.objects.create(name=name, **fields)
    PlayStep.objects.create(play=play, title="Call them", after_days=1)
    return play


def red(customer: Customer, ago: timedelta = HOUR, **fields: Any) -> Customer:
    known = {"band": Band.AT_RISK, "health": 20, "at_risk_since": NOW - ago, "value_last_year": 500}
    CustomerRisk.objects.update_or_create(customer=customer, defaults=known | fields)
    return customer


def test_who_turns_red_gets_the_plan_and_the_owner_hears_of_it(customer: Customer, owner: User) -> None:
    play = rule()
    red(customer)

    assert [assign_plays(at=NOW), assign_plays(at=NOW), assign_plays(at=NOW + 3 * DAY)] == [1, 0, 0]

    plan = RetentionPlan.objects.get()
    assert (plan.customer, plan.play, plan.state, plan.written_by) == (customer, play, PlanState.DRAFT, owner)
    assert [(step.title, step.person) for step in plan.steps.all()] == [("Call them", owner)]
    told = Notification.objects.get()
    assert (told.person, told.kind, told.occasion) == (owner, NotificationKind.PLAN, f"plan:begun:{plan.pk}")


def test_one_that_waits_for_approval_rings_at_the_managers(customer: Customer, owner: User, manager: User) -> None:
    rule(waits_for_approval=True)
    red(customer)
    assign_plays(at=NOW)

    plan = RetentionPlan.objects.get()
    assert plan.state == PlanState.WAITING
    told = {(one.person, one.occasion.split(":")[1]) for one in Notification.objects.all()}
    assert told == {(owner, "begun"), (manager, "waiting")}
    planning.send_back(plan, at=NOW)
    planning.submit(plan, at=NOW)
    assert RetentionPlan.objects.get().state == PlanState.WAITING
    assert planning.approve(plan, by=manager, at=NOW)
    assert RetentionPlan.objects.get().state == PlanState.ACTIVE


def test_a_turn_is_answered_once_and_the_next_one_anew(customer: Customer, owner: User) -> None:
    rule()
    red(customer)
    assign_plays(at=NOW)
    plan = RetentionPlan.objects.get()
    planning.discard(plan, by=owner, at=NOW)
    assert assign_plays(at=NOW) == 0
    red(customer, ago=-5 * DAY)
    assert assign_plays(at=NOW + 5 * DAY) == 1


def test_who_has_a_plan_or_had_one_since_gets_none_by_rule(customer: Customer, owner: User) -> None:
    rule()
    red(customer)
    plan = factories.plan(customer, state=PlanState.ACTIVE, started_at=NOW)
    assert assign_plays(at=NOW) == 0
    planning.close(plan, PlanOutcome.LATER, "", by=owner, at=NOW)
    assert assign_plays(at=NOW) == 0
    RetentionPlan.objects.update(closed_at=NOW - 2 * HOUR)
    assert assign_plays(at=NOW) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"at_risk_since": None},
        {"at_risk_since": NOW - 3 * DAY},
        {"at_risk_since": NOW + HOUR},
        {"health": 60},
    ],
    ids=["nobody saw it", "before the rule", "not yet", "only waits to leave the band"],
)
def test_who_is_no_turn_of_the_rule_gets_none(customer: Customer, fields: dict[str, Any]) -> None:
    rule()
    red(customer, **fields)
    assert assign_plays(at=NOW) == 0


def test_a_turn_of_more_than_a_week_ago_is_left_to_people(customer: Customer) -> None:
    rule(automatic_since=NOW - 30 * DAY)
    red(customer, ago=8 * DAY)
    assert assign_plays(at=NOW) == 0


def test_switched_off_nothing_is_begun(customer: Customer) -> None:
    rule(automatic_since=None)
    red(customer)
    assert assign_plays(at=NOW) == 0


def test_the_rule_asks_for_segment_cause_and_value_and_the_first_that_fits_counts(owner: User) -> None:
    segment = factories.segment(name="A")
    dear, plain = rule("Dear", value_from=1000), rule("Any")
    complained, of_segment = rule("Complained", for_cause=Cause.CARELESSNESS), rule("Of A", for_segment=segment)
    expected = {
        red(factories.customer(owner), value_last_year=1000): dear,
        red(factories.customer(owner, segment=segment)): of_segment,
        red(unhappy := factories.customer(owner)): complained,
        red(factories.customer(owner)): plain,
    }
    factories.complaint(unhappy, opened_at=NOW - DAY)

    assert assign_plays(at=NOW) == 4
    assert {turn.customer: turn.play for turn in PlayTurn.objects.select_related("customer", "play")} == expected


def test_the_lot_leaves_the_same_out_at_every_run(owner: User) -> None:
    play = rule(held_out_every=2)
    customers = [red(factories.customer(owner)) for _number in range(12)]
    assert assign_plays(at=NOW) == 12

    held_out = {turn.customer_id for turn in PlayTurn.objects.filter(is_held_out=True)}
    assert held_out == {one.pk for one in customers if is_drawn(f"play:{play.pk}", one.pk, 2)}
    assert 0 < len(held_out) < 12
    assert set(RetentionPlan.objects.values_list("customer", flat=True)) == {one.pk for one in customers} - held_out
    assert assign_plays(at=NOW) == 0


@pytest.fixture
def waiting(customer: Customer) -> Iterator[None]:
    rule()
    red(customer)
    yield


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_plan(waiting: None) -> None:
    found = at_once(lambda: assign_plays(at=NOW), 2)
    assert sorted(found) == [0, 1]
    assert RetentionPlan.objects.count() == PlayTurn.objects.count() == 1


def test_nothing_waits_in_one_query(customer: Customer, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assign_plays(at=NOW)


def test_a_share_of_all_is_drawn_and_nobody_of_none() -> None:
    drawn = [is_drawn("x", number, 5) for number in range(2000)]
    assert 320 < sum(drawn) < 480
    assert drawn == [is_drawn("x", number, 5) for number in range(2000)]
    assert drawn != [is_drawn("y", number, 5) for number in range(2000)]
    assert not any(is_drawn("x", number, None) for number in range(50))


def test_a_company_of_others_is_not_asked(company: Company, customer: Customer) -> None:
    rule()
    red(customer)
    Customer.objects.update(do_not_contact=True)
    assert assign_plays(at=NOW) == 0


def test_two_who_turned_red_in_one_night_are_merged(owner: User) -> None:
    rule()
    first, second = (red(factories.customer(owner)) for _number in range(2))
    assert assign_plays(at=NOW) == 2

    merge(first, second, by=owner, at=NOW)
    assert [turn.customer for turn in PlayTurn.objects.all()] == [first]
    undo(Merge.objects.get(), by=owner, at=NOW)
    assert {turn.customer_id for turn in PlayTurn.objects.all()} == {first.pk, second.pk}


def test_a_play_goes_into_the_trash_with_its_turns_and_comes_back(customer: Customer, administrator: User) -> None:
    play = rule()
    red(customer)
    assign_plays(at=NOW)
    trashed = remove(play, name=play.name, by=administrator, at=NOW)
    assert not PlayTurn.objects.exists()
    assert RetentionPlan.objects.get().play is None
    bring_back(trashed)
    assert RetentionPlan.objects.get().play == PlayTurn.objects.get().play == play


def test_the_worker_does_both(customer: Customer, owner: User) -> None:
    rule(automatic_since=clock.now() - DAY)
    red(customer, at_risk_since=clock.now() - HOUR)
    plan = factories.plan(factories.customer(owner), review_on=date(2020, 1, 1))
    assert (tasks.assign(), tasks.assign()) == (1, 0)
    assert (tasks.tell_stale(), tasks.tell_stale()) == (1, 0)
    assert Notification.objects.filter(occasion__startswith=f"plan:late:{plan.pk}").exists()
