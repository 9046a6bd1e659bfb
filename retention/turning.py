"""Who came into the band at risk within a week, and who left it and why, by the lists that were kept."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from retention.counting import LONGEST_WEEK_DAYS, WEEK_DAYS
from retention.models import Band, RiskDay, RiskSnapshot, RiskSnapshotQuerySet
from retention.wording import signals_in_words, summary
from retention_crm.lib import dates

IN, OUT = "in", "out"


@dataclass(frozen=True)
class Week:
    """The newest list that was kept, and that of a week before."""

    newest: date
    former: date

    @classmethod
    def latest(cls) -> Self | None:
        """None while no list is a week old."""
        days = RiskDay.objects.order_by("-day").values_list("day", flat=True)
        newest = days.first()
        if newest is None:
            return None
        span = (newest - timedelta(days=LONGEST_WEEK_DAYS), newest - timedelta(days=WEEK_DAYS))
        former = days.filter(day__range=span).first()
        return cls(newest, former) if former else None

    def turned(self, rows: RiskSnapshotQuerySet, kind: str) -> RiskSnapshotQuerySet:
        """Those who came in, on the newest list, or those who went out, on the former one with what is known later."""
        here, there = (self.newest, self.former) if kind == IN else (self.former, self.newest)
        other = RiskSnapshot.objects.filter(day=there, customer=OuterRef("customer"), flagged_days__gt=0)
        chosen = rows.of_day(here).filter(~Exists(other), flagged_days__gt=0)
        return chosen if kind == IN else chosen.with_later(self.newest)


def why_in(snapshot: RiskSnapshot, on: date) -> list[str]:
    """The silence, and what is known beside it; for snapshots with `customer__risk`."""
    risk = snapshot.customer.risk
    return [summary(risk, on), *signals_in_words(risk, on=on)]


def why_out(snapshot: RiskSnapshot, week: Week) -> str:
    """Why they are at risk no more: they left, came back, have been silent for too long, or a reason is gone."""
    lost_on, silence = snapshot.customer.lost_on, getattr(snapshot, "later_silence", None)
    if lost_on is not None:
        return gettext("left on %(day)s") % {"day": dates.write(lost_on, "day")}
    if silence is not None and silence <= (week.newest - week.former).days:
        day = week.newest - timedelta(days=silence)
        return gettext("in touch again on %(day)s") % {"day": dates.write(day, "day")}
    if snapshot.customer.risk.band == Band.LAPSED:
        return gettext("silent for so long that they are no longer at risk, but long silent")
    return gettext("what made it worse is settled, or passed")
