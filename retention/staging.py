"""A history from a file in tables of this transaction, so that the statement of the risk can read it like our own.

Lines in the plainest form go to the database a block at a time without being looked at. Of all other blocks, and of one
that the database does not take, each line is read by itself, as an import reads it.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterable
from datetime import date

from django.db import connection, transaction
from psycopg2 import DataError, IntegrityError

from interactions.event_files import FIRST_YEAR, Block, Event, EventFile, Refusal
from interactions.models import TOUCHPOINT_KINDS, Kind
from retention import rhythm
from retention.ranking import History
from retention_crm.lib import clock

CONTACT_KINDS = {*TOUCHPOINT_KINDS, Kind.PURCHASE}
_LINES_AT_ONCE = 20_000

_LINES = """
CREATE TEMPORARY TABLE backtest_line (
    customer text COLLATE "C" NOT NULL, date date NOT NULL CHECK (date BETWEEN %s AND %s), amount text
) ON COMMIT DROP
"""
_COPY = "COPY backtest_line ({columns}) FROM STDIN WITH (FORMAT csv, DELIMITER '{delimiter}')"
# What is in order already is sorted again in no time, if there is room for it: so each pass over the events groups them
# as they come, where hashing millions of days takes several times as long. All of it is for this transaction only.
_ROOM = "SET LOCAL work_mem = '1GB'; SET LOCAL enable_hashagg = off"
_EVENTS = """
CREATE TEMPORARY TABLE backtest_event ON COMMIT DROP AS
SELECT customer AS customer_id, date AS day FROM backtest_line ORDER BY customer, date;
DROP TABLE backtest_line;
CREATE TEMPORARY TABLE backtest_customer ON COMMIT DROP AS SELECT DISTINCT customer_id AS id FROM backtest_event;
ANALYZE backtest_event, backtest_customer
"""
_SPAN = "SELECT min(day), max(day), (SELECT count(*) FROM backtest_customer) FROM backtest_event"
# In a file there is nothing but contacts on days that are over.
_NOTHING = {
    rhythm.COMPLAINTS: "opened_at, resolved_at, severity",
    rhythm.RESPONSES: "score, answered_at, id",
    rhythm.FOLLOW_UPS: "is_promise, created_at, due_at, done_at",
    rhythm.CONTACTS: "is_champion, left_on",
    rhythm.JUDGEMENTS: "points, is_leaving, made_at, expires_on, ended_at, id",
}
_SOURCES = {
    rhythm.SEGMENTS: "(SELECT id AS customer_id, 'both' AS counts, 0 AS own_horizon FROM backtest_customer)",
    rhythm.CUSTOMERS: "(SELECT id, NULL::date AS lost_on FROM backtest_customer) AS customer",
    rhythm.INTERACTIONS: (
        "(SELECT customer_id, day, TRUE AS is_touchpoint, 'call' AS kind, 'held' AS outcome, NULL::numeric AS amount,"
        " 'infinity'::timestamptz AS happened_at FROM backtest_event) AS event"
    ),
} | {
    table: f"(SELECT customer_id::text, {columns} FROM {table} WHERE FALSE) AS nobody"  # noqa: S608 - constants
    for table, columns in _NOTHING.items()
}


def stage(file: EventFile, *, refuse: Callable[[Refusal], None]) -> History | None:
    """The history in the file; None if there is no contact in it. `refuse` gets every line that is left out.

    To be called in `ranking.alone`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(_LINES, [date(FIRST_YEAR, 1, 1), file.latest])
    for block in file.blocks():
        if not (block.is_plain and _took(file, block)):
            _take(file.lines_of(block), refuse)
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS)
        cursor.execute(_SPAN)
        first, last, customers = cursor.fetchone()
    if not customers:
        return None
    return History(first, last, clock.FALLBACK_ZONE, customers, _SOURCES)


def _took(file: EventFile, block: Block) -> bool:
    """Whether the database takes the block as it stands; it does not if there is a day in it that never was."""
    statement = _COPY.format(columns=file.plain_columns(), delimiter=file.delimiter)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.copy_expert(statement, io.BytesIO(block.raw))
    except (DataError, IntegrityError):
        return False
    return True


def _take(lines: Iterable[Event | Refusal], refuse: Callable[[Refusal], None]) -> None:
    for batch in itertools.batched(lines, _LINES_AT_ONCE):
        rows = io.StringIO()
        writer = csv.writer(rows)
        for line in batch:
            if isinstance(line, Refusal):
                refuse(line)
            elif line.kind in CONTACT_KINDS:
                writer.writerow([line.customer, line.day])
        rows.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(_COPY.format(columns="customer, date", delimiter=","), rows)
