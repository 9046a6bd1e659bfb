"""Deciding who is asked: what an occasion is about is queued, and invited as soon as it is not too soon."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Company
from surveys.models import Survey
from surveys.noticing import ASKING, NOTICED, parameters, weighed

# An invitation is made that long before it goes out, so that everyone can see what will go out tomorrow.
AHEAD = timedelta(hours=36)

# Held to the end of the transaction: the cool-down looks at rows another planner may be about to write.
_ONE_PLANNER_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('surveys.planning.invite', 0))"

_QUEUE = f"""
WITH {ASKING}, {NOTICED}
INSERT INTO surveys_queued (occasion_id, customer_id, contact_id, trigger_id, about, happened_at, due_at, created_at)
SELECT occasion_id, customer_id, contact_id, trigger_id, about, happened_at, due_at, %(at)s
FROM noticed
ORDER BY due_at, happened_at, trigger_id, about
ON CONFLICT DO NOTHING
"""  # noqa: S608 - all parts stand here

# Those whose turn comes in time are invited; who would be asked too late is given up. Of each contact the row that is
# first goes alone, so that the next run sees its invitation.
_OPEN = "SELECT * FROM surveys_queued WHERE invitation_id IS NULL AND given_up_at IS NULL"
_INVITE = f"""
WITH {ASKING}, {weighed(_OPEN)}, late AS (
    UPDATE surveys_queued q SET given_up_at = %(at)s
    FROM (
        SELECT id FROM weighed WHERE send_at > due_at + %(put_off)s
        UNION
        SELECT id FROM ({_OPEN}) AS open WHERE due_at < %(at)s - %(put_off)s
    ) AS passed
    WHERE q.id = passed.id
), chosen AS (
    SELECT weighed.*, CASE WHEN send_at < %(at)s - %(on_time)s THEN %(at)s ELSE send_at END AS goes_at
    FROM weighed
    WHERE place = 1 AND send_at <= %(at)s + %(ahead)s AND greatest(send_at, %(at)s) <= due_at + %(put_off)s
), made AS (
    INSERT INTO surveys_invitation
        (survey_id, customer_id, contact_id, trigger_id, occasion_id, nonce, send_at, expires_at, created_at)
    SELECT survey_id, customer_id, contact_id, trigger_id, occasion_id, replace(gen_random_uuid()::text, '-', ''),
           goes_at, goes_at + %(valid)s, %(at)s
    FROM chosen
    ON CONFLICT DO NOTHING
    RETURNING id, contact_id
)
UPDATE surveys_queued q SET invitation_id = made.id
FROM chosen JOIN made ON made.contact_id = chosen.contact_id
WHERE q.id = chosen.id
"""  # noqa: S608 - all parts stand here


def invite(*, since: datetime, until: datetime, at: datetime, company: Company) -> int:
    """Invites the contacts behind what was entered from `since` until before `until`, behind days that came, and those
    whose turn it is in the queue; returns how many were invited.

    `at` is the moment of planning; windows may overlap, run late or run twice without asking anybody twice.
    """
    if not Survey.objects.asking().exists():
        return 0
    values = parameters(since=since, until=until, at=at, company=company) | {"ahead": AHEAD}
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        one_planner_at_a_time(cursor)
        cursor.execute(_QUEUE, values)
        cursor.execute(_INVITE, values)
        return int(cursor.rowcount)


def one_planner_at_a_time(cursor: CursorWrapper) -> None:
    """Whoever invites waits for whoever else does, to the end of the transaction."""
    cursor.execute(_ONE_PLANNER_AT_A_TIME)
