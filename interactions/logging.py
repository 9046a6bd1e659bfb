"""Logging what happened: the interaction, what it changes on the customer, the next step, and what they wish."""

from datetime import date, datetime

from django.db import connection, transaction

from interactions.models import ALWAYS_HELD, FollowUp, Interaction, Outcome, Wish


def record(
    interaction: Interaction, *, at: datetime, next_step: FollowUp | None = None, wish: Wish | None = None
) -> Interaction:
    """Saves an interaction, its follow-up and what was wished for as one; the customer's dates follow at once.

    A back-dated touchpoint moves them only if it is the latest. `at` is the moment of logging; the risk is marked
    stale from then on.
    """
    if interaction.kind in ALWAYS_HELD:
        interaction.outcome = Outcome.HELD
    with transaction.atomic():
        interaction.save()
        if next_step is not None:
            next_step.customer = interaction.customer
            next_step.source = interaction
            next_step.save()
        if wish is not None:
            wish.interaction = interaction
            wish.save()
        due_days = refresh_touchpoints([interaction.customer_id], at=at)
    interaction.customer.next_due_on = due_days[interaction.customer_id]
    return interaction


# The due day by the same rule as CustomerQuerySet.recompute_due; a new touchpoint ends that somebody is put off.
_REFRESH = """
WITH announced AS (
    UPDATE customers_ownerchange o SET announced_at = %(at)s
    WHERE o.customer_id = ANY(%(ids)s) AND o.announced_at IS NULL AND EXISTS (
        SELECT FROM interactions_interaction i JOIN customers_customer k ON k.id = i.customer_id
        WHERE i.customer_id = o.customer_id AND i.is_touchpoint AND i.author_id = k.owner_id
          AND i.happened_at >= date_trunc('minute', o.changed_at)
    )
)
UPDATE customers_customer k
SET last_touchpoint_at = latest.happened_at,
    last_touchpoint_on = latest.day,
    next_due_on = greatest(
        coalesce(latest.day, k.customer_since) + coalesce(k.cadence_days, s.cadence_days),
        CASE WHEN latest.happened_at > coalesce(k.last_touchpoint_at, '-infinity') THEN NULL
        ELSE k.snoozed_until - 1 END
    ),
    snoozed_until = CASE WHEN latest.happened_at > coalesce(k.last_touchpoint_at, '-infinity') THEN NULL
                    ELSE k.snoozed_until END,
    risk_stale_since = coalesce(k.risk_stale_since, %(at)s)
FROM customers_customer same
JOIN customers_segment s ON s.id = same.segment_id
LEFT JOIN LATERAL (
    SELECT i.happened_at, i.day FROM interactions_interaction i
    WHERE i.customer_id = same.id AND i.is_touchpoint
    ORDER BY i.happened_at DESC, i.id DESC LIMIT 1
) latest ON true
WHERE k.id = same.id AND k.id = ANY(%(ids)s)
RETURNING k.id, k.next_due_on
"""


def refresh_touchpoints(customer_ids: list[int], *, at: datetime) -> dict[int, date | None]:
    """Sets last touchpoint and next due day of these customers anew from their history, and marks their risk stale.

    A new owner who has been in touch since is known to the customer. Returns the new due day of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, {"ids": customer_ids, "at": at})
        return dict(cursor.fetchall())
