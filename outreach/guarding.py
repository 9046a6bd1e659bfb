"""Guarding against a ledger that came back from a backup: what was sent after the backup is planned in it again.

Two things tell. The fingerprint of the database kept in the ledger is another than that of the database it lies in now:
it was restored elsewhere, under another name, or to a point in time. Or fewer hand-overs are counted in the ledger than
Valkey, which is no part of the backup, has heard of: the files were put back in place. A Valkey that knows nothing, or
can not be asked, says nothing.
"""

from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from redis import Redis, RedisError

from outreach.models import LedgerPlace

# The name of a segment of the log begins with the timeline, which a restore to a point in time changes.
_TIMELINE = "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)"
_PARTS = (
    ("pg_control_system()", "(SELECT system_identifier::text FROM pg_control_system())"),
    ("pg_walfile_name(pg_lsn)", _TIMELINE),
)
_RAISE = """
if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or 0) then redis.call('SET', KEYS[1], ARGV[1]) end
"""
_PATIENCE = 1.0


def fingerprint() -> str:
    """Names the database server, the database and its timeline, as far as the role may ask for them."""
    parts = _askable()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT oid::text, {parts} FROM pg_database WHERE datname = current_database()")  # noqa: S608
        return ":".join(cursor.fetchone())


@cache
def _askable() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"has_function_privilege('{name}', 'execute')" for name, _sql in _PARTS))
        allowed = cursor.fetchone()
    return ", ".join(sql if may else "'?'" for (_name, sql), may in zip(_PARTS, allowed, strict=True))


def doubt(*, at: datetime) -> str:
    """Why this may not be the ledger that sent last, in words for people; empty if nothing speaks against it."""
    here = fingerprint()
    place = _place(here, at)
    if place.fingerprint != here:
        return _(
            "The ledger lies in another database than the one it sent from last: it was restored from a backup, or "
            "moved. Messages that were sent after the backup may be planned again. Look through the messages that "
            "are waiting, cancel those your mail server has sent already, then start sending."
        )
    return ""


def _place(here: str, at: datetime) -> LedgerPlace:
    """Where the ledger was last seen; here, if it never was anywhere."""
    place = LedgerPlace.objects.filter(pk=1).first()
    if place is None:
        LedgerPlace.objects.bulk_create([LedgerPlace(pk=1, fingerprint=here, seen_at=at)], ignore_conflicts=True)
        place = LedgerPlace.objects.get(pk=1)
    if not place.fingerprint:
        LedgerPlace.objects.filter(pk=1, fingerprint="").update(fingerprint=here)
        place.refresh_from_db()
    return place


def announce(number: int, *, at: datetime) -> str:
    """Counts that many hand-overs before they begin, here and in Valkey; returns the doubt if Valkey knows of more.

    What Valkey knows is asked first, and it is told only of what the ledger has counted: so the ledger's count before
    this one is never below it, whatever other workers announce meanwhile.
    """
    (ledger,) = LedgerPlace.objects.filter(pk=1).values_list("ledger", flat=True)
    known = _mark(str(ledger))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outreach_ledgerplace SET handed_over = handed_over + %s, seen_at = %s RETURNING handed_over",
            [number, at],
        )
        (handed_over,) = cursor.fetchone()
    if known > handed_over - number:
        return _(
            "More mails were sent than the ledger knows of: an older state of the database was put back. Messages that "
            "were sent after the backup may be planned again. Look through the messages that are waiting, cancel "
            "those your mail server has sent already, then start sending."
        )
    _raise_mark(str(ledger), handed_over)
    return ""


def note_success(*, at: datetime) -> None:
    """Remembers when a mail server took a mail last."""
    LedgerPlace.objects.filter(pk=1).update(accepted_at=at)


def accept(*, at: datetime) -> None:
    """From now on the ledger as it is, where it is, counts as the right one."""
    place = _place(fingerprint(), at)
    place.fingerprint, place.seen_at = fingerprint(), at
    place.handed_over = max(place.handed_over, _mark(str(place.ledger)))
    place.save(update_fields=["fingerprint", "seen_at", "handed_over"])


@cache
def _valkey(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)


def _key(ledger: str) -> str:
    return f"retention:handed-over:{ledger}"


def _mark(ledger: str) -> int:
    try:
        return int(_valkey(settings.REDIS_URL).get(_key(ledger)) or 0)
    except (RedisError, ValueError):
        return 0


def _raise_mark(ledger: str, handed_over: int) -> None:
    try:
        _valkey(settings.REDIS_URL).eval(_RAISE, 1, _key(ledger), handed_over)
    except RedisError:
        return
