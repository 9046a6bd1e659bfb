"""Jobs that one worker does at a time, on whatever host: whoever comes while another is at it goes away again."""

import enum
from collections.abc import Generator
from contextlib import contextmanager

from django.db import connection

# Any number that no other program locks in the same database; the two together name a job.
_OURS = 0x52435243


class Job(enum.IntEnum):
    REBUILD = 1
    IMPORTS = 2
    SPOTTING = 3
    NOTE_WORDS = 4
    EXPECTING = 5


@contextmanager
def alone(job: Job) -> Generator[bool]:
    """Whether no other connection is inside; kept until the end of the block, not of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_OURS, job])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_OURS, job])


def is_alone(job: Job) -> bool:
    """Whether no other transaction does this; kept until the end of the one it is asked in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_OURS, job])
        return bool(cursor.fetchone()[0])
