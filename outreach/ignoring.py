"""Who leaves the morning digest unanswered: two in a row, and nothing logged and nothing done since the first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from accounts.models import User
from retention_crm.lib import clock


@dataclass(frozen=True)
class Ignored:
    """Two digests one after the other to which a person did nothing; sent at these moments."""

    person: int
    team: int | None
    first: datetime
    second: datetime


_ACTIVE = """(
    EXISTS (SELECT FROM interactions_interaction i
            WHERE i.author_id = told.id AND i.created_at > {after} AND i.created_at <= {until})
    OR EXISTS (SELECT FROM interactions_followup f
               WHERE f.done_by_id = told.id AND f.done_at > {after} AND f.done_at <= {until})
)"""
# One that told nothing but news asked for nothing. Of each such time the beginning only: whoever goes on ignoring them
# is named once. Twenty are looked back on.
_IGNORED = f"""
WITH told AS (
    SELECT u.id, u.team_id, sent.first, sent.second, sent.before
    FROM accounts_user u
    CROSS JOIN LATERAL (
        SELECT finished_at AS second,
               lag(finished_at) OVER sequence AS first, lag(finished_at, 2) OVER sequence AS before
        FROM (
            SELECT finished_at FROM outreach_message m
            WHERE m.recipient_id = u.id AND m.kind = 'overdue_digest' AND m.state = 'sent'
              AND m.occasion NOT LIKE 'news:%%'
            ORDER BY m.due_at DESC LIMIT 20
        ) AS digest
        WINDOW sequence AS (ORDER BY finished_at)
    ) sent
    WHERE u.is_active AND sent.first IS NOT NULL AND sent.second <= %(at)s
)
SELECT id, team_id, first, second FROM told
WHERE NOT {_ACTIVE.format(after="first", until="%(at)s")}
  AND (before IS NULL OR {_ACTIVE.format(after="before", until="first")})
ORDER BY id, second
"""  # noqa: S608 - the parts are constants


def ignored_digests(*, at: datetime) -> list[Ignored]:
    """Those of everybody at that moment, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_IGNORED, {"at": at})
        return [Ignored(*row) for row in cursor.fetchall()]


def to_tell(manager: User, ignored: Iterable[Ignored], *, on: date, after: date) -> list[Ignored]:
    """Those of the manager's team (without one, of the company) who were not named yet when last told on `after`.

    A digest counts from the day after it was sent, by the manager's calendar, so that there was a day to act.
    """
    return [
        pair
        for pair in ignored
        if pair.person != manager.pk
        and manager.team_id in {None, pair.team}
        and after <= clock.today(manager.time_zone, pair.second) < on
    ]


def to_tell_instead(manager: User, reader: User, ignored: Iterable[Ignored], *, on: date, after: date) -> list[Ignored]:
    """What the manager, who is away, would be told: only to another manager, and not about that one."""
    return [
        pair for pair in to_tell(manager, ignored, on=on, after=after) if reader.is_manager and pair.person != reader.pk
    ]
