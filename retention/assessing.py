"""What the history says of a relationship beside its risk: four qualities and reliability, each by itself, no sum.

All of it is found by one statement; a year is the last 365 days.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from customers.models import Customer
from retention_crm.lib import clock

YEAR = timedelta(days=365)
# So long may a wish wait for an answer.
WISH_WAITS = timedelta(days=30)
# Of what was agreed, or expected, so much is good.
GOOD_SHARE = 0.8
GOOD_PROMISES = 0.9
REACHED_SHARE = 0.5

_FACTS = """
SELECT * FROM (
    SELECT count(*) FILTER (WHERE state NOT IN ('done', 'declined')) AS wishes_open,
           min(said_at) FILTER (WHERE state NOT IN ('done', 'declined')) AS wish_since,
           (array_agg(id ORDER BY said_at, id) FILTER (WHERE state NOT IN ('done', 'declined')))[1] AS wish,
           count(*) FILTER (WHERE state IN ('done', 'declined') AND decided_at >= %(since)s) AS wishes_answered,
           count(*) FILTER (WHERE said_at >= %(since)s) AS wishes_told
    FROM interactions_wish WHERE customer_id = %(customer)s AND said_at <= %(at)s
) AS wish, (
    SELECT count(*) FILTER (WHERE resolved_at IS NULL) AS complaints_open,
           (array_agg(id ORDER BY severity DESC, opened_at, id) FILTER (WHERE resolved_at IS NULL))[1] AS complaint,
           count(*) FILTER (WHERE resolved_at >= %(since)s) AS complaints_resolved
    FROM interactions_complaint WHERE customer_id = %(customer)s AND opened_at <= %(at)s
) AS complaint, (
    SELECT count(*) FILTER (WHERE done_at <= due_at AND due_at >= %(since)s) AS promises_kept,
           count(*) FILTER (WHERE done_at > due_at AND due_at >= %(since)s) AS promises_late,
           count(*) FILTER (WHERE done_at IS NULL AND due_at < %(at)s) AS promises_overdue,
           min(due_at) FILTER (WHERE done_at IS NULL AND due_at < %(at)s) AS overdue_since
    FROM interactions_followup WHERE customer_id = %(customer)s AND is_promise AND created_at <= %(at)s
) AS promise, (
    SELECT count(*) FILTER (WHERE kind = 'purchase' AND day > %(year_ago)s) AS purchases,
           max(day) FILTER (WHERE kind = 'purchase') AS last_purchase,
           count(*) FILTER (WHERE kind = 'gesture' AND day > %(year_ago)s) AS gestures,
           max(day) FILTER (WHERE kind = 'gesture') AS last_gesture,
           count(*) FILTER (WHERE is_touchpoint AND day > %(year_ago)s) AS talks,
           count(*) FILTER (WHERE is_touchpoint AND kind IN ('meeting', 'visit') AND day > %(year_ago)s) AS meetings,
           max(day) FILTER (WHERE is_touchpoint AND kind IN ('meeting', 'visit')) AS last_meeting,
           count(DISTINCT contact_id) FILTER (
               WHERE is_touchpoint AND kind IN ('meeting', 'visit') AND day > %(year_ago)s) AS people_met,
           count(*) FILTER (WHERE kind = 'referral') AS referrals,
           count(*) FILTER (WHERE outcome IN ('no_answer', 'missed_by_them') AND day > %(year_ago)s) AS tries,
           count(*) FILTER (WHERE outcome = 'missed_by_us' AND day > %(year_ago)s) AS missed_by_us
    FROM interactions_interaction WHERE customer_id = %(customer)s AND happened_at <= %(at)s
) AS interaction, (
    SELECT count(*) FILTER (WHERE kind = 'thank_you') AS thanks,
           count(*) FILTER (WHERE kind IN ('birthday', 'anniversary', 'event')) AS greetings
    FROM outreach_message
    WHERE customer_id = %(customer)s AND state = 'sent' AND finished_at >= %(since)s AND finished_at <= %(at)s
) AS message, (
    SELECT count(*) AS asked FROM surveys_invitation
    WHERE customer_id = %(customer)s AND revoked_at IS NULL AND send_at >= %(since)s AND send_at <= %(at)s
      AND NOT answered_in_confidence
) AS invitation, (
    -- Of those who have answered once: whose last two invitations of a week ago and before are without an answer.
    SELECT count(*) AS fell_silent FROM customers_contact c
    WHERE c.customer_id = %(customer)s
      AND EXISTS (SELECT FROM surveys_response r WHERE r.contact_id = c.id AND r.answered_at <= %(at)s)
      AND 2 = (
          SELECT count(*) FROM (
              SELECT v.answered_in_confidence OR EXISTS (
                  SELECT FROM surveys_response r WHERE r.invitation_id = v.id AND r.answered_at <= %(at)s
              ) AS is_answered
              FROM surveys_invitation v
              WHERE v.contact_id = c.id AND v.revoked_at IS NULL AND v.send_at <= %(at)s - interval '7 days'
              ORDER BY v.send_at DESC LIMIT 2
          ) AS latest WHERE NOT is_answered
      )
) AS silence, (
    SELECT count(*) AS answered, max(answered_at) AS last_answer FROM surveys_response
    WHERE customer_id = %(customer)s AND answered_at >= %(since)s AND answered_at <= %(at)s
) AS response
"""


class State(StrEnum):
    GOOD = "good"
    BETTER = "better"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Facts:
    """What is known of one customer; counts are of the last year but for what is open, ids are of the first to do."""

    wishes_open: int
    wish_since: datetime | None
    wish: int | None
    wishes_answered: int
    wishes_told: int
    complaints_open: int
    complaint: int | None
    complaints_resolved: int
    promises_kept: int
    promises_late: int
    promises_overdue: int
    overdue_since: datetime | None
    purchases: int
    last_purchase: date | None
    gestures: int
    last_gesture: date | None
    talks: int
    meetings: int
    last_meeting: date | None
    people_met: int
    referrals: int
    tries: int
    missed_by_us: int
    thanks: int
    greetings: int
    asked: int
    fell_silent: int
    answered: int
    last_answer: datetime | None

    @property
    def promises_due(self) -> int:
        return self.promises_kept + self.promises_late + self.promises_overdue

    def needs_met(self, at: datetime) -> State:
        """Theirs, by what they wished and complained of; ours, by what they buy."""
        if self.complaints_open or (self.wish_since and self.wish_since < at - WISH_WAITS):
            return State.BETTER
        if self.last_purchase and not self.purchases:
            return State.BETTER
        known = self.purchases or self.wishes_answered or self.wishes_open or self.complaints_resolved
        return State.GOOD if known else State.UNKNOWN

    def appreciated(self, *, known_days: int) -> State:
        """Whether they were given or thanked for anything; who has been with us for half a year should have been."""
        if self.gestures or self.thanks or self.greetings:
            return State.GOOD
        return State.BETTER if known_days > YEAR.days / 2 else State.UNKNOWN

    def open_to_us(self) -> State:
        """Whether they answer, and tell what they think."""
        tried = self.talks + self.tries
        if self.fell_silent or (self.asked and not self.answered) or (tried and self.talks < tried * REACHED_SHARE):
            return State.BETTER
        return State.GOOD if self.answered or self.wishes_told else State.UNKNOWN

    def time_together(self, *, cadence: int, known_days: int) -> State:
        """Conversations beside those the cadence asks for."""
        expected = min(known_days, YEAR.days) / cadence
        if expected < 1 and not self.talks:
            return State.UNKNOWN
        return State.GOOD if self.talks >= expected * GOOD_SHARE and self.talks else State.BETTER

    def reliable(self) -> State:
        """What we promised and agreed on."""
        if self.promises_overdue or self.missed_by_us:
            return State.BETTER
        if not self.promises_due:
            return State.UNKNOWN
        return State.GOOD if self.promises_kept >= self.promises_due * GOOD_PROMISES else State.BETTER


_NAMES = [field.name for field in fields(Facts)]


def facts(customer: Customer, *, at: datetime) -> Facts:
    """In one query."""
    year_ago = customer.today(at) - YEAR
    known: dict[str, Any] = {
        "customer": customer.pk,
        "at": at,
        "year_ago": year_ago,
        "since": clock.day_bounds(year_ago + timedelta(days=1), customer.time_zone)[0],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, known)
        row: tuple[Any, ...] = cursor.fetchone()
    return Facts(**dict(zip(_NAMES, row, strict=True)))
