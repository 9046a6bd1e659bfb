"""How quickly complaints were answered and put right, by person and team in working hours, and what was at fault."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Company
from interactions.models import CareRules, ComplaintQuerySet
from interactions.records import Gathering, Records
from interactions.steps import Step
from retention_crm.lib.working_hours import WorkingHours

_COLUMNS = (
    *("opened_at", "reopened_at", "answer_by", "answered_at", "resolve_by", "resolved_at", "escalated_at"),
    *("fault_in", "cost", "owner_id", "owner__name", "owner__email", "owner__time_zone", "owner__working_days"),
    *("owner__team_id", "owner__team__name"),
)


@dataclass
class Tally:
    """Of some complaints: how many, how many are open, late or escalated, the two steps, and what they cost."""

    number: int = 0
    open: int = 0
    late: int = 0
    escalated: int = 0
    answer: Step = field(default_factory=Step)
    right: Step = field(default_factory=Step)
    faults: Counter[str] = field(default_factory=Counter)
    cost: Decimal = Decimal(0)


def complaints_put_right(complaints: ComplaintQuerySet, *, at: datetime, company: Company) -> Records[Tally]:
    """What became of these complaints by then, in two queries; each counts for whoever has it in hand."""
    rules, gathering = CareRules.current(), Gathering(Tally)
    for values in complaints.order_by().values_list(*_COLUMNS).iterator(chunk_size=2000):
        row = dict(zip(_COLUMNS, values, strict=True))
        hours = rules.hours(row["owner__working_days"], row["owner__time_zone"], company)
        name = row["owner__name"] or row["owner__email"]
        _count(
            row, hours, gathering.tallies(row["owner_id"], name, row["owner__team_id"], row["owner__team__name"]), at
        )
    return gathering.records(lambda tally: tally.number)


def _count(row: dict[str, Any], hours: WorkingHours, tallies: list[Tally], at: datetime) -> None:
    opened, answered, resolved = row["opened_at"], row["answered_at"], row["resolved_at"]
    to_answer = hours.between(row["reopened_at"] or opened, answered) if answered else None
    to_resolve = hours.between(opened, resolved) if resolved else None
    due_by = None if resolved else row["resolve_by"] if answered else row["answer_by"]
    for tally in tallies:
        tally.number += 1
        tally.open += resolved is None
        tally.late += due_by is not None and due_by < at
        tally.escalated += row["escalated_at"] is not None
        tally.answer.add(row["answer_by"], answered, to_answer, at)
        tally.right.add(row["resolve_by"], resolved, to_resolve, at)
        tally.cost += row["cost"] or 0
        if resolved:
            tally.faults[row["fault_in"]] += 1
