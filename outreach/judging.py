"""Whether alerts are of use: said by whoever gets one, and counted for each rule that tells of something."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from outreach.models import ALERT_KINDS, Notification, NotificationKind, RetiredAlert

# So many of the latest that somebody judged say how it is with a rule now.
LATEST = 30
LEAST_USEFUL_PERCENT = 40
TOLD_WITHIN = timedelta(days=90)


@dataclass(frozen=True)
class AlertRule:
    """A rule that tells of something: how often it did, what was said of the latest alerts, and whether it is off."""

    kind: NotificationKind
    told: int
    judged: int
    useful: int
    retired: RetiredAlert | None

    @property
    def is_proposed(self) -> bool:
        """Whether it should be switched off: too few of the latest thirty that were judged were of use."""
        is_poor = 100 * self.useful < LEAST_USEFUL_PERCENT * self.judged
        return self.retired is None and self.judged >= LATEST and is_poor


def say(notification: Notification, is_useful: bool, *, at: datetime) -> None:
    """What its person thinks of it, also where they thought otherwise before; whoever says so has seen it."""
    Notification.objects.filter(pk=notification.pk).update(is_useful=is_useful, judged_at=at)
    Notification.objects.filter(pk=notification.pk).mark_seen(at)
    notification.is_useful, notification.judged_at = is_useful, at


def rules(*, at: datetime) -> list[AlertRule]:
    """All of them, those that should be switched off first, in three queries."""
    alerts = Notification.objects.alerts().order_by()
    told = dict(alerts.filter(created_at__gte=at - TOLD_WITHIN).values_list("kind").annotate(n=Count("pk")))
    place = Window(RowNumber(), partition_by="kind", order_by=[F("judged_at").desc(), F("pk").desc()])
    latest = alerts.filter(is_useful__isnull=False).annotate(place=place).filter(place__lte=LATEST)
    said = Counter(latest.values_list("kind", "is_useful"))
    retired = {row.kind: row for row in RetiredAlert.objects.select_related("retired_by")}
    found = [
        AlertRule(
            kind,
            told=told.get(kind, 0),
            judged=said[kind, True] + said[kind, False],
            useful=said[kind, True],
            retired=retired.get(kind),
        )
        for kind in ALERT_KINDS
    ]
    return sorted(found, key=lambda rule: not rule.is_proposed)


def retire(kind: NotificationKind, *, by: User, at: datetime) -> None:
    """Nobody is told of it any more, neither on the bell nor by mail; who did so first stands."""
    RetiredAlert.objects.get_or_create(kind=kind, defaults={"retired_by": by, "retired_at": at})


def bring_back(kind: NotificationKind) -> None:
    """It is told of again, from now on."""
    RetiredAlert.objects.filter(kind=kind).delete()
