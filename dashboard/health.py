"""How the health of a customer moved: the changes that were kept, and a line drawn through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext

from accounts.models import Company
from customers.models import Customer
from retention.models import CustomerRisk, HealthChange, Judgement
from retention.weighing import AT_RISK_BELOW, HEALTHY_FROM
from retention.wording import Line, account_of_then
from retention_crm.lib import clock

SHOWN = 60
# The line covers so many days, drawn so wide and high.
DAYS = 180
WIDTH, HEIGHT = 600, 100


@dataclass(frozen=True)
class Move:
    """One change, and what the score was made of after it."""

    change: HealthChange
    lines: list[Line]

    @property
    def points(self) -> int | None:
        """By how much it moved; None from or to where there was no score."""
        former, now = self.change.former_health, self.change.health
        return None if former is None or now is None else now - former


@dataclass(frozen=True)
class Spark:
    """A line in a box of WIDTH by HEIGHT, best at the top; `bad` and `good` are where the bands end.

    It is broken where there was no score.
    """

    lines: list[str]
    first: date
    last: date
    words: str
    width: int = WIDTH
    height: int = HEIGHT
    bad: int = HEIGHT - AT_RISK_BELOW
    bad_height: int = AT_RISK_BELOW
    good: int = HEIGHT - HEALTHY_FROM


def judgement_of(customer: Customer, company: Company, *, at: datetime) -> Judgement | None:
    """What counts today of what somebody thinks of this customer."""
    today = clock.today(company.time_zone, at)
    return Judgement.objects.in_force(today).filter(customer=customer).select_related("made_by").first()


def moves(customer: Customer, zone: str) -> list[Move]:
    """The latest changes, the newest first; days are those of that zone."""
    rows = list(HealthChange.objects.filter(customer=customer)[:SHOWN])
    return [Move(row, account_of_then(row, on=clock.today(zone, row.changed_at))) for row in rows]


def spark(changes: Sequence[HealthChange], risk: CustomerRisk | None, *, at: datetime, zone: str) -> Spark | None:
    """The line through these changes, the newest first, up to now; None where nothing has moved yet."""
    if risk is None or not changes:
        return None
    begin = at - timedelta(days=DAYS)
    rows = [change for change in reversed(changes) if change.changed_at > begin]
    start = rows[0].former_health if rows else changes[0].health
    steps = [(begin, start), *((row.changed_at, row.health) for row in rows), (at, risk.health)]
    return Spark(
        lines=_lines(steps, begin, at),
        first=clock.today(zone, begin),
        last=clock.today(zone, at),
        words=_finding(start, risk.health),
    )


def _lines(steps: Sequence[tuple[datetime, int | None]], begin: datetime, end: datetime) -> list[str]:
    """Steps as points of lines: level until it moves, then straight up or down."""
    lines: list[list[str]] = [[]]
    known: int | None = None
    for moment, score in steps:
        x = round((moment - begin) / (end - begin) * WIDTH)
        if known is not None:
            lines[-1].append(f"{x},{HEIGHT - known}")
        if score is None:
            lines.append([])
        else:
            lines[-1].append(f"{x},{HEIGHT - score}")
        known = score
    return [" ".join(line) for line in lines if line]


def _finding(start: int | None, now: int | None) -> str:
    """What the line shows, as a sentence."""
    words = {"now": now, "start": start}
    if now is None:
        return gettext("Not enough is known for a score now")
    if start is None:
        return gettext("Now %(now)d of 100") % words
    if now > start:
        return gettext("Up from %(start)d to %(now)d in half a year") % words
    if now < start:
        return gettext("Down from %(start)d to %(now)d in half a year") % words
    return gettext("At %(now)d, as half a year ago") % words
