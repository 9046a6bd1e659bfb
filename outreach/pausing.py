"""Pausing: a time in which nothing is handed over, because it would be in vain or because a person wants it so.

A pause is a row, and the database lets at most one be open; workers that meet the same refusal at once make one. No
message suffers: those under way go back to the plan, due when they were. A pause that began with a refusal ends by
itself: at growing distances one worker tries with a single message, and when the server takes it, all go on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from outreach import guarding
from outreach.models import SendingPause

Cause = SendingPause.Cause
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
# Those only a person ends; they take the place of one that would end by itself.
_FOR_A_PERSON = (Cause.RESTORED, Cause.PERSON)


@dataclass(frozen=True)
class Standing:
    """What a worker asks before anything else: whether there is work, and whether sending is paused."""

    is_due: bool
    is_paused: bool


def standing(*, at: datetime) -> Standing:
    """In one query, so that a tick with nothing to do costs no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT 1 FROM outreach_message WHERE state = 'planned' AND due_at <= %s),
                   EXISTS (SELECT 1 FROM outreach_sendingpause WHERE ended_at IS NULL)
            """,
            [at],
        )
        return Standing(*cursor.fetchone())


def current() -> SendingPause | None:
    """The pause that is open now, if there is one."""
    return SendingPause.objects.filter(ended_at=None).select_related("began_by").first()


def is_paused(*, despite: int = 0) -> bool:
    """Whether a pause is open, other than the one whose id is given."""
    return SendingPause.objects.filter(ended_at=None).exclude(pk=despite).exists()


def begin(cause: Cause, words: str, *, at: datetime, by: User | None = None) -> bool:
    """Opens a pause; false if one is open already that stands. `words` are the server's, or say what to do."""
    with transaction.atomic():
        if cause in _FOR_A_PERSON:
            SendingPause.objects.filter(ended_at=None).exclude(cause__in=_FOR_A_PERSON).update(ended_at=at, ended_by=by)
        pause = SendingPause(cause=cause, words=words[:500], began_at=at, began_by=by)
        pause.try_again_at = None if cause in _FOR_A_PERSON else at + SHORTEST
        # Another worker may open one at this very moment: the database takes the first.
        SendingPause.objects.bulk_create([pause], ignore_conflicts=True)
        return SendingPause.objects.filter(ended_at=None, cause=cause, began_at=at).exists()


def take_probe(*, at: datetime) -> int:
    """The right to try with one message: the pause's id for one worker once its time has come, else 0.

    The next attempt is as far away as the pause is old, at least a minute and at most an hour.
    """
    parameters: dict[str, Any] = {"at": at, "shortest": SHORTEST, "longest": LONGEST}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outreach_sendingpause
            SET try_again_at = %(at)s + least(%(longest)s, greatest(%(shortest)s, %(at)s - began_at))
            WHERE ended_at IS NULL AND try_again_at <= %(at)s
            RETURNING id
            """,
            parameters,
        )
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def succeed(probe: int, *, at: datetime) -> None:
    """The server took the message that was tried: the pause is over."""
    SendingPause.objects.filter(pk=probe, ended_at=None).update(ended_at=at)


def try_again_now(*, at: datetime) -> bool:
    """Makes the next tick try, whatever distance had been reached; false where only starting helps."""
    return bool(SendingPause.objects.filter(ended_at=None, try_again_at__isnull=False).update(try_again_at=at))


def start(by: User, *, at: datetime, shown: int | None = None) -> bool:
    """A person ends the pause; a database that was not recognized counts as the right one from now on.

    `shown` is the id of the pause the person has read about; false if it is not the one that is open.
    """
    with transaction.atomic():
        wanted = {} if shown is None else {"pk": shown}
        pause = SendingPause.objects.select_for_update().filter(ended_at=None, **wanted).first()
        if pause is None:
            return False
        if pause.cause == Cause.RESTORED:
            guarding.accept(at=at)
        pause.ended_at, pause.ended_by = at, by
        pause.save(update_fields=["ended_at", "ended_by"])
        return True
