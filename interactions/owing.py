"""Answers that are owed: given elsewhere, and how long customers waited for theirs, in working hours."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Company, User
from interactions.logging import refresh_touchpoints
from interactions.models import CareRules, Interaction, InteractionQuerySet
from interactions.records import Gathering, Records
from interactions.steps import Step

_COLUMNS = (
    *("happened_at", "answered_at", "customer__owner_id", "customer__owner__name", "customer__owner__email"),
    *("customer__owner__time_zone", "customer__owner__working_days"),
    *("customer__owner__team_id", "customer__owner__team__name"),
)


def tick_off(interaction: Interaction, *, by: User, at: datetime) -> bool:
    """Notes that they were answered, where no contact says so; whether they waited until then."""
    return bool(Interaction.objects.owed().filter(pk=interaction.pk).update(answered_at=at, answered_by=by))


def take_back_tick(interaction: Interaction, *, at: datetime) -> None:
    """As if nobody had ticked it off: they wait, or were answered by what happened since."""
    Interaction.objects.asking().filter(pk=interaction.pk).update(answered_at=None, answered_by=None)
    refresh_touchpoints([interaction.customer_id], at=at)


@dataclass(frozen=True)
class Waiting:
    """Somebody who waits for an answer: since when in working time, and whether it should have come by now."""

    interaction: Interaction
    worked: timedelta
    is_late: bool


def waiting(owed: list[Interaction], *, at: datetime, company: Company) -> list[Waiting]:
    """How long each waits by the working hours of the customer's owner; both come with the interactions."""
    rules = CareRules.current() if owed else CareRules()
    found = []
    for interaction in owed:
        hours = rules.hours_of(interaction.customer.owner, company)
        worked = hours.between(interaction.happened_at, at)
        found.append(Waiting(interaction, worked, worked > rules.to_reply))
    return found


@dataclass
class Tally:
    """Of some who asked: how many, how many wait, how many of these for too long, and how quickly the others were."""

    number: int = 0
    open: int = 0
    late: int = 0
    answer: Step = field(default_factory=Step)


def answers_given(asking: InteractionQuerySet, *, at: datetime, company: Company) -> Records[Tally]:
    """How quickly these were answered by then, in two queries; each counts for who looks after the customer."""
    rules, gathering = CareRules.current(), Gathering(Tally)
    rows = asking.asking().order_by().values_list(*_COLUMNS)
    for since, answered, owner, name, email, zone, days, team, team_name in rows.iterator(chunk_size=2000):
        hours = rules.hours(days, zone, company)
        by = hours.after(since, rules.to_reply)
        took = hours.between(since, answered) if answered else None
        for tally in gathering.tallies(owner, name or email, team, team_name):
            tally.number += 1
            tally.open += answered is None
            tally.late += answered is None and by < at
            tally.answer.add(by, answered, took, at)
    return gathering.records(lambda tally: tally.number)
