"""What was known of a customer some time before they left, and who was warned.

Only what was kept then speaks: the list of that night, the changes of the health, complaints, promises, plans as they
stood, and what the bell told. Nothing is computed anew, so nothing that was learnt later can make us look wiser than we
were; what was not kept is called unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q

from accounts.models import Company
from interactions.models import Complaint, FollowUp, Interaction
from outreach.models import Message, Notification, State
from retention.models import (
    RISK_PARTS,
    HealthChange,
    Loss,
    RetentionPlan,
    RiskDay,
    RiskScale,
    RiskSnapshot,
)
from retention_crm.lib import clock

DAYS_BEFORE = (180, 90, 30)
# Where no list was kept on a day, one of up to a week before says how it stood.
NEAR_DAYS = 7
# Who is in touch so soon after an alert has answered it.
ANSWERED_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Listed:
    """The list of a night near the day; `entry` is None if the customer was not on it."""

    kept: RiskDay
    entry: RiskSnapshot | None

    @property
    def percent(self) -> int | None:
        """The chance of silence as it was shown on that day; None while none was shown."""
        if self.entry is None or self.kept.intercept is None or self.kept.slope is None:
            return None
        scale = RiskScale(intercept=self.kept.intercept, slope=self.kept.slope)
        return scale.percent(self.entry.risk / RISK_PARTS)


@dataclass(frozen=True)
class Then:
    """One day before the loss; `change` is the last one of the health by then, `later` the first after it."""

    days_before: int
    day: date
    listed: Listed | None
    change: HealthChange | None
    later: HealthChange | None
    complaints: list[Complaint]
    promises: list[FollowUp]
    plan: RetentionPlan | None


@dataclass(frozen=True)
class Warned:
    """An alert, the mail of it if one was sent, and the first contact after it."""

    notification: Notification
    mailed_at: datetime | None
    answer: Interaction | None


@dataclass(frozen=True)
class Replay:
    """`recorded_since` is the day of the first list that was kept; None while there is none."""

    loss: Loss
    recorded_since: date | None
    told_since: datetime | None
    days: list[Then] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)


def replay(loss: Loss) -> Replay:
    """In a fixed number of queries."""
    zone = Company.current().time_zone
    days = {before: loss.lost_on - timedelta(days=before) for before in DAYS_BEFORE}
    complaints = list(Complaint.objects.filter(customer=loss.customer_id).order_by("opened_at", "pk"))
    promises = list(FollowUp.objects.promises().filter(customer=loss.customer_id).order_by("due_at", "pk"))
    changes = list(HealthChange.objects.filter(customer=loss.customer_id).order_by("changed_at", "pk"))
    plans = list(RetentionPlan.objects.filter(customer=loss.customer_id).order_by("written_at", "pk"))
    lists = _lists(loss, days.values())
    found = []
    for before, day in days.items():
        at = clock.day_bounds(day, zone)[1]
        by_then = [change for change in changes if change.changed_at < at]
        after = [change for change in changes if change.changed_at >= at]
        found.append(
            Then(
                days_before=before,
                day=day,
                listed=lists.get(day),
                change=by_then[-1] if by_then else None,
                later=after[0] if after and not by_then else None,
                complaints=[one for one in complaints if _was_open(one.opened_at, one.resolved_at, at)],
                promises=[one for one in promises if _was_open(one.created_at, one.done_at, at)],
                plan=next((plan for plan in plans if _was_open(plan.written_at, plan.closed_at, at)), None),
            )
        )
    return Replay(
        loss,
        recorded_since=RiskDay.objects.order_by("day").values_list("day", flat=True).first(),
        told_since=Notification.objects.alerts().order_by("created_at").values_list("created_at", flat=True).first(),
        days=found,
        warned=_warned(loss, zone),
    )


def _was_open(since: datetime, until: datetime | None, at: datetime) -> bool:
    return since < at and (until is None or until >= at)


def _lists(loss: Loss, days: Iterable[date]) -> dict[date, Listed]:
    """For each of the days the nearest list up to a week before, and where the customer stood on it."""
    wanted = list(days)
    near = Q()
    for day in wanted:
        near |= Q(day__range=(day - timedelta(days=NEAR_DAYS), day))
    kept = list(RiskDay.objects.filter(near).order_by("day"))
    entries = RiskSnapshot.objects.filter(customer=loss.customer_id, day__in=[one.day for one in kept])
    # Of two who are one since a merge the place further up counts.
    standing = {entry.day: entry for entry in entries.order_by("-place", "-pk")}
    found = {}
    for day in wanted:
        nearest = [one for one in kept if day - timedelta(days=NEAR_DAYS) <= one.day <= day]
        if nearest:
            found[day] = Listed(nearest[-1], standing.get(nearest[-1].day))
    return found


def _warned(loss: Loss, zone: str) -> list[Warned]:
    """The alerts of the time looked at, the oldest first."""
    since = clock.day_bounds(loss.lost_on - timedelta(days=max(DAYS_BEFORE)), zone)[0]
    until = clock.day_bounds(loss.lost_on, zone)[1]
    about = Notification.objects.alerts().filter(customer=loss.customer_id, created_at__range=(since, until))
    alerts = list(about.select_related("person", "contact", "customer", "by").order_by("created_at", "pk"))
    occasions = [f"{one.occasion}:{one.person_id}" for one in alerts]
    mails = Message.objects.filter(occasion__in=occasions, state=State.SENT).values_list("occasion", "finished_at")
    mailed = dict(mails) if alerts else {}
    answers = Interaction.objects.filter(
        customer=loss.customer_id, author__isnull=False, happened_at__range=(since, until + ANSWERED_WITHIN)
    )
    contacts = list(answers.select_related("author").order_by("happened_at", "pk")) if alerts else []
    return [
        Warned(one, mailed.get(occasion), _answer(one, contacts))
        for one, occasion in zip(alerts, occasions, strict=True)
    ]


def _answer(alert: Notification, contacts: list[Interaction]) -> Interaction | None:
    """The first time somebody was in touch, or tried, after the alert."""
    until = alert.created_at + ANSWERED_WITHIN
    return next((one for one in contacts if alert.created_at <= one.happened_at <= until), None)
