"""Deciding who is asked: one invitation for a meeting held or a purchase made, and none too soon after another."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Company
from interactions.models import Kind, Outcome
from surveys.models import Survey

# Nobody is asked about what is longer ago, so that an imported history asks nobody.
FRESH_FOR = timedelta(days=7)

# Held to the end of the transaction: the cool-down looks at rows another planner may be about to write.
_ONE_PLANNER_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('surveys.planning.invite', 0))"

# The sub-select finds the events to ask about, each with the contact to ask: the one who was there, or else the main
# contact. DISTINCT ON keeps the earliest event of each contact. The time to ask is counted from the event, but is not
# before somebody entered it (for a run on a past day: not before that run), so it does not depend on a late run.
_INVITE = """
INSERT INTO surveys_invitation
    (survey_id, customer_id, contact_id, trigger_id, nonce, send_at, expires_at, created_at)
SELECT %(survey)s, event.customer_id, event.contact_id, event.id,
       replace(gen_random_uuid()::text, '-', ''), event.send_at, event.send_at + %(valid)s, %(at)s
FROM (
    SELECT DISTINCT ON (contact.id)
           interaction.id, interaction.customer_id, contact.id AS contact_id, timing.send_at
    FROM interactions_interaction AS interaction
    JOIN customers_customer AS customer ON customer.id = interaction.customer_id
    JOIN customers_contact AS contact
      ON contact.customer_id = customer.id
     AND (contact.id = interaction.contact_id OR (interaction.contact_id IS NULL AND contact.is_primary))
    CROSS JOIN LATERAL (
        SELECT greatest(interaction.happened_at + %(delay)s, least(interaction.created_at, %(at)s)) AS send_at
    ) AS timing
    WHERE interaction.created_at >= %(since)s AND interaction.created_at < %(until)s
      AND interaction.happened_at > %(oldest)s AND interaction.happened_at <= %(at)s
      AND interaction.kind = ANY(%(kinds)s) AND interaction.outcome = %(held)s
      AND customer.lost_on IS NULL AND NOT customer.do_not_contact
      AND contact.email <> '' AND contact.allows_surveys AND NOT contact.do_not_contact AND NOT contact.deceased
      AND NOT EXISTS (
          SELECT FROM surveys_invitation AS other
          WHERE other.contact_id = contact.id
            AND other.send_at > timing.send_at - %(cooldown)s AND other.send_at < timing.send_at + %(cooldown)s
      )
    ORDER BY contact.id, interaction.happened_at, interaction.id
) AS event
ON CONFLICT DO NOTHING
"""


def invite(*, since: datetime, until: datetime, at: datetime, company: Company) -> int:
    """Invites the contacts behind what was entered from `since` until before `until`; returns how many were invited.

    `at` is the moment of planning; windows may overlap, run late or run twice without asking anybody twice.
    """
    survey = Survey.objects.for_invitations()
    kinds = _kinds_that_ask(company)
    if survey is None or not kinds:
        return 0
    parameters: dict[str, Any] = {
        "survey": survey.pk,
        "kinds": kinds,
        "held": Outcome.HELD,
        "since": since,
        "until": until,
        "at": at,
        "oldest": at - FRESH_FOR,
        "delay": timedelta(hours=company.survey_delay_hours),
        "valid": timedelta(days=company.survey_valid_days),
        "cooldown": timedelta(days=company.survey_cooldown_days),
    }
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        one_planner_at_a_time(cursor)
        cursor.execute(_INVITE, parameters)
        return int(cursor.rowcount)


def one_planner_at_a_time(cursor: CursorWrapper) -> None:
    """Whoever invites waits for whoever else does, to the end of the transaction."""
    cursor.execute(_ONE_PLANNER_AT_A_TIME)


def _kinds_that_ask(company: Company) -> list[str]:
    kinds: list[str] = []
    if company.survey_after_meeting:
        kinds += [Kind.MEETING, Kind.VISIT]
    if company.survey_after_purchase:
        kinds.append(Kind.PURCHASE)
    return kinds
