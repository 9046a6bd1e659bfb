"""Telling on the bell of plans: what waits for approval, what was approved, what a rule began, what needs a look."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from accounts.models import Company, User
from outreach.models import NotificationKind
from outreach.notifying import News, notify
from retention.models import PlanRules, RetentionPlan
from retention_crm.lib import clock, text

EXCERPT = 200


def tell_of_waiting(plan: RetentionPlan, *, at: datetime) -> int:
    """Those who may approve it: the managers of the team, or all others, but for whoever wrote it or its offer."""
    managers = User.objects.get_queryset().managers()
    others = managers.exclude(pk__in={plan.written_by_id, plan.offered_by_id})
    team = plan.customer.owner.team_id
    own = list(others.filter(team=team)) if team else []
    return _tell(plan, "waiting", own or list(others), _moment(at), text.excerpt(plan.offer, EXCERPT), at=at)


def tell_of_approval(plan: RetentionPlan, *, by: User, at: datetime) -> int:
    """Whoever looks after the customer, and whoever wrote it."""
    return _tell(plan, "approved", _concerned(plan), _moment(at), by=by, at=at)


def tell_of_beginning(plan: RetentionPlan, *, at: datetime) -> int:
    """Whoever looks after the customer for whom a rule made the plan."""
    return _tell(plan, "begun", [plan.customer.owner], words=str(plan.play or ""), at=at)


def tell_of_stale(*, at: datetime) -> int:
    """Those concerned, of each plan that needs a look: once for each day it was to be looked at, or fell asleep."""
    zone = Company.current().time_zone
    told, on = 0, clock.today(zone, at)
    rows = RetentionPlan.objects.open().weighed(PlanRules.current()).with_progress()
    stale = rows.with_staleness(on=on, at=at).filter(Q(is_stale=1))
    plan: Any
    for plan in stale.select_related("customer__owner", "written_by", "play").order_by("pk"):
        is_late = plan.review_on < on
        since: date = plan.review_on if is_late else clock.today(zone, plan.moved_at)
        told += _tell(plan, "late" if is_late else "asleep", _concerned(plan), since.isoformat(), at=at)
    return told


def _concerned(plan: RetentionPlan) -> list[User]:
    return [plan.customer.owner, plan.written_by]


def _moment(at: datetime) -> str:
    return str(int(at.timestamp()))


def _tell(
    plan: RetentionPlan,
    what: str,
    people: Iterable[User],
    once: str = "",
    words: str = "",
    *,
    at: datetime,
    by: User | None = None,
) -> int:
    """Each of these people, once for each `once`."""
    occasion = f"plan:{what}:{plan.pk}" + (f":{once}" if once else "")
    by_id = by.pk if by else None
    readers = sorted({person.pk for person in people})
    news = [News(NotificationKind.PLAN, occasion, pk, plan.customer_id, by_id=by_id, words=words) for pk in readers]
    return notify(news, at=at)
