"""Who is behind the figures of how good the list was."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy, ngettext

from dashboard.paging import Order
from retention.models import ListQuality, RiskSnapshot, RiskSnapshotQuerySet
from retention.proving import EARLY_DAYS, lost_in_between
from retention_crm.lib import dates

FLAGGED, FLAGGED_LOST, OTHERS_LOST = "at_risk", "at_risk_lost", "others_lost"
WARNED, UNWARNED = "warned", "unwarned"
SAVED, AGAIN, FIRST, LONGEST, EARLY = "saved", "again", "first", "longest", "early"
TITLES: dict[str, Any] = {
    FLAGGED: gettext_lazy("Everybody who was at risk"),
    FLAGGED_LOST: gettext_lazy("At risk, and went silent or left"),
    OTHERS_LOST: gettext_lazy("Not at risk, and went silent or left"),
    EARLY: gettext_lazy("At risk, though seen within 60 days before"),
    SAVED: gettext_lazy("At risk, then in touch and at risk no more"),
    AGAIN: gettext_lazy("At risk, then in touch, and at risk again"),
    FIRST: gettext_lazy("From the top of the list, as many as there was time for"),
    LONGEST: gettext_lazy("The longest silent first"),
    WARNED: gettext_lazy("Lost in between, with a warning before"),
    UNWARNED: gettext_lazy("Lost in between, without a warning"),
}
BY_PLACE = Order(F("place"), int)
BY_SILENCE = Order(F("silence"), int, descending=True)
# A list of earlier days has a row about every four weeks.
_APART = 28


@dataclass(frozen=True)
class Row:
    """A customer on the list of before, and what became of them."""

    snapshot: RiskSnapshot
    before: str
    since: str


def behind(rows: RiskSnapshotQuerySet, quality: ListQuality, kind: str) -> RiskSnapshotQuerySet:
    """Those behind the figure of that name, with what the later list says of them."""
    if kind in {WARNED, UNWARNED}:
        lost = lost_in_between(quality, is_warned=kind == WARNED)
        return rows.of_day(quality.since).with_later(quality.until).filter(customer__in=lost)
    seen = Q(later_silence__lte=quality.days)
    gone = Q(later_silence=None) | Q(later_silence__gt=quality.days)
    wanted = {
        FLAGGED: Q(flagged_days__gt=0),
        FLAGGED_LOST: Q(flagged_days__gt=0) & gone,
        OTHERS_LOST: Q(flagged_days=0) & gone,
        EARLY: Q(flagged_days__gt=0, silence__lte=EARLY_DAYS),
        SAVED: Q(flagged_days__gt=0, later_flagged_days=0) & seen,
        AGAIN: Q(flagged_days__gt=0, later_flagged_days__gt=0) & seen,
        FIRST: Q(place__lte=quality.capacity),
        LONGEST: Q(),
    }
    return rows.of_day(quality.since).with_later(quality.until).filter(wanted[kind])


def in_words(snapshot: RiskSnapshot, quality: ListQuality) -> Row:
    return Row(snapshot, _before(snapshot), _since(snapshot, quality))


def _before(snapshot: RiskSnapshot) -> str:
    words = ngettext("then quiet %(days)d day", "then quiet %(days)d days", snapshot.silence)
    return words % {"days": snapshot.silence}


def _since(snapshot: RiskSnapshot, quality: ListQuality) -> str:
    silence: int | None = getattr(snapshot, "later_silence", None)
    lost_on: date | None = snapshot.customer.lost_on
    if silence is None and lost_on:
        return gettext("left on %(day)s") % {"day": dates.write(lost_on, "day")}
    if silence is None:
        return gettext("silent for more than a year")
    if silence > quality.days:
        return ngettext("silent for %(days)d day", "silent for %(days)d days", silence) % {"days": silence}
    day = dates.write(date.fromordinal(quality.until.toordinal() - silence), "day")
    return gettext("in touch again, last on %(day)s") % {"day": day}


def earlier(shown: ListQuality) -> list[ListQuality]:
    """The judgements before the one that is shown, about one every four weeks, the latest first."""
    chosen, last = [], shown.until
    for quality in ListQuality.objects.filter(until__lt=shown.until).order_by("-until")[:400]:
        if (last - quality.until).days >= _APART:
            chosen.append(quality)
            last = quality.until
    return chosen[:12]
