"""The way of a plan: one at a time, approved by somebody else where it costs much, its steps on people's lists."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Company, Role, User
from customers.models import Customer
from interactions.models import FollowUp
from outreach.merging import merge, undo
from outreach.removing import NotBack, remove_customer, restore
from retention import losing, planning
from retention.models import (
    Band,
    CustomerRisk,
    Loss,
    PlanOutcome,
    PlanRules,
    PlanState,
    PlanStep,
    RetentionPlan,
    Severity,
)
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def ready(customer: Customer, **fields: Any) -> RetentionPlan:
    """A draft with one step."""
    plan = factories.plan(customer, **fields)
    factories.plan_step(plan, title="Call them")
    return plan


def now(plan: RetentionPlan) -> RetentionPlan:
    return RetentionPlan.objects.get(pk=plan.pk)


# ---- One at a time ----


def test_a_customer_has_one_plan_that_is_open(customer: Customer, owner: User) -> None:
    first = factories.plan(customer)
    again = RetentionPlan(customer=customer, review_on=TODAY)

    assert planning.draft(again, by=owner, at=NOW) == first
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.plan(customer)
    planning.close(first, PlanOutcome.KEPT, "", by=owner, at=NOW)
    assert planning.draft(again, by=owner, at=NOW) == again != first


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_get_the_same_plan(customer: Customer, owner: User) -> None:
    def begin() -> int:
        plan = RetentionPlan(customer=Customer.objects.get(pk=customer.pk), review_on=TODAY)
        return planning.draft(plan, by=owner, at=NOW).pk

    assert len(set(at_once(begin, 2))) == 1
    assert RetentionPlan.objects.count() == 1


# ---- Beginning ----


def test_a_draft_without_steps_does_not_begin(customer: Customer) -> None:
    plan = factories.plan(customer)

    assert not planning.submit(plan, at=NOW)
    assert now(plan).state == PlanState.DRAFT


def test_once_it_is_under_way_each_step_is_on_the_list_of_who_does_it(
    customer: Customer, owner: User, teammate: User
) -> None:
    plan = ready(customer)
    factories.plan_step(plan, title="Send samples", person=teammate, due_at=NOW + timedelta(days=3))
    assert not FollowUp.objects.exists()

    assert [planning.submit(plan, at=NOW) for _time in range(2)] == [True, False]

    assert (now(plan).state, now(plan).started_at) == (PlanState.ACTIVE, NOW)
    tasks = FollowUp.objects.values_list("title", "assignee", "due_at", "customer", "is_promise")
    assert list(tasks) == [
        ("Call them", owner.pk, NOW + timedelta(days=1), customer.pk, False),
        ("Send samples", teammate.pk, NOW + timedelta(days=3), customer.pk, False),
    ]
    assert not PlanStep.objects.filter(follow_up=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_it_at_once_give_each_step_out_once(customer: Customer) -> None:
    plan = ready(customer)

    assert sorted(at_once(lambda: planning.submit(now(plan), at=NOW), 2)) == [False, True]
    assert FollowUp.objects.count() == 1


def test_the_step_of_somebody_who_is_gone_is_the_owners(customer: Customer, owner: User) -> None:
    plan = factories.plan(customer)
    factories.plan_step(plan, person=factories.user(is_active=False))

    planning.submit(plan, at=NOW)

    assert FollowUp.objects.get().assignee == owner


# ---- Approval ----


@pytest.mark.parametrize(
    ("amount", "limit", "state"),
    [(None, 0, "active"), (500, 500, "active"), (Decimal("500.01"), 500, "waiting"), (1, 0, "waiting")],
)
def test_an_offer_above_the_limit_waits_for_approval(customer: Customer, amount: Any, limit: int, state: str) -> None:
    PlanRules.objects.create(pk=1, offer_limit=limit)
    plan = ready(customer, offer="A discount", offer_amount=amount)

    planning.submit(plan, at=NOW)

    assert now(plan).state == state
    assert FollowUp.objects.exists() is (state == "active")


def test_a_manager_approves_and_it_begins(customer: Customer, manager: User) -> None:
    plan = ready(customer, offer_amount=900)
    planning.submit(plan, at=NOW)

    assert [planning.approve(plan, by=manager, at=NOW) for _time in range(2)] == [True, False]

    plan = now(plan)
    assert (plan.state, plan.approved_by, plan.approved_amount) == ("active", manager, Decimal(900))
    assert FollowUp.objects.count() == 1


@pytest.mark.parametrize("field", ["written_by", "offered_by"])
def test_nobody_approves_their_own_plan_or_offer_while_there_is_another_manager(
    customer: Customer, owner: User, manager: User, administrator: User, field: str
) -> None:
    plan = ready(customer, offer_amount=900, state=PlanState.WAITING, **{"written_by": owner, field: manager})

    assert not planning.approve(plan, by=owner, at=NOW)
    assert not planning.approve(plan, by=manager, at=NOW)
    assert now(plan).state == PlanState.WAITING
    assert planning.approve(plan, by=administrator, at=NOW)


def test_the_only_manager_approves_their_own(customer: Customer, manager: User) -> None:
    factories.user(Role.MANAGER, is_active=False)
    plan = ready(customer, offer_amount=900, state=PlanState.WAITING, written_by=manager)

    assert planning.approve(plan, by=manager, at=NOW)


@pytest.mark.parametrize(
    ("amount", "state"), [(800, "active"), (900, "active"), (901, "waiting")], ids=["less", "same", "more"]
)
def test_more_than_was_approved_waits_again(
    customer: Customer, owner: User, manager: User, amount: int, state: str
) -> None:
    plan = ready(customer, offer_amount=900, state=PlanState.WAITING)
    planning.approve(plan, by=manager, at=NOW)
    plan = now(plan)
    plan.offer_amount = Decimal(amount)

    planning.change(plan, by=owner, changed=["offer_amount"], at=NOW)

    assert (now(plan).state, now(plan).offered_by) == (state, owner)


def test_what_was_closed_meanwhile_is_not_changed(customer: Customer, owner: User) -> None:
    plan = ready(customer, state=PlanState.ACTIVE, started_at=NOW)
    planning.close(plan, PlanOutcome.KEPT, "", by=owner, at=NOW)
    plan.offer_amount = Decimal(5000)

    assert not planning.change(plan, by=owner, changed=["offer_amount"], at=NOW)
    assert (now(plan).state, now(plan).offer_amount) == (PlanState.CLOSED, None)


def test_what_is_sent_back_is_a_draft_and_its_steps_rest(customer: Customer, owner: User, manager: User) -> None:
    plan = ready(customer)
    planning.submit(plan, at=NOW)
    plan = now(plan)
    plan.offer_amount = Decimal(5000)
    planning.change(plan, by=owner, changed=["offer_amount"], at=NOW)

    assert [planning.send_back(plan, at=NOW) for _time in range(2)] == [True, False]

    assert now(plan).state == PlanState.DRAFT
    assert not FollowUp.objects.exists()
    assert not planning.approve(plan, by=manager, at=NOW)


# ---- Steps ----


def test_a_step_added_later_is_given_out_at_once_and_follows_changes(
    customer: Customer, owner: User, teammate: User
) -> None:
    plan = ready(customer)
    planning.submit(plan, at=NOW)
    step = PlanStep(plan=now(plan), title="Visit", person=owner, due_at=NOW + timedelta(days=2))

    planning.save_step(step, at=NOW)
    step.refresh_from_db()
    step.title, step.person, step.due_at = "Visit them", teammate, NOW + timedelta(days=5)
    planning.save_step(step, at=NOW)

    task = FollowUp.objects.get(plan_step=step)
    assert (task.title, task.assignee, task.due_at) == ("Visit them", teammate, NOW + timedelta(days=5))
    assert FollowUp.objects.count() == 2


def test_a_step_taken_out_goes_with_its_task_and_comes_back(company: Company, customer: Customer, owner: User) -> None:
    plan = ready(customer)
    planning.submit(plan, at=NOW)
    step = PlanStep.objects.get()
    before = [list(model._default_manager.values()) for model in (PlanStep, FollowUp)]

    trashed = planning.remove_step(step, by=owner, at=NOW)
    assert not FollowUp.objects.exists() and not PlanStep.objects.exists()
    restore(trashed, at=NOW)

    assert [list(model._default_manager.values()) for model in (PlanStep, FollowUp)] == before


# ---- The end ----


def test_closing_takes_what_is_not_done_off_the_lists_and_opening_puts_it_back(
    customer: Customer, owner: User, teammate: User
) -> None:
    plan = ready(customer)
    factories.plan_step(plan, title="Done already", due_at=NOW)
    planning.submit(plan, at=NOW)
    FollowUp.objects.get(title="Done already").finish(owner, NOW)
    moved = FollowUp.objects.open().get()
    FollowUp.objects.filter(pk=moved.pk).update(assignee=teammate, due_at=NOW + timedelta(days=9))

    closed = [planning.close(plan, PlanOutcome.KEPT, "Call sooner.", by=owner, at=NOW) for _time in range(2)]

    plan = now(plan)
    assert closed == [True, False]
    assert (plan.state, plan.outcome, plan.learned, plan.closed_by) == ("closed", "kept", "Call sooner.", owner)
    assert list(FollowUp.objects.values_list("title", flat=True)) == ["Done already"]

    assert [planning.reopen(plan, at=NOW) for _time in range(2)] == [True, False]
    task = FollowUp.objects.open().get()
    assert (task.title, task.assignee, task.due_at) == ("Call them", teammate, NOW + timedelta(days=9))
    assert (now(plan).state, now(plan).outcome, now(plan).learned) == ("active", "", "Call sooner.")


def test_a_closed_plan_does_not_open_beside_another(customer: Customer, owner: User) -> None:
    plan = ready(customer)
    planning.close(plan, PlanOutcome.LATER, "", by=owner, at=NOW)
    factories.plan(customer)

    assert not planning.reopen(plan, at=NOW)


def test_what_was_not_approved_waits_again_when_it_is_opened(customer: Customer, owner: User) -> None:
    plan = ready(customer, state=PlanState.ACTIVE, started_at=NOW, offer_amount=5000)
    planning.close(plan, PlanOutcome.LATER, "", by=owner, at=NOW)

    assert planning.reopen(plan, at=NOW)
    assert now(plan).state == PlanState.WAITING


def test_losing_the_customer_closes_the_plan_and_a_mistake_opens_it(customer: Customer, owner: User) -> None:
    plan = ready(customer)
    planning.submit(plan, at=NOW)

    losing.lose(Loss(customer=customer, lost_on=TODAY), by=owner, at=NOW)
    assert (now(plan).outcome, FollowUp.objects.count()) == ("lost", 0)
    losing.take_back(customer, by=owner, on=TODAY, at=NOW + timedelta(minutes=1))

    assert (now(plan).state, FollowUp.objects.count()) == ("active", 1)


def test_only_a_draft_is_thrown_away_and_it_comes_back(company: Company, customer: Customer, owner: User) -> None:
    plan = ready(customer)
    before = list(PlanStep.objects.values())

    trashed = planning.discard(plan, by=owner, at=NOW)
    assert trashed and not RetentionPlan.objects.exists()
    restore(trashed, at=NOW)
    assert list(PlanStep.objects.values()) == before
    planning.submit(now(plan), at=NOW)

    assert planning.discard(now(plan), by=owner, at=NOW) is None


def test_a_draft_does_not_come_back_beside_another(company: Company, customer: Customer, owner: User) -> None:
    trashed = planning.discard(ready(customer), by=owner, at=NOW)
    factories.plan(customer)

    assert trashed
    with pytest.raises(NotBack):
        restore(trashed, at=NOW)


# ---- Looking at it again ----


@pytest.mark.parametrize(
    ("band", "value", "severity", "days"),
    [
        (Band.AT_RISK, 10_000, Severity.HIGH, 7),
        (Band.AT_RISK, 9_999, Severity.AT_RISK, 14),
        (Band.WATCH, 50_000, Severity.LOW, 14),
        (None, 0, Severity.LOW, 14),
    ],
)
def test_severity_sets_the_rhythm_of_looks(
    customer: Customer, band: Band | None, value: int, severity: Severity, days: int
) -> None:
    if band is not None:
        CustomerRisk.objects.create(customer=customer, band=band, value_last_year=value)
    plan = factories.plan(customer, review_on=TODAY - timedelta(days=3))

    assert planning.review(now(plan), on=TODAY) == TODAY + timedelta(days=days)
    assert now(plan).review_on == TODAY + timedelta(days=days)
    weighed: Any = RetentionPlan.objects.all().weighed(PlanRules.current()).get()
    assert weighed.severity == severity


@pytest.mark.parametrize(
    ("fields", "done", "stale"),
    [
        ({"state": "active", "started_at": NOW - timedelta(days=15)}, None, 1),
        ({"state": "active", "started_at": NOW - timedelta(days=14)}, None, 0),
        ({"state": "active", "started_at": NOW - timedelta(days=60)}, 3, 0),
        ({"state": "active", "started_at": NOW - timedelta(days=60)}, 15, 1),
        ({"state": "draft"}, None, 0),
        ({"state": "draft", "review_on": TODAY - timedelta(days=1)}, None, 1),
        ({"state": "waiting", "review_on": TODAY}, None, 0),
        ({"state": "closed", "outcome": "kept", "review_on": date(2026, 1, 1)}, None, 0),
    ],
)
def test_a_plan_falls_asleep(customer: Customer, fields: dict[str, Any], done: int | None, stale: int) -> None:
    plan = factories.plan(customer, **fields)
    if done is not None:
        task = factories.follow_up(customer, done_at=NOW - timedelta(days=done))
        factories.plan_step(plan, follow_up=task)
    factories.plan_step(plan)

    found: Any = RetentionPlan.objects.all().with_progress().with_staleness(on=TODAY, at=NOW).get()

    assert found.is_stale == stale
    assert (found.steps_total, found.steps_done) == (2, 1) if done else (1, 0)


# ---- Merging, the trash ----


def test_of_two_open_plans_the_kept_customers_goes_on_and_the_other_is_closed(company: Company, owner: User) -> None:
    kept, other = factories.customer(owner), factories.customer(owner)
    plans = [ready(kept), ready(other)]
    for plan in plans:
        planning.submit(plan, at=NOW)
    before = [list(model._default_manager.order_by("pk").values()) for model in (RetentionPlan, PlanStep, FollowUp)]

    done = merge(kept, other, by=owner, at=NOW)

    assert [(now(plan).state, now(plan).outcome, now(plan).customer) for plan in plans] == [
        ("active", "", kept),
        ("closed", "merged", kept),
    ]
    assert FollowUp.objects.open().filter(customer=kept).count() == 2
    undo(done, by=owner, at=NOW)
    after = [list(model._default_manager.order_by("pk").values()) for model in (RetentionPlan, PlanStep, FollowUp)]
    assert after == before


def test_the_only_plan_of_two_customers_goes_on(company: Company, owner: User) -> None:
    kept, other = factories.customer(owner), factories.customer(owner)
    plan = ready(other)

    merge(kept, other, by=owner, at=NOW)

    assert (now(plan).state, now(plan).customer) == (PlanState.DRAFT, kept)


def test_a_plan_under_way_goes_into_the_trash_with_the_customer_and_comes_back(
    company: Company, customer: Customer, owner: User
) -> None:
    planning.submit(ready(customer), at=NOW)
    before = [list(model._default_manager.values()) for model in (RetentionPlan, PlanStep, FollowUp)]

    trashed = remove_customer(customer, by=owner, at=NOW)
    assert trashed and not RetentionPlan.objects.exists()
    restore(trashed, at=NOW)

    assert [list(model._default_manager.values()) for model in (RetentionPlan, PlanStep, FollowUp)] == before
