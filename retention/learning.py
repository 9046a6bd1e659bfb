"""What the losses of a time teach: how many for which cause, and what they were worth."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import Lower

from retention.models import Cause, Ending, LossQuerySet

UNKNOWN = "unknown"
SUSPECTED, CONFIRMED, BACK = "suspected", "confirmed", "back"
COMPETITOR = "competitor"
SHOWN_COMPETITORS = 20


@dataclass(frozen=True)
class Tally:
    """How many losses, and what these customers bought in the year before they left."""

    number: int
    value: Decimal


@dataclass(frozen=True)
class CauseTally:
    cause: Cause
    suspected: Tally
    confirmed: Tally


@dataclass(frozen=True)
class Lessons:
    """All losses, those of whom nobody knows why, those who came back, and each cause anybody named."""

    total: Tally
    unknown: Tally
    back: Tally
    causes: list[CauseTally]


def lessons(losses: LossQuerySet) -> Lessons:
    """Of these losses, in one query. What is suspected may be several things at once, so its sum may be more."""
    wanted: dict[str, Q] = {"total": Q(), "unknown": kind(UNKNOWN), "back": kind(BACK)}
    for cause in Cause:
        wanted |= {f"{sure}_{cause}": kind(sure, cause) for sure in (SUSPECTED, CONFIRMED)}
    figures: dict[str, Any] = {}
    for name, chosen in wanted.items():
        figures[f"{name}_number"] = Count("pk", filter=chosen)
        figures[f"{name}_value"] = Sum("value", filter=chosen, default=Decimal(0))
    found = losses.order_by().aggregate(**figures)
    tallies = {name: Tally(found[f"{name}_number"], found[f"{name}_value"]) for name in wanted}
    causes = [CauseTally(cause, tallies[f"{SUSPECTED}_{cause}"], tallies[f"{CONFIRMED}_{cause}"]) for cause in Cause]
    causes = [row for row in causes if row.suspected.number or row.confirmed.number]
    causes.sort(key=lambda row: (-row.confirmed.number, -row.suspected.number, -row.confirmed.value))
    return Lessons(tallies["total"], tallies["unknown"], tallies["back"], causes)


def by_competitor(losses: LossQuerySet) -> list[tuple[str, Tally]]:
    """Whom they went to, as far as it was said, most often first, in one query."""
    named = losses.exclude(competitor="").order_by().values(key=Lower("competitor"))
    found = named.annotate(name=Min("competitor"), number=Count("pk"), total=Sum("value", default=Decimal(0)))
    rows = found.order_by("-number", "-total", "name").values_list("name", "number", "total")
    return [(name, Tally(number, value)) for name, number, value in rows[:SHOWN_COMPETITORS]]


def kind(name: str, cause: str = "") -> Q:
    """Which losses are behind a figure; all of them for a name that is none."""
    if name == COMPETITOR:
        return Q(competitor__iexact=cause)
    if name == UNKNOWN:
        return Q(suspected=[], confirmed="")
    if name == BACK:
        return Q(ending=Ending.WON_BACK)
    if name == SUSPECTED:
        return Q(suspected__contains=[cause])
    return Q(confirmed=cause) if name == CONFIRMED else Q()
