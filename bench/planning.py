"""Planning a day against the bare INSERT … SELECT of the rows it planned."""

import statistics
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from outreach.models import Message, MessageKind, Watermark
from outreach.planning import plan
from surveys.models import Invitation

ROUNDS = 7
_TABLES = {"surveys_invitation": "bench_invitation", "outreach_message": "bench_message"}


def measure(at: datetime) -> dict[str, Any]:
    """Plans everything of the day before `at`, several times over, and inserts the same rows without thinking.

    The scratch tables have the same columns, indexes and references. Leaves the messages of the last round planned.
    """
    known_message, known_invitation = _newest(Message), _newest(Invitation)
    planning: list[float] = []
    bare: list[float] = []
    planned: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table, scratch in _TABLES.items():
            make_scratch(cursor, table, scratch)
    for round_number in range(ROUNDS):
        if round_number:
            _forget(known_message, known_invitation)
        seconds, planned = _timed_plan(at)
        planning.append(seconds)
        bare.append(_bare_insert(known_message, known_invitation))
    with connection.cursor() as cursor:
        for scratch in _TABLES.values():
            cursor.execute(f"DROP TABLE {scratch}")
    return {
        "planned": planned,
        "invitations": Invitation.objects.filter(pk__gt=known_invitation).count(),
        "milliseconds": statistics.median(planning[1:]) * 1000,
        "first_milliseconds": planning[0] * 1000,
        "bare_milliseconds": statistics.median(bare[1:]) * 1000,
    }


def _newest(model: type[Message] | type[Invitation]) -> int:
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _forget(known_message: int, known_invitation: int) -> None:
    """As if the day had never been planned."""
    Message.objects.filter(pk__gt=known_message).delete()
    Invitation.objects.filter(pk__gt=known_invitation).delete()
    Watermark.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE outreach_message, surveys_invitation, outreach_watermark")


def _timed_plan(at: datetime) -> tuple[float, dict[str, int]]:
    began = time.perf_counter()
    planned = plan(at=at)
    return time.perf_counter() - began, planned


def _bare_insert(known_message: int, known_invitation: int) -> float:
    """Seconds to insert the planned rows into tables like theirs, all kinds in one transaction, as planned."""
    invitations = "INSERT INTO bench_invitation SELECT * FROM surveys_invitation WHERE id > %s"
    messages = "INSERT INTO bench_message SELECT * FROM outreach_message WHERE id > %s AND kind = %s"
    with connection.cursor() as cursor:
        began = time.perf_counter()
        with transaction.atomic():
            for kind in MessageKind.values:
                if kind == MessageKind.SURVEY:
                    cursor.execute(invitations, [known_invitation])
                cursor.execute(messages, [known_message, kind])
        seconds = time.perf_counter() - began
        cursor.execute("DELETE FROM bench_message WHERE id > %s", [known_message])
        cursor.execute("DELETE FROM bench_invitation WHERE id > %s", [known_invitation])
        cursor.execute("VACUUM ANALYZE bench_message, bench_invitation")
    return seconds


def make_scratch(cursor: Any, table: str, scratch: str) -> None:
    """A table with the same columns, indexes and references, and the rows that were there before the day."""
    cursor.execute(f"DROP TABLE IF EXISTS {scratch}")
    cursor.execute(f"CREATE TABLE {scratch} (LIKE {table} INCLUDING ALL)")
    cursor.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'", [table]
    )
    for (reference,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {scratch} ADD {reference}")
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [table],
    )
    (columns,) = cursor.fetchone()
    cursor.execute(f"INSERT INTO {scratch} ({columns}) SELECT {columns} FROM {table}")  # noqa: S608 - names of tables
    cursor.execute(f"VACUUM ANALYZE {scratch}")


def next_moment(at: datetime) -> datetime:
    """A quarter of an hour later: what a tick finds when all is planned already."""
    return at + timedelta(minutes=15)


def idle_tick(at: datetime) -> float:
    """Milliseconds of a planner's run that finds nothing new."""
    return statistics.median(_timed_plan(next_moment(at))[0] for _ in range(5)) * 1000
