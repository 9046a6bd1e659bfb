"""What is told on the bell of plans: to whom it concerns, once."""

from datetime import timedelta

import pytest

from accounts.models import Role, User
from customers.models import Customer
from outreach.describing import matter_of, say
from outreach.models import Notification, NotificationKind
from retention import planning
from retention.models import PlanState, RetentionPlan
from retention.telling import tell_of_stale, tell_of_waiting
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


def rung() -> set[tuple[User, str]]:
    rows = Notification.objects.filter(kind=NotificationKind.PLAN).select_related("person")
    return {(row.person, row.occasion.split(":")[1]) for row in rows}


def costly(customer: Customer, by: User) -> RetentionPlan:
    plan = factories.plan(customer, written_by=by, offered_by=by, offer="Half the price", offer_amount=9000)
    factories.plan_step(plan)
    return plan


def test_what_waits_rings_at_the_managers_of_the_team_and_the_answer_at_who_asked(
    customer: Customer, owner: User, teammate: User, manager: User, outsider: User
) -> None:
    other = factories.user(Role.MANAGER, team=outsider.team)
    plan = costly(customer, teammate)
    planning.submit(plan, at=NOW)
    assert rung() == {(manager, "waiting")}
    told = Notification.objects.select_related("customer").get()
    assert (say(told).what, say(told).about, say(told).why) == (
        "Plan waits for your approval",
        customer.name,
        "Half the price",
    )
    assert matter_of(told) == f"/customers/plans/{plan.pk}/"

    planning.approve(plan, by=manager, at=NOW)
    assert rung() == {(manager, "waiting"), (owner, "approved"), (teammate, "approved")}
    assert other not in {person for person, _what in rung()}


def test_whoever_wrote_it_is_not_asked_to_approve_it(customer: Customer, manager: User, administrator: User) -> None:
    planning.submit(costly(customer, manager), at=NOW)
    assert rung() == {(administrator, "waiting")}


def test_asked_again_it_rings_again_and_asked_once_only_once(customer: Customer, owner: User, manager: User) -> None:
    plan = costly(customer, owner)
    planning.submit(plan, at=NOW)
    assert tell_of_waiting(plan, at=NOW) == 0
    planning.send_back(plan, at=NOW)
    planning.submit(plan, at=NOW + timedelta(hours=1))
    assert Notification.objects.filter(person=manager).count() == 2


def test_an_offer_that_became_too_large_rings(customer: Customer, owner: User, manager: User) -> None:
    plan = factories.plan(customer, state=PlanState.ACTIVE, started_at=NOW, offer="Free", offer_amount=9000)
    planning.change(plan, by=owner, changed=["offer_amount"], at=NOW)
    assert rung() == {(manager, "waiting")}


def test_what_needs_a_look_rings_once_for_each_day_it_was_due(customer: Customer, owner: User, teammate: User) -> None:
    plan = factories.plan(customer, written_by=teammate, review_on=TODAY - timedelta(days=1))
    assert [tell_of_stale(at=NOW), tell_of_stale(at=NOW), tell_of_stale(at=NOW + timedelta(days=3))] == [2, 0, 0]
    assert rung() == {(owner, "late"), (teammate, "late")}
    planning.review(plan, on=TODAY)
    assert tell_of_stale(at=NOW) == 0
    assert tell_of_stale(at=NOW + timedelta(days=30)) == 2


def test_one_that_fell_asleep_rings(customer: Customer, owner: User) -> None:
    review_on = TODAY + timedelta(days=60)
    begun = NOW - timedelta(days=15)
    factories.plan(customer, state=PlanState.ACTIVE, started_at=begun, review_on=review_on)
    assert [tell_of_stale(at=NOW), tell_of_stale(at=NOW + timedelta(days=1))] == [1, 0]
    assert rung() == {(owner, "asleep")}


def test_a_draft_that_is_looked_at_in_time_and_a_closed_plan_are_silent(customer: Customer) -> None:
    factories.plan(customer)
    old = NOW - timedelta(days=90)
    closed = {"state": PlanState.CLOSED, "outcome": "kept", "closed_at": old, "review_on": TODAY - timedelta(days=30)}
    factories.plan(customer, **closed)
    assert tell_of_stale(at=NOW) == 0
