"""Logging what happened: the interaction, what it changes on the customer, the next step, and what they wish."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from customers.models import Customer, OwnerChange, Trashed
from customers.removing import remove
from interactions.models import ALWAYS_HELD, FollowUp, Interaction, Outcome, Wish
from interactions.scheduling import due_in
from retention_crm.lib import clock


@dataclass(frozen=True)
class Logged:
    """What was logged, whether it was just now, the follow-up it moved, and what taking it back has to put back."""

    interaction: Interaction
    is_new: bool
    moved: FollowUp | None = None
    before: dict[str, str] | None = None


@dataclass(frozen=True)
class Refreshed:
    """A customer's next due day, and the changes of owner the customer is now known to have heard of."""

    next_due_on: date | None
    announced: list[int]


def logged_as(key: UUID | None, *, by: User) -> Interaction | None:
    """What this person logged with that key before; a form that is sent again is answered with it."""
    if key is None:
        return None
    return Interaction.objects.select_related("customer").filter(log_key=key, author=by).first()


def log_once(
    interaction: Interaction,
    *,
    by: User,
    at: datetime,
    next_step: FollowUp | None,
    wish: Wish | None,
    also: Callable[[], object],
) -> Logged:
    """Saves what somebody logged by hand, but no second time under the same `log_key`, also if both come at once.

    What was postponed moves the follow-up that was due, instead of leaving it beside a new one. What `also` does is
    saved with it or not at all.
    """
    before = _before(interaction.customer)
    moved = None
    try:
        with transaction.atomic():
            if interaction.outcome == Outcome.POSTPONED:
                next_step, moved = _postpone(interaction, next_step, by=by, at=at, before=before)
            announced = _record(interaction, at=at, next_step=next_step, wish=wish).announced
            before["untold"] = ",".join(map(str, announced))
            also()
    except IntegrityError:
        first = logged_as(interaction.log_key, by=by)
        if first is None:
            raise
        return Logged(first, is_new=False)
    return Logged(interaction, is_new=True, moved=moved, before=before)


def _before(customer: Customer) -> dict[str, str]:
    return {"snoozed": customer.snoozed_until.isoformat()} if customer.snoozed_until else {}


def _postpone(
    interaction: Interaction, next_step: FollowUp | None, *, by: User, at: datetime, before: dict[str, str]
) -> tuple[FollowUp | None, FollowUp | None]:
    """What is left to be planned, and the follow-up that was moved, if one is due by the end of this person's day."""
    due_at = next_step.due_at if next_step else due_in(1, by, at=at)
    first = due_for(interaction.customer, by, at=at)
    if first is None or (next_step and next_step.is_promise):
        return next_step, None
    before |= {"moved": str(first.pk), "from": first.due_at.isoformat()}
    first.move(due_at)
    return None, first


def due_for(customer: Customer, user: User, *, at: datetime) -> FollowUp | None:
    """What this person should have done for them first, by the end of the day it is for the person."""
    tomorrow = clock.moment(user.today(at) + timedelta(days=1), time(0), user.time_zone)
    due = FollowUp.objects.due_by(tomorrow).filter(customer=customer, assignee=user)
    return due.order_by("due_at", "pk").first()


def follow(interaction: Interaction, title: str, due_at: datetime, *, by: User, at: datetime) -> FollowUp:
    """What follows from a conversation that is logged already; chosen again, it has the new time and stays one."""
    with transaction.atomic():
        Interaction.objects.select_for_update().get(pk=interaction.pk)
        there = interaction.follow_ups.open().filter(origin=FollowUp.Origin.STAFF).first()
        if there:
            there.move(due_at)
            return there
        return FollowUp.objects.create(
            customer=interaction.customer, source=interaction, assignee=by, title=title, due_at=due_at, created_at=at
        )


def take_back(interaction: Interaction, *, before: dict[str, str], by: User, at: datetime) -> Trashed:
    """As if it had not been logged; `before` is what `log_once` found, and may be empty. It lies in the trash then."""
    customer = interaction.customer
    with transaction.atomic():
        if "moved" in before:
            moved = FollowUp.objects.open().filter(pk=before["moved"], customer=customer)
            moved.update(due_at=datetime.fromisoformat(before["from"]))
        trashed = remove(
            interaction,
            name=f"{interaction.get_kind_display()}, {customer.name}",
            by=by,
            at=at,
            customer=customer,
            also=[interaction.follow_ups.open(), Wish.objects.open().filter(interaction=interaction)],
        )
        if "snoozed" in before:
            Customer.objects.filter(pk=customer.pk).update(snoozed_until=before["snoozed"])
        untold = [int(pk) for pk in before.get("untold", "").split(",") if pk]
        OwnerChange.objects.filter(pk__in=untold, customer=customer).update(announced_at=None)
        refresh_touchpoints([customer.pk], at=at)
    return trashed


def record(
    interaction: Interaction, *, at: datetime, next_step: FollowUp | None = None, wish: Wish | None = None
) -> Interaction:
    """Saves an interaction, its follow-up and what was wished for as one; the customer's dates follow at once.

    A back-dated touchpoint moves them only if it is the latest. `at` is the moment of logging; the risk is marked
    stale from then on.
    """
    _record(interaction, at=at, next_step=next_step, wish=wish)
    return interaction


def _record(interaction: Interaction, *, at: datetime, next_step: FollowUp | None, wish: Wish | None) -> Refreshed:
    if interaction.kind in ALWAYS_HELD:
        interaction.outcome, interaction.is_owed = Outcome.HELD, False
    # Whoever has begun a transaction gives up the whole of it if this fails.
    with transaction.atomic(savepoint=False):
        interaction.save()
        if next_step is not None:
            next_step.customer = interaction.customer
            next_step.source = interaction
            next_step.save()
        if wish is not None:
            wish.interaction = interaction
            wish.save()
        refreshed = refresh_touchpoints([interaction.customer_id], at=at)[interaction.customer_id]
    interaction.customer.next_due_on = refreshed.next_due_on
    return refreshed


# Who waited for an answer has it with the next real contact that asks for none; what somebody ticked off stays so.
# The due day by the same rule as CustomerQuerySet.recompute_due; a new touchpoint ends that somebody is put off.
_REFRESH = """
WITH announced AS (
    UPDATE customers_ownerchange o SET announced_at = %(at)s
    WHERE o.customer_id = ANY(%(ids)s) AND o.announced_at IS NULL AND EXISTS (
        SELECT FROM interactions_interaction i JOIN customers_customer k ON k.id = i.customer_id
        WHERE i.customer_id = o.customer_id AND i.is_touchpoint AND i.author_id = k.owner_id
          AND i.happened_at >= date_trunc('minute', o.changed_at)
    )
    RETURNING o.id, o.customer_id
), answered AS (
    UPDATE interactions_interaction asking SET answered_at = answer.at
    FROM interactions_interaction same LEFT JOIN LATERAL (
        SELECT min(i.happened_at) AS at FROM interactions_interaction i
        WHERE i.customer_id = same.customer_id AND (i.happened_at, i.id) > (same.happened_at, same.id)
          AND i.is_touchpoint AND NOT i.is_owed
    ) answer ON true
    WHERE asking.id = same.id AND same.customer_id = ANY(%(ids)s) AND same.is_owed AND same.answered_by_id IS NULL
      AND same.answered_at IS DISTINCT FROM answer.at
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
RETURNING k.id, k.next_due_on,
    ARRAY(SELECT announced.id FROM announced WHERE announced.customer_id = k.id ORDER BY announced.id)
"""


def refresh_touchpoints(customer_ids: list[int], *, at: datetime) -> dict[int, Refreshed]:
    """Sets last touchpoint and next due day of these customers anew from their history, and marks their risk stale.

    A new owner who has been in touch since is known to the customer, and who waited for an answer has had it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, {"ids": customer_ids, "at": at})
        return {pk: Refreshed(due_on, announced) for pk, due_on, announced in cursor.fetchall()}
