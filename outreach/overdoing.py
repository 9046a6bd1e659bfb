"""Too much of a good thing: how often a customer heard from us lately, from staff and automatically together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from customers.models import Customer
from interactions.models import TOUCHPOINT_KINDS, Outcome
from outreach.models import CUSTOMER_KINDS

WITHIN = timedelta(days=30)
# Where nobody said what is enough: twice as often as the cadence asks for, and never less than this.
LEAST_ENOUGH = 4
# They heard from us, or saw that we called; what we missed or put off they did not hear.
_REACHED_OUT = (Outcome.HELD, Outcome.NO_ANSWER, Outcome.MISSED_BY_THEM)
# Mails count by when they were due: nothing is sent later than a few days after.
_HEARD = """
SELECT (
    SELECT count(*) FROM interactions_interaction
    WHERE customer_id = k.id AND happened_at > %(since)s AND happened_at <= %(at)s
      AND kind = ANY(%(kinds)s) AND outcome = ANY(%(outcomes)s) AND author_id IS NOT NULL AND NOT is_owed
), (
    SELECT count(*) FROM outreach_message
    WHERE customer_id = k.id AND due_at > %(since)s AND due_at <= %(at)s AND state = 'sent' AND kind = ANY(%(mails)s)
), s.contacts_a_month, coalesce(k.cadence_days, s.cadence_days)
FROM customers_customer k JOIN customers_segment s ON s.id = k.segment_id
WHERE k.id = %(customer)s
"""


@dataclass(frozen=True)
class Heard:
    """How often a customer heard from us within 30 days, and how often is enough."""

    by_staff: int
    automatic: int
    enough: int

    @property
    def total(self) -> int:
        return self.by_staff + self.automatic

    @property
    def is_enough(self) -> bool:
        """Whether the next contact would be one more than is good."""
        return self.total >= self.enough


def heard(customer: Customer, *, at: datetime) -> Heard:
    """In one statement, which the log panel asks each time it opens."""
    values: dict[str, Any] = {
        "customer": customer.pk,
        "since": at - WITHIN,
        "at": at,
        "kinds": [str(kind) for kind in TOUCHPOINT_KINDS],
        "outcomes": [str(outcome) for outcome in _REACHED_OUT],
        "mails": [str(kind) for kind in CUSTOMER_KINDS],
    }
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, values)
        by_staff, automatic, said, cadence = cursor.fetchone()
    return Heard(by_staff, automatic, said or max(LEAST_ENOUGH, -(-2 * WITHIN.days // cadence)))
