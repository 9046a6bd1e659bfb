"""Plans to keep a customer: why we think they may go, what is done by whom until when, and what came of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Count, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerDataQuerySet, OneOpenQuerySet
from interactions.models import FollowUp
from retention.models.cause import Cause, CauseField
from retention.models.play import Play
from retention.models.risk import Band
from retention_crm.lib import clock
from retention_crm.lib.fields import LineField, NoteField

# An active plan of which nothing was done for so long has fallen asleep.
ASLEEP_AFTER = timedelta(days=14)


class PlanState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waits for approval")
    ACTIVE = "active", _("Under way")
    CLOSED = "closed", _("Closed")


class PlanOutcome(models.TextChoices):
    KEPT = "kept", _("They stay")
    LOST = "lost", _("They left")
    WON_BACK = "won_back", _("Won back")
    LATER = "later", _("Not now, perhaps later")
    MERGED = "merged", _("Joined with another plan, after a merge")


class Severity(models.IntegerChoices):
    """How much is at stake; it says how often a plan is looked at."""

    LOW = 0, _("No hurry")
    AT_RISK = 1, _("At risk")
    HIGH = 2, _("At risk, and of high value")

    @property
    def review_every(self) -> timedelta:
        return timedelta(days=7 if self is Severity.HIGH else 14)


class PlanRules(models.Model):
    """What the company wants of plans: one row, primary key 1."""

    offer_limit = models.DecimalField(
        _("offers without approval up to"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(500),
        validators=[MinValueValidator(0)],
    )
    high_value = models.DecimalField(
        _("high value from"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(10_000),
        validators=[MinValueValidator(0)],
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="plan_rules_are_one_row")]

    def __str__(self) -> str:
        return f"up to {self.offer_limit}"

    @classmethod
    def current(cls) -> "PlanRules":
        """The rules in force; an empty database has the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class RetentionPlanQuerySet(OneOpenQuerySet["RetentionPlan"]):
    def open(self) -> Self:
        return self.exclude(state=PlanState.CLOSED)

    def end_as_merged(self, *, on: date, at: datetime) -> int:
        return self.update(state=PlanState.CLOSED, outcome=PlanOutcome.MERGED, closed_at=at)

    def started_between(self, first: date | None, last: date | None, zone: str) -> Self:
        """Those begun on these days, both included, by the calendar of that zone; None is no limit."""
        found = self.filter(started_at__isnull=False)
        if first:
            found = found.filter(started_at__gte=clock.day_bounds(first, zone)[0])
        return found.filter(started_at__lt=clock.day_bounds(last, zone)[1]) if last else found

    def weighed(self, rules: PlanRules) -> Self:
        """With the severity of each as the customer stands now."""
        at_risk = Q(customer__risk__band=Band.AT_RISK)
        return self.annotate(
            severity=Case(
                When(at_risk & Q(customer__risk__value_last_year__gte=rules.high_value), then=Value(Severity.HIGH)),
                When(at_risk, then=Value(Severity.AT_RISK)),
                default=Value(Severity.LOW),
                output_field=models.IntegerField(),
            )
        )

    def with_progress(self) -> Self:
        """With how many steps each has, how many are done, and when the last one was."""
        steps = PlanStep.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
        done = steps.filter(follow_up__done_at__isnull=False)
        return self.annotate(
            steps_total=Coalesce(Subquery(steps.annotate(n=Count("pk")).values("n")), 0),
            steps_done=Coalesce(Subquery(done.annotate(n=Count("pk")).values("n")), 0),
            last_done_at=Subquery(done.annotate(last=Max("follow_up__done_at")).values("last")),
        )

    def with_staleness(self, *, on: date, at: datetime) -> Self:
        """With 1 for those that need a look: the day for it has passed, or nothing was done for two weeks.

        For plans `with_progress`.
        """
        asleep = Q(state=PlanState.ACTIVE, moved_at__lt=at - ASLEEP_AFTER)
        overdue = ~Q(state=PlanState.CLOSED) & Q(review_on__lt=on)
        return self.annotate(moved_at=Coalesce("last_done_at", "started_at")).annotate(
            is_stale=Case(When(asleep | overdue, then=Value(1)), default=Value(0), output_field=models.IntegerField())
        )


class RetentionPlan(models.Model):
    """A plan for one customer; there is one at a time that is not closed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="retention_plans")
    play = models.ForeignKey(
        Play, on_delete=models.SET_NULL, null=True, blank=True, related_name="plans", editable=False
    )
    suspected = CauseField(verbose_name=_("why they may go"))
    note = NoteField(_("what we think happened"), max_length=2000, blank=True, default="")
    changes_person = models.BooleanField(_("somebody else should look after them"), default=False)
    offer = NoteField(_("what we offer"), max_length=1000, blank=True, default="")
    offer_amount = models.DecimalField(
        _("what it costs us"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, help_text="The last one."
    )
    state = models.CharField(max_length=8, choices=PlanState.choices, default=PlanState.DRAFT, editable=False)
    review_on = models.DateField(_("look at it again on"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    written_at = models.DateTimeField(default=clock.now, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    outcome = models.CharField(
        _("what came of it"), max_length=8, choices=PlanOutcome.choices, blank=True, default="", editable=False
    )
    learned = NoteField(_("what we learned"), max_length=2000, blank=True, default="", editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RetentionPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("retention plan")
        verbose_name_plural = _("retention plans")
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=~Q(state="closed"), name="plan_one_open"),
            models.CheckConstraint(condition=~Q(state="closed") | ~Q(outcome=""), name="plan_closed_with_outcome"),
            models.CheckConstraint(
                condition=Q(offer_amount=None) | Q(offer_amount__gte=0), name="plan_offer_is_no_debt"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-written_at"], name="plan_by_customer"),
            models.Index(fields=["-closed_at", "-id"], name="plan_by_closing", condition=Q(state="closed")),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.state}"

    @property
    def suspected_in_words(self) -> str:
        return Cause.in_words(self.suspected)

    @property
    def is_open(self) -> bool:
        return self.state != PlanState.CLOSED

    def needs_approval(self, rules: PlanRules) -> bool:
        """Whether its play asks for it, or it offers more than may be offered and than a manager has agreed to."""
        if self.play is not None and self.play.waits_for_approval and self.approved_at is None:
            return True
        if self.offer_amount is None or self.offer_amount <= rules.offer_limit:
            return False
        return self.approved_amount is None or self.offer_amount > self.approved_amount


class PlanStepQuerySet(CustomerDataQuerySet["PlanStep"]):
    customer_path = "plan__customer__"

    def undone(self) -> Self:
        return self.filter(Q(follow_up=None) | Q(follow_up__done_at=None))


class PlanStep(models.Model):
    """What somebody does for a plan; once the plan is under way it is a follow-up, which then says who and when."""

    plan = models.ForeignKey(RetentionPlan, on_delete=models.CASCADE, related_name="steps")
    title = LineField(_("what"), max_length=200)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.PROTECT, related_name="+"
    )
    due_at = models.DateTimeField(_("by"))
    follow_up = models.OneToOneField(
        FollowUp, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_step", editable=False
    )

    objects = PlanStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a plan")
        verbose_name_plural = _("steps of plans")
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_done(self) -> bool:
        return self.follow_up is not None and not self.follow_up.is_open

    @property
    def when(self) -> datetime:
        return self.follow_up.due_at if self.follow_up else self.due_at

    @property
    def who(self) -> Any:
        return self.follow_up.assignee if self.follow_up else self.person
