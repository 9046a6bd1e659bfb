"""What happened that a survey asks about, and whom: the statements that planning and the preview share."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.models import Company

# Nobody is asked about what is longer ago, so that an imported history asks nobody.
FRESH_FOR = timedelta(days=7)
# So long somebody waits for their turn; a question about what is longer ago would puzzle more than it asks.
PUT_OFF_FOR = timedelta(days=30)
# What was due longer ago, because an occasion had been stopped or no worker ran, is asked as of now.
STILL_ON_TIME = timedelta(days=3)
# Zones are up to 14 hours from UTC, and so the calendar of one of them is a day ahead or behind.
_DAY_OF_ANY_ZONE = timedelta(days=1)

ASKING = """
asking AS MATERIALIZED (
    SELECT o.*, make_interval(hours => o.delay_hours) AS delay,
           ARRAY(SELECT segment_id FROM surveys_occasion_segments chosen WHERE chosen.occasion_id = o.id) AS segment_ids
    FROM surveys_occasion o
    JOIN surveys_survey s ON s.id = o.survey_id
    WHERE o.is_active AND s.is_active AND s.published_id IS NOT NULL
)"""

# The time to ask is counted from the event, but is not before somebody entered it (for a run on a past day: not before
# that run), so it does not depend on a late run.
_LOGGED = """
    SELECT o.id AS occasion_id, i.customer_id, i.contact_id, i.id AS trigger_id, 'interaction:' || i.id AS about,
           i.happened_at, greatest(i.happened_at + o.delay, least(i.created_at, %(at)s)) AS due_at
    FROM interactions_interaction i
    JOIN asking o
      ON (o.kind = 'meeting' AND i.kind IN ('meeting', 'visit')) OR (o.kind = 'purchase' AND i.kind = 'purchase')
    WHERE i.created_at >= %(since)s AND i.created_at < %(until)s
      AND i.happened_at > %(oldest)s AND i.happened_at <= %(at)s AND i.outcome = 'held'
"""
_COMPLAINTS = """
    SELECT o.id, p.customer_id, NULL, NULL, 'complaint:' || p.id, p.resolved_at, p.resolved_at + o.delay
    FROM interactions_complaint p JOIN asking o ON o.kind = 'complaint'
    WHERE p.resolved_at > %(oldest)s AND p.resolved_at <= %(at)s
"""
_LOSSES = """
    SELECT o.id, k.id, NULL, NULL, 'loss:' || k.id || ':' || k.lost_on, day.at, day.at + o.delay
    FROM asking o
    CROSS JOIN LATERAL (
        SELECT id, lost_on, time_zone FROM customers_customer
        WHERE lost_on BETWEEN %(first_day)s AND %(last_day)s OFFSET 0
    ) k
    CROSS JOIN LATERAL (SELECT (k.lost_on + %(hour)s) AT TIME ZONE k.time_zone AS at) day
    WHERE o.kind = 'loss' AND day.at > %(oldest)s AND day.at <= %(at)s
"""
_STARTS = """
    SELECT o.id, k.id, NULL, NULL, 'start:' || k.id, day.at, day.at
    FROM asking o
    JOIN customers_customer k ON k.customer_since BETWEEN %(first_day)s - o.number AND %(last_day)s - o.number
    CROSS JOIN LATERAL (SELECT (k.customer_since + o.number + %(hour)s) AT TIME ZONE k.time_zone AS at) day
    WHERE o.kind = 'start' AND day.at > %(oldest)s AND day.at <= %(at)s
"""
# Counted from the day they became a customer, so that not everybody is asked on the day it begins. A month that is too
# short for that day ends with its last one, hence the three days more.
_REGULAR = """
    SELECT o.id, k.id, NULL, NULL, 'regular:' || k.id || ':' || day.local, day.at, day.at
    FROM asking o
    CROSS JOIN generate_series(1, 600 / greatest(o.number, 1)) AS time
    CROSS JOIN LATERAL (SELECT make_interval(months => time * o.number) AS passed) since
    JOIN customers_customer k
      ON k.customer_since BETWEEN (%(first_day)s - since.passed)::date AND (%(last_day)s - since.passed)::date + 3
    CROSS JOIN LATERAL (SELECT (k.customer_since + since.passed)::date AS local) turn
    CROSS JOIN LATERAL (SELECT turn.local, (turn.local + %(hour)s) AT TIME ZONE k.time_zone AS at) day
    WHERE o.kind = 'regular' AND day.at > %(oldest)s AND day.at <= %(at)s
"""

# OFFSET 0 keeps a part as it is written: nobody is looked for where no survey asks, and each customer is looked up by
# its id instead of all of them beforehand.

# Who may be asked at all; a survey about leaving asks who has left, and no other does.
MAY_BE_ASKED = """
    (k.lost_on IS NULL) = (o.kind <> 'loss') AND NOT k.do_not_contact
    AND c.email <> '' AND c.allows_surveys AND NOT c.do_not_contact AND NOT c.deceased
"""

# The contact to ask is the one who was there, or else the main contact.
NOTICED = f"""
noticed AS (
    SELECT event.occasion_id, event.customer_id, c.id AS contact_id, event.trigger_id, event.about,
           event.happened_at, event.due_at
    FROM ({_LOGGED} UNION ALL {_COMPLAINTS} UNION ALL {_LOSSES} UNION ALL {_STARTS} UNION ALL {_REGULAR}) event
    JOIN asking o ON o.id = event.occasion_id
    CROSS JOIN LATERAL (
        SELECT id, segment_id, lost_on, do_not_contact FROM customers_customer WHERE id = event.customer_id OFFSET 0
    ) k
    JOIN customers_contact c
      ON c.customer_id = k.id AND (c.id = event.contact_id OR (event.contact_id IS NULL AND c.is_primary))
    WHERE (cardinality(o.segment_ids) = 0 OR k.segment_id = ANY(o.segment_ids))
      AND abs(hashtextextended(o.survey_id || ':' || c.id, %(seed)s) %% 100) < o.sample_percent
      AND {MAY_BE_ASKED}
      AND NOT EXISTS (SELECT FROM surveys_queued q WHERE q.occasion_id = o.id AND q.about = event.about)
)"""  # noqa: S608 - all parts stand here


def weighed(rows: str) -> str:
    """SQL: of these rows those who may be asked, each with the moment `send_at` it can be.

    Everybody waits until their cool-down after any survey is over, and until those before them in the queue were asked.
    """
    return f"""
freed AS (
    SELECT row.*, o.survey_id, o.kind,
           row_number() OVER (PARTITION BY row.contact_id ORDER BY row.due_at, row.happened_at, row.id) AS place,
           greatest(row.due_at, (
               SELECT max(other.send_at) + %(cooldown)s FROM surveys_invitation other
               WHERE other.contact_id = row.contact_id AND other.send_at > row.due_at - %(cooldown)s
                 AND other.send_at < greatest(row.due_at, %(at)s) + %(cooldown)s
           )) AS free_at
    FROM ({rows}) row
    JOIN asking o ON o.id = row.occasion_id
    JOIN customers_customer k ON k.id = row.customer_id
    JOIN customers_contact c ON c.id = row.contact_id
    WHERE {MAY_BE_ASKED}
), weighed AS (
    SELECT freed.*,
           CASE WHEN place = 1 THEN free_at
                ELSE greatest(free_at, min(free_at) OVER (PARTITION BY contact_id) + (place - 1) * %(cooldown)s)
           END AS send_at
    FROM freed
)"""  # noqa: S608 - all parts stand here


def parameters(*, since: datetime, until: datetime, at: datetime, company: Company) -> dict[str, Any]:
    """The values of the statements: what was entered from `since` until before `until`, as seen at the moment `at`."""
    oldest = at - FRESH_FOR
    return {
        "since": since,
        "until": until,
        "at": at,
        "oldest": oldest,
        "first_day": (oldest - _DAY_OF_ANY_ZONE).date(),
        "last_day": (at + _DAY_OF_ANY_ZONE).date(),
        "hour": company.greeting_time,
        "seed": _seed(),
        "cooldown": timedelta(days=company.survey_cooldown_days),
        "valid": timedelta(days=company.survey_valid_days),
        "put_off": PUT_OFF_FOR,
        "on_time": STILL_ON_TIME,
    }


def _seed() -> int:
    """What makes the drawing of samples the company's own, and the same every time."""
    digest = salted_hmac("surveys.noticing.sample", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return int.from_bytes(digest[:8], signed=True)
