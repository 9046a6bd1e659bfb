"""Keeping a customer by a plan: drafted, approved where it costs much, under way, looked at again, and closed."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from customers.models import Customer, Trashed
from customers.removing import remove
from interactions.models import FollowUp
from retention.models import (
    Band,
    PlanOutcome,
    PlanRules,
    PlanState,
    PlanStep,
    RetentionPlan,
    Severity,
)
from retention.telling import tell_of_approval, tell_of_waiting


def severity_of(customer: Customer, rules: PlanRules) -> Severity:
    """How much is at stake with a customer, as the risk is known now."""
    risk = getattr(customer, "risk", None)
    if risk is None or risk.band != Band.AT_RISK:
        return Severity.LOW
    return Severity.HIGH if risk.value_last_year >= rules.high_value else Severity.AT_RISK


def next_review(customer: Customer, rules: PlanRules, *, on: date) -> date:
    """When a plan that somebody looked at today is looked at again."""
    return on + severity_of(customer, rules).review_every


def open_plan_of(customer: Customer) -> RetentionPlan | None:
    return RetentionPlan.objects.open().filter(customer=customer).first()


def draft(plan: RetentionPlan, *, by: User, at: datetime, steps: Collection[PlanStep] = ()) -> RetentionPlan:
    """Saves a new plan with its steps, or returns the one the customer has already."""
    with transaction.atomic():
        # Two who begin one at once take turns.
        Customer.objects.select_for_update(of=("self",)).get(pk=plan.customer_id)
        known = open_plan_of(plan.customer)
        if known is not None:
            return known
        plan.written_by = plan.offered_by = by
        plan.written_at = at
        plan.save()
        for step in steps:
            step.plan = plan
        PlanStep.objects.bulk_create(steps)
    return plan


def change(plan: RetentionPlan, *, by: User, changed: Collection[str], at: datetime) -> bool:
    """Saves these fields of an open plan; false if somebody closed it meanwhile.

    An offer that became too large for what was approved waits for approval.
    """
    fields = set(changed)
    if fields & {"offer", "offer_amount"}:
        plan.offered_by = by
        fields.add("offered_by")
    with transaction.atomic():
        stored = _locked(plan)
        plan.state, plan.approved_amount = stored.state, stored.approved_amount
        if not plan.is_open:
            return False
        if plan.state == PlanState.ACTIVE and plan.needs_approval(PlanRules.current()):
            plan.state = PlanState.WAITING
            fields.add("state")
        plan.save(update_fields=fields)
        if "state" in fields:
            tell_of_waiting(plan, at=at)
    return True


def submit(plan: RetentionPlan, *, at: datetime) -> bool:
    """A draft begins, or waits for approval where it offers much; false if it is none any more, or has no steps."""
    with transaction.atomic():
        plan = _locked(plan)
        if plan.state != PlanState.DRAFT or not plan.steps.exists():
            return False
        if plan.needs_approval(PlanRules.current()):
            plan.state = PlanState.WAITING
            plan.save(update_fields=["state"])
            tell_of_waiting(plan, at=at)
        else:
            _begin(plan, at)
    return True


def may_approve(plan: RetentionPlan, user: User) -> bool:
    """A manager who did not write the plan or its offer; unless there is no other manager."""
    if not user.is_manager:
        return False
    is_own = user.pk in {plan.written_by_id, plan.offered_by_id}
    return not is_own or not User.objects.get_queryset().managers().exclude(pk=user.pk).exists()


def approve(plan: RetentionPlan, *, by: User, at: datetime) -> bool:
    """The plan begins, or goes on, with its offer; false if it did not wait (any more) or somebody else has to."""
    with transaction.atomic():
        plan = _locked(plan)
        if plan.state != PlanState.WAITING or not may_approve(plan, by):
            return False
        plan.approved_by, plan.approved_at, plan.approved_amount = by, at, plan.offer_amount
        plan.save(update_fields=["approved_by", "approved_at", "approved_amount"])
        _begin(plan, at)
        tell_of_approval(plan, by=by, at=at)
    return True


def send_back(plan: RetentionPlan, *, at: datetime) -> bool:
    """Not like that: whoever wrote it is to change it. Steps that were begun rest meanwhile."""
    with transaction.atomic():
        plan = _locked(plan)
        if plan.state != PlanState.WAITING:
            return False
        plan.state = PlanState.DRAFT
        plan.save(update_fields=["state"])
        _rest(plan)
    return True


def close(plan: RetentionPlan, outcome: PlanOutcome, learned: str, *, by: User, at: datetime) -> bool:
    """It is over; what was still to do for it is taken off everybody's list. False if somebody was quicker."""
    with transaction.atomic():
        plan = _locked(plan)
        if not plan.is_open:
            return False
        plan.state, plan.outcome, plan.learned = PlanState.CLOSED, outcome, learned
        plan.closed_by, plan.closed_at = by, at
        plan.save(update_fields=["state", "outcome", "learned", "closed_by", "closed_at"])
        _rest(plan)
    return True


def reopen(plan: RetentionPlan, *, at: datetime) -> bool:
    """As it was before it was closed; false if it is open, or the customer has another one by now."""
    with transaction.atomic():
        Customer.objects.select_for_update(of=("self",)).get(pk=plan.customer_id)
        plan = _locked(plan)
        if plan.is_open or open_plan_of(plan.customer) is not None:
            return False
        plan.state = PlanState.ACTIVE if plan.started_at else PlanState.DRAFT
        plan.outcome, plan.closed_by, plan.closed_at = "", None, None
        if plan.state == PlanState.ACTIVE and plan.needs_approval(PlanRules.current()):
            plan.state = PlanState.WAITING
        plan.save(update_fields=["state", "outcome", "closed_by", "closed_at"])
        if plan.state == PlanState.ACTIVE:
            _give_out(plan, at)
        elif plan.state == PlanState.WAITING:
            tell_of_waiting(plan, at=at)
    return True


def review(plan: RetentionPlan, *, on: date) -> date:
    """Somebody has looked at it on that day; returns when the next look is due."""
    plan.review_on = next_review(plan.customer, PlanRules.current(), on=on)
    plan.save(update_fields=["review_on"])
    return plan.review_on


def discard(plan: RetentionPlan, *, by: User, at: datetime) -> Trashed | None:
    """A draft goes into the trash with its steps; None if it is no draft any more."""
    with transaction.atomic():
        plan = _locked(plan)
        if plan.state != PlanState.DRAFT:
            return None
        return remove(plan, name=plan.customer.name, by=by, at=at, customer=plan.customer)


def save_step(step: PlanStep, *, at: datetime) -> None:
    """Saves a new or changed step; of a plan under way whoever does it finds it among their follow-ups."""
    with transaction.atomic():
        plan = _locked(step.plan)
        step.save()
        task = step.follow_up
        if task is not None and task.is_open:
            task.title, task.assignee, task.due_at = step.title, step.person, step.due_at
            task.save(update_fields=["title", "assignee", "due_at"])
        elif plan.state == PlanState.ACTIVE:
            _give_out(plan, at)


def remove_step(step: PlanStep, *, by: User, at: datetime) -> Trashed:
    """The step goes into the trash, with its follow-up if that is not done."""
    with transaction.atomic():
        _locked(step.plan)
        task = FollowUp.objects.open().filter(pk__in=[step.follow_up_id] if step.follow_up_id else [])
        return remove(step, name=step.title, by=by, at=at, customer=step.plan.customer, also=[task])


def _locked(plan: RetentionPlan) -> RetentionPlan:
    rows = RetentionPlan.objects.select_for_update(of=("self",))
    return rows.select_related("customer__owner", "written_by", "play").get(pk=plan.pk)


def _begin(plan: RetentionPlan, at: datetime) -> None:
    plan.state, plan.started_at = PlanState.ACTIVE, plan.started_at or at
    plan.save(update_fields=["state", "started_at"])
    _give_out(plan, at)


def _give_out(plan: RetentionPlan, at: datetime) -> None:
    """Each step that has no follow-up gets one; of somebody who is gone the owner does it."""
    for step in plan.steps.filter(follow_up=None).select_related("person"):
        person = step.person if step.person.is_active else plan.customer.owner
        step.follow_up = FollowUp.objects.create(
            customer=plan.customer, assignee=person, title=step.title, due_at=step.due_at, created_at=at
        )
        step.save(update_fields=["follow_up"])


def _rest(plan: RetentionPlan) -> None:
    """What is not done is nobody's follow-up any more; the step keeps who was to do it and by when."""
    for step in plan.steps.filter(follow_up__isnull=False, follow_up__done_at=None).select_related("follow_up"):
        task = step.follow_up
        assert task is not None
        step.title, step.person_id, step.due_at, step.follow_up = task.title, task.assignee_id, task.due_at, None
        step.save()
        task.delete()
