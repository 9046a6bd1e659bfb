"""Which plans the page of plans shows, how many there are of each kind, and what one plan has to say of itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, IntegerField, Q, Value
from django.db.models.expressions import CombinedExpression
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer
from dashboard.periods import Days
from retention.models import (
    Cause,
    PlanOutcome,
    PlanRules,
    PlanState,
    PlanStep,
    Play,
    RetentionPlan,
    RetentionPlanQuerySet,
    Severity,
)
from retention.odds import KEPT
from retention.planning import may_approve
from retention.suspecting import Evidence
from retention_crm.lib.text import row_id

OPEN = "open"
_OPEN = ~Q(state=PlanState.CLOSED)
# What the page can be narrowed to, by the word in the address.
SHOWN: dict[str, tuple[Any, Q]] = {
    OPEN: (_("Open"), _OPEN),
    "stale": (_("Needs a look"), _OPEN & Q(is_stale=1)),
    "waiting": (_("Waits for approval"), Q(state=PlanState.WAITING)),
    "draft": (_("Draft"), Q(state=PlanState.DRAFT)),
    "kept": (_("They stay"), Q(outcome=PlanOutcome.KEPT)),
    "won_back": (_("Won back"), Q(outcome=PlanOutcome.WON_BACK)),
    "lost": (_("They left"), Q(outcome=PlanOutcome.LOST)),
    "later": (_("Perhaps later"), Q(outcome=PlanOutcome.LATER)),
}
# Those the save odds speak of; the page has no chips for them.
TRIED: dict[str, tuple[Any, Q]] = {
    "begun": (_("Begun"), Q(started_at__isnull=False) & ~Q(outcome=PlanOutcome.MERGED)),
    "tried": (_("Tried"), Q(state=PlanState.CLOSED, started_at__isnull=False) & ~Q(outcome=PlanOutcome.MERGED)),
    "saved": (_("Kept"), Q(started_at__isnull=False, outcome__in=KEPT)),
    "trying": (_("Still under way"), Q(started_at__isnull=False) & _OPEN),
}
# Ascending: who needs a look comes first, then by how much is at stake, then what was begun first.
URGENCY: CombinedExpression = Value(0, IntegerField()) - F("is_stale") * Value(10) - F("severity")


def all_plans(user: User, *, at: datetime) -> RetentionPlanQuerySet:
    """Those the person sees, with all that lists show."""
    rules, on = PlanRules.current(), user.today(at)
    return RetentionPlan.objects.visible_to(user).weighed(rules).with_progress().with_staleness(on=on, at=at)


def counts(plans: RetentionPlanQuerySet) -> dict[str, int]:
    """How many there are of each kind, in one query."""
    return plans.order_by().aggregate(**{key: Count("pk", filter=chosen) for key, (_label, chosen) in SHOWN.items()})


@dataclass(frozen=True)
class Narrowed:
    """The part of the plans that an address names: of a play, for a cause, begun on some days."""

    words: dict[str, str]
    play: Play | None
    cause: str
    days: Days | None

    @classmethod
    def read(cls, get: QueryDict, *, on: date) -> "Narrowed":
        """What is no play and no cause narrows nothing."""
        play = Play.objects.filter(pk=row_id(str(get["play"])) or 0).first() if get.get("play") else None
        cause = get.get("cause", "") if get.get("cause", "") in Cause.values else ""
        days = Days.read(get, on=on) if "first" in get or "last" in get else None
        words = {name: str(get[name]) for name in ("play", "cause", "first", "last") if get.get(name)}
        return cls(words, play, cause, days)

    def of(self, plans: RetentionPlanQuerySet, zone: str) -> RetentionPlanQuerySet:
        if self.play is not None:
            plans = plans.filter(play=self.play)
        if self.cause:
            plans = plans.filter(suspected__contains=[self.cause])
        return plans.started_between(self.days.first, self.days.last, zone) if self.days else plans

    @property
    def title(self) -> str:
        """What it is narrowed to; empty for all."""
        parts = [
            str(self.play or ""),
            str(Cause(self.cause).label) if self.cause else "",
            self.days.words if self.days else "",
        ]
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class PlanRow:
    """A plan in a list; `why_stale` is empty for one that needs no look."""

    plan: Any
    on: date

    @property
    def severity(self) -> Severity:
        return Severity(self.plan.severity)

    @property
    def is_overdue(self) -> bool:
        return bool(self.plan.is_stale) and self.plan.review_on < self.on


@dataclass(frozen=True)
class PlanView:
    """One plan as its page shows it to a person."""

    plan: RetentionPlan
    causes: list[tuple[Cause, list[str]]]
    others: list[tuple[Cause, list[str]]]
    steps: list[PlanStep]
    may_approve: bool

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


def view_of(plan: RetentionPlan, user: User, facts: Evidence) -> PlanView:
    """With what speaks for each suspected cause, and for those that nobody suspects."""
    suspected = [Cause(value) for value in plan.suspected]
    return PlanView(
        plan,
        causes=[(cause, facts.get(cause, [])) for cause in suspected],
        others=[(cause, words) for cause, words in facts.items() if cause not in suspected],
        steps=list(plan.steps.select_related("person", "follow_up__assignee")),
        may_approve=plan.state == PlanState.WAITING and may_approve(plan, user),
    )


def open_plan(customer: Customer) -> RetentionPlan | None:
    """The customer's open plan, with how far it is, which is worked out only where there is one."""
    plan = RetentionPlan.objects.open().filter(customer=customer).first()
    return RetentionPlan.objects.with_progress().get(pk=plan.pk) if plan else None
