"""How the complaints of the demo went: when they were answered, by when they had to be, and what was at fault."""

from datetime import datetime
from decimal import Decimal
from random import Random

from django.db import connection

from accounts.models import Company
from customers.models import Channel
from interactions.models import CareRules, Complaint, FaultIn
from retention_crm.lib.working_hours import WorkingHours

# By what the texts of the demo speak of, the first that fits.
_FAULTS = {
    "nobody": FaultIn.SILENCE,
    "invoice": FaultIn.INVOICE,
    "driver": FaultIn.SERVICE,
    "goods": FaultIn.PRODUCT,
    "deliver": FaultIn.DELIVERY,
    "site": FaultIn.DELIVERY,
}
_CHANNELS = (Channel.PHONE, Channel.PHONE, Channel.EMAIL, Channel.EMAIL, Channel.MESSENGER, Channel.IN_PERSON)
_SHARE_ANSWERED_LATE, _SHARE_WITH_COST = 0.2, 0.15
_COLUMNS = ("opened_at", "resolved_at", "severity", "what", "owner__time_zone", "owner__working_days")
_WRITE = """
UPDATE interactions_complaint c
SET answer_by = n.answer_by, resolve_by = n.resolve_by, answered_at = n.answered_at, channel = n.channel,
    fault_in = n.fault_in, cost = n.cost
FROM unnest(
    %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::numeric[]
) AS n(id, answer_by, resolve_by, answered_at, channel, fault_in, cost)
WHERE c.id = n.id
"""


def deal_with_complaints(seed: int, *, until: datetime) -> None:
    """Gives each complaint its deadlines, most of them an answer in time, and what is put right a fault."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    rules, country = CareRules.current(), Company.current().country
    rows = []
    for pk, opened, resolved, severity, what, zone, days in Complaint.objects.order_by("pk").values_list(
        "pk", *_COLUMNS
    ):
        hours = WorkingHours(rules.works_from, rules.works_until, tuple(days), zone, country)
        to_answer = rules.to_answer(severity)
        took = to_answer * (random.uniform(1, 4) if random.random() < _SHARE_ANSWERED_LATE else random.uniform(0.1, 1))
        answered: datetime | None = hours.after(opened, took)
        if answered and answered > (resolved or until):
            answered = resolved
        fault = next((fault for word, fault in _FAULTS.items() if word in what.lower()), FaultIn.OTHER)
        cost = Decimal(random.randrange(20, 900)) if resolved and random.random() < _SHARE_WITH_COST else None
        rows.append(
            (
                *(pk, hours.after(opened, to_answer), hours.after(opened, rules.to_resolve(severity)), answered),
                *(random.choice(_CHANNELS), fault if resolved else "", cost),
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 7)
