"""Changing many customers at once: begun with a request, gone on with by any worker, taken back by a click.

The rows say what is done. Two workers at once take turns, a batch each in its own transaction; whatever dies in between
leaves whole batches.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Min

from accounts.models import User
from customers.models import Customer, CustomerQuerySet
from dashboard.bulk_actions import ACTIONS, Before
from dashboard.models import BulkChange, BulkRow
from interactions.models import FollowUp
from outreach.models import NotificationKind
from outreach.notifying import News, notify

BATCH = 1000
State = BulkRow.State
_CHANGED = """
UPDATE dashboard_bulkrow r SET state = 'changed', before = found.before
FROM unnest(%(ids)s::bigint[], %(before)s::bigint[]) AS found (customer, before)
WHERE r.change_id = %(change)s AND r.customer_id = found.customer
"""


def begin(
    customers: CustomerQuerySet, *, action: str, parameters: dict[str, Any], words: str, by: User, at: datetime
) -> BulkChange:
    """Notes what is to be done with which customers; nothing is done yet. Only whom the person may change is taken."""
    rows, values = customers.editable_by(by).order_by().values("pk").query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        change = BulkChange.objects.create(action=action, parameters=parameters, words=words[:300], by=by, made_at=at)
        cursor.execute(
            f"INSERT INTO dashboard_bulkrow (change_id, customer_id) SELECT %s, found.* FROM ({rows}) AS found",  # noqa: S608
            [change.pk, *values],
        )
    return change


def go_on(change: BulkChange, *, at: datetime) -> int:
    """Does one batch, or takes one back; returns how many customers it took, 0 when it is through.

    Whom somebody may not change any more, because the customer was given away meanwhile, is left alone.
    """
    with transaction.atomic():
        # Asking to undo waits for the batch, and the next batch sees it.
        change = BulkChange.objects.select_for_update(no_key=True, of=("self",)).select_related("by").get(pk=change.pk)
        if not change.is_under_way:
            return 0
        is_undone = change.undo_asked_at is not None
        wanted = State.CHANGED if is_undone else State.WAITING
        taken = dict(_take(change, wanted))
        if taken:
            (_undo if is_undone else _do)(change, taken, at)
        else:
            _finish(change, at)
        return len(taken)


def ask_to_undo(change: BulkChange, *, at: datetime) -> bool:
    """What was changed will be as it was before; what still waits stays as it is. False if it is too late."""
    with transaction.atomic():
        change = BulkChange.objects.select_for_update(no_key=True).get(pk=change.pk)
        if not change.may_be_undone(at):
            return False
        change.undo_asked_at = at
        change.save(update_fields=["undo_asked_at"])
        change.rows.filter(state=State.WAITING).update(state=State.TAKEN_BACK)
        return True


def _take(change: BulkChange, state: str) -> Collection[tuple[int, int | None]]:
    rows = change.rows.filter(state=state).order_by("pk")
    return list(rows.values_list("customer_id", "before")[:BATCH])


def _do(change: BulkChange, taken: Before, at: datetime) -> None:
    allowed = Customer.objects.filter(pk__in=taken).pks_editable_by(change.by, list(taken))
    changed = ACTIONS[BulkChange.Action(change.action)].do(change, allowed, at)
    if changed is None:
        changed, allowed = {}, set()
    rows = change.rows.filter(customer__in=taken)
    rows.exclude(customer__in=allowed).update(state=State.REFUSED)
    rows.filter(customer__in=allowed - changed.keys()).update(state=State.SAME)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"change": change.pk, "ids": list(changed), "before": list(changed.values())})


def _undo(change: BulkChange, taken: Before, at: datetime) -> None:
    back = ACTIONS[BulkChange.Action(change.action)].take_back(change, taken, at)
    rows = change.rows.filter(customer__in=taken, state=State.CHANGED)
    rows.filter(customer__in=back).update(state=State.TAKEN_BACK)
    rows.filter(state=State.CHANGED).update(state=State.KEPT)


def _finish(change: BulkChange, at: datetime) -> None:
    name = "undone_at" if change.undo_asked_at else "finished_at"
    setattr(change, name, at)
    change.save(update_fields=[name])
    notify(_news(change), at=at)


def _news(change: BulkChange) -> Iterator[News]:
    """Whoever began it hears that it is through, and each colleague how many tasks came of it."""
    is_undone = change.undo_asked_at is not None
    number = change.rows.filter(state=State.TAKEN_BACK if is_undone else State.CHANGED).count()
    end = f"{NotificationKind.FINISHED}:bulk:{change.pk}:{'undone' if is_undone else 'done'}"
    yield News(NotificationKind.FINISHED, end, change.by_id, number=number, words=change.words)
    if is_undone or change.action != BulkChange.Action.FOLLOW_UP:
        return
    tasks = FollowUp.objects.open().filter(occasion__startswith=f"bulk:{change.pk}:").exclude(assignee=change.by_id)
    given = tasks.values("assignee").annotate(number=Count("pk"), first=Min("customer")).order_by("assignee")
    for row in given:
        yield News(
            NotificationKind.FOLLOW_UP,
            f"{NotificationKind.FOLLOW_UP}:bulk:{change.pk}:{row['assignee']}",
            row["assignee"],
            customer_id=row["first"] if row["number"] == 1 else None,
            by_id=change.by_id,
            number=row["number"],
            words=change.parameters["title"],
        )
