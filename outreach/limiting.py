"""Limits: so many mails in a minute, in all and to one domain, over all workers on all hosts.

Buckets of tokens in PostgreSQL. There the row's lock makes each grant exact, the clock is one for all hosts, and
nothing is forgotten when Valkey is emptied; a mail that is limited can afford a statement. A bucket holds a sixth of
the limit and is filled so slowly that in no minute, whenever it begins, more than the limit are granted.

Nobody sleeps: what is over the limit is given back and has its turn later.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import Company

# What is put off waits at most so long, so that a higher limit soon tells.
LONGEST = timedelta(hours=1)
ALL = "*"

_FILLED = "least(%(most)s, tokens + %(rate)s * greatest(0, extract(epoch FROM clock_timestamp() - filled_at)::float8))"
# Where a clock was set back, `filled_at` lies ahead; it is set right with every statement that asks for tokens in vain.
_TAKE = (
    f"UPDATE outreach_pace SET tokens = {_FILLED} - 1, filled_at = clock_timestamp() "  # noqa: S608
    f"WHERE key = %(key)s AND {_FILLED} >= 1"
)
_TOKENS = f"SELECT floor({_FILLED})::int FROM outreach_pace WHERE key = %(key)s"  # noqa: S608
_PUT_OFF = f"""
UPDATE outreach_pace
SET tokens = {_FILLED}, filled_at = clock_timestamp(),
    turn_at = least(clock_timestamp() + %(longest)s,
                    greatest(turn_at, clock_timestamp()) + make_interval(secs => 1 / %(rate)s))
WHERE key = %(key)s RETURNING turn_at - clock_timestamp()
"""  # noqa: S608
_OPEN = """
INSERT INTO outreach_pace (key, tokens, filled_at, turn_at)
VALUES (%(key)s, %(most)s, clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING
"""


class Exhausted(Exception):
    """No more mails at all for the moment."""


class Limiter:
    """Grants mails within the limits of the company."""

    def __init__(self, company: Company) -> None:
        self._in_all = _bucket(ALL, company.mails_per_minute)
        self._per_domain = company.mails_per_domain_per_minute

    def room(self, wanted: int) -> int:
        """How many of so many mails it makes sense to begin with; asks only where there is a limit."""
        if not self._in_all:
            return wanted
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, self._in_all)
            cursor.execute(_TOKENS, self._in_all)
            (tokens,) = cursor.fetchone()
        if tokens < 1:
            _put_off(self._in_all)
        return min(wanted, int(tokens))

    def take(self, address: str, *, at: datetime) -> datetime | None:
        """None if a mail may go to the address now, else when it has its turn; raises Exhausted if none may go."""
        domain = _bucket(address.rpartition("@")[2].lower(), self._per_domain)
        if domain and not _take(domain):
            return at + _put_off(domain)
        if self._in_all and not _take(self._in_all):
            if domain:
                _give_back(domain)
            raise Exhausted
        return None


def _bucket(key: str, limit: int) -> dict[str, Any]:
    """The bucket of that key with its size and its tokens a second; empty if there is no limit."""
    if not limit:
        return {}
    most = max(1, limit // 6)
    # Less than limit - most + 1 in a minute, and at most `most` before it: never more than the limit.
    return {"key": key[:255], "most": float(most), "rate": (limit - most + 1) / 60, "longest": LONGEST}


def _take(bucket: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, bucket)
        if cursor.rowcount == 0:
            cursor.execute(_OPEN, bucket)
            if cursor.rowcount:
                cursor.execute(_TAKE, bucket)
        return bool(cursor.rowcount)


def _put_off(bucket: dict[str, Any]) -> timedelta:
    with connection.cursor() as cursor:
        cursor.execute(_PUT_OFF, bucket)
        wait: timedelta = cursor.fetchone()[0]
        return max(timedelta(0), wait)


def _give_back(bucket: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outreach_pace SET tokens = least(%(most)s, tokens + 1) WHERE key = %(key)s", bucket)
