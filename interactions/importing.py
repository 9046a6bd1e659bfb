"""Taking a history over from elsewhere: customers and their events from a file, in batches, once however often."""

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import Company, User
from customers.models import Customer, Segment
from interactions.event_files import Event, Refusal
from interactions.logging import refresh_touchpoints
from retention_crm.lib import text

LONGEST_KEY = 200
# What the key of an event has beside the source and the customer: day, type, amount and number.
_KEY_REST = len("::0000-00-00:purchase:-000000000000.00:0000000")
_STAGED_AT_ONCE = 20_000
_CUSTOMERS_AT_ONCE = 1000

_STAGE = """
DROP TABLE IF EXISTS pg_temp.staged_event;
CREATE TEMPORARY TABLE staged_event (customer text COLLATE "C", day date, kind text, amount numeric) ON COMMIT DROP
"""
_COPY = "COPY staged_event (customer, day, kind, amount) FROM STDIN WITH (FORMAT csv)"
_INDEX = "CREATE INDEX ON staged_event (customer); ANALYZE staged_event"
_NEXT_CUSTOMERS = """
SELECT customer, min(day), count(*) FROM staged_event WHERE customer > %s GROUP BY customer ORDER BY customer LIMIT %s
"""
# A second file may reach further back than the first.
_SINCE = """
UPDATE customers_customer customer SET customer_since = first.since
FROM (SELECT id, min(since) AS since FROM unnest(%s::bigint[], %s::date[]) AS said (id, since) GROUP BY id) first
WHERE customer.id = first.id AND customer_since > first.since
"""
# Only equal events of one day are numbered, so the key of an event does not depend on the order of the file.
_INSERT = """
INSERT INTO interactions_interaction
    (customer_id, kind, outcome, happened_at, day, notes, amount, external_key, created_at)
SELECT customer.id, event.kind, 'held', (event.day + time '12:00') AT TIME ZONE customer.time_zone, event.day, '',
       event.amount,
       concat_ws(':', %(source)s::text, event.customer, event.day::text, event.kind, event.amount::text,
                 row_number() OVER (PARTITION BY event.customer, event.day, event.kind, event.amount)),
       %(at)s
FROM staged_event event
JOIN unnest(%(customers)s::text[], %(pks)s::bigint[]) AS known (customer, pk)
     ON known.customer = event.customer COLLATE "default"
JOIN customers_customer customer ON customer.id = known.pk
WHERE event.customer = ANY(%(customers)s)
ON CONFLICT (external_key) DO NOTHING
"""


@dataclass(frozen=True)
class Destination:
    """Where new customers go: who looks after them and how closely; `source` (no colon) tells origins apart."""

    source: str
    owner: User
    segment: Segment

    @property
    def prefix(self) -> str:
        return f"import:{self.source}:"


@dataclass
class Summary:
    """How many customers and events were created, and what became of the other lines."""

    customers: int = 0
    created: int = 0
    already_there: int = 0
    refused: int = 0


def import_events(
    lines: Iterable[Event | Refusal],
    to: Destination,
    *,
    at: datetime,
    refuse: Callable[[Refusal], None],
    wrote: Callable[[int], None] = lambda _events: None,
) -> Summary:
    """Creates the customers and events that are not there yet; all of them or, if anything fails, none.

    `refuse` gets every line that is left out, `wrote` the number of events of each batch that was written. The
    customers' last touchpoint and next due day follow; their risk is marked stale, and a rebuild is the caller's.
    """
    summary = Summary()
    with transaction.atomic():
        staged = _stage(_usable(lines, to.source, summary, refuse))
        for batch in _batches():
            summary.customers += _create_customers(batch, to, at)
            summary.created += _create_events(batch, to, at)
            wrote(sum(staged_customer.events for staged_customer in batch))
        summary.already_there = staged - summary.created
    return summary


@dataclass(frozen=True)
class _Staged:
    """A customer of the file: its key there, the first day and the number of events."""

    customer: str
    since: date
    events: int


def _usable(
    lines: Iterable[Event | Refusal], source: str, summary: Summary, refuse: Callable[[Refusal], None]
) -> Iterator[Event]:
    longest = LONGEST_KEY - len(source) - _KEY_REST
    for line in lines:
        if isinstance(line, Event) and len(line.customer) > longest:
            line = Refusal(line.line, f"The customer is longer than {longest} characters.", line.customer)
        if isinstance(line, Event):
            yield line
        else:
            summary.refused += 1
            refuse(line)


def _stage(events: Iterator[Event]) -> int:
    """Puts the events into a temporary table, a batch at a time; returns how many there are."""
    staged = 0
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        for batch in itertools.batched(events, _STAGED_AT_ONCE):
            rows = io.StringIO()
            csv.writer(rows).writerows((event.customer, event.day, event.kind.value, event.amount) for event in batch)
            rows.seek(0)
            cursor.copy_expert(_COPY, rows)
            staged += len(batch)
        cursor.execute(_INDEX)
    return staged


def _batches() -> Iterator[list[_Staged]]:
    last = ""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_CUSTOMERS, [last, _CUSTOMERS_AT_ONCE])
            batch = [_Staged(*row) for row in cursor.fetchall()]
        if not batch:
            return
        yield batch
        last = batch[-1].customer


def _create_customers(batch: list[_Staged], to: Destination, at: datetime) -> int:
    """Creates those that are not there, nor were merged into another; returns how many."""
    since = {to.prefix + staged.customer: staged.since for staged in batch}
    known = Customer.objects.known_by(since.keys())
    zone = Company.current().time_zone
    new = [
        Customer(
            name=staged.customer,
            sort_key=text.sort_key(staged.customer)[:400],
            owner=to.owner,
            segment=to.segment,
            time_zone=zone,
            customer_since=staged.since,
            external_key=to.prefix + staged.customer,
            created_at=at,
        )
        for staged in batch
        if to.prefix + staged.customer not in known
    ]
    Customer.objects.bulk_create(new, ignore_conflicts=True)
    known = Customer.objects.known_by(since.keys())
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [list(known.values()), [since[key] for key in known]])
    return len(new)


def _create_events(batch: list[_Staged], to: Destination, at: datetime) -> int:
    """Creates those that are not there and refreshes what depends on them; returns how many."""
    known = Customer.objects.known_by([to.prefix + staged.customer for staged in batch])
    customers = [key.removeprefix(to.prefix) for key in known]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {"source": to.source, "customers": customers, "pks": list(known.values()), "at": at})
        created = int(cursor.rowcount)
    refresh_touchpoints(sorted(set(known.values())), at=at)
    return created
