"""What can be done with many customers at once, and how each of it is taken back.

An action is given a batch of customers and tells which it changed, with the id of what was set before, or was made,
where anything was; taking back is given the same and tells which were still as the action had left them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Company, User
from customers import changing, handing_over, labelling
from customers.models import Customer, Segment, Tag
from dashboard.models import BulkChange
from interactions.models import FollowUp
from outreach.taking_back import ask_no_more
from surveys.asking import ask
from surveys.models import Survey

Action = BulkChange.Action
# By customer, the id of what was set before, or of what was made.
type Before = Mapping[int, int | None]
# So long after they were asked for do invitations go out, to think again.
THINK_AGAIN = timedelta(minutes=30)


@dataclass(frozen=True)
class Doing:
    """Both return by customer what was changed; None if what is to be set is gone, so that nothing can be done."""

    do: Callable[[BulkChange, Collection[int], datetime], Before | None]
    take_back: Callable[[BulkChange, Before, datetime], Collection[int]]


def _give(change: BulkChange, ids: Collection[int], at: datetime) -> Before | None:
    to = User.objects.filter(pk=change.parameters["id"], is_active=True).first()
    introduce = bool(change.parameters.get("introduce"))
    return handing_over.give(ids, to=to, by=change.by, at=at, introduce=introduce) if to else None


def _give_back(change: BulkChange, before: Before, at: datetime) -> Collection[int]:
    still = Customer.objects.filter(pk__in=before, owner=change.parameters["id"]).values_list("pk", flat=True)
    back: set[int] = set()
    for owner, ids in _grouped(before, set(still)).items():
        back |= handing_over.give(ids, to=User.objects.get(pk=owner), by=change.by, at=at).keys()
    return back


def _move(change: BulkChange, ids: Collection[int], at: datetime) -> Before | None:
    to = Segment.objects.filter(pk=change.parameters["id"]).first()
    return changing.move_to_segment(ids, to, at=at) if to else None


def _move_back(change: BulkChange, before: Before, at: datetime) -> Collection[int]:
    still = Customer.objects.filter(pk__in=before, segment=change.parameters["id"]).values_list("pk", flat=True)
    groups = _grouped(before, set(still))
    back: set[int] = set()
    for segment in Segment.objects.filter(pk__in=groups):
        back |= changing.move_to_segment(groups[segment.pk], segment, at=at).keys()
    return back


def _mark(change: BulkChange, ids: Collection[int], _at: datetime) -> Before | None:
    tag = Tag.objects.filter(pk=change.parameters["id"]).first()
    return dict.fromkeys(labelling.mark(ids, tag)) if tag else None


def _unmark(change: BulkChange, ids: Collection[int], _at: datetime) -> Before | None:
    tag = Tag.objects.filter(pk=change.parameters["id"]).first()
    return dict.fromkeys(labelling.unmark(ids, tag)) if tag else {}


def _plan(change: BulkChange, ids: Collection[int], at: datetime) -> Before | None:
    customers = Customer.objects.filter(pk__in=ids).order_by("pk")
    planned = [
        FollowUp(
            customer=customer,
            assignee_id=customer.owner_id,
            title=change.parameters["title"],
            due_at=datetime.fromisoformat(change.parameters["due_at"]),
            occasion=_occasion(change, customer.pk),
            created_at=at,
        )
        for customer in customers
    ]
    FollowUp.objects.bulk_create(planned, ignore_conflicts=True)
    return {customer.pk: None for customer in customers}


def _take_out(change: BulkChange, before: Before, _at: datetime) -> Collection[int]:
    """Those that are done, or were put off, are somebody's work by now."""
    untouched = FollowUp.objects.open().filter(
        occasion__in=[_occasion(change, pk) for pk in before],
        title=change.parameters["title"],
        due_at=datetime.fromisoformat(change.parameters["due_at"]),
    )
    found = set(untouched.values_list("customer_id", flat=True))
    untouched.delete()
    return found


def _ask(change: BulkChange, ids: Collection[int], at: datetime) -> Before | None:
    survey = Survey.objects.in_use().filter(pk=change.parameters["id"]).first()
    return ask(ids, survey, send_at=at + THINK_AGAIN, at=at, company=Company.current()) if survey else None


def _ask_no_more(change: BulkChange, before: Before, at: datetime) -> Collection[int]:
    back = ask_no_more([made for made in before.values() if made is not None], at=at)
    return {customer for customer, made in before.items() if made in back}


def _occasion(change: BulkChange, customer_id: int) -> str:
    return f"bulk:{change.pk}:{customer_id}"


def _grouped(before: Before, still: Collection[int]) -> dict[int, set[int]]:
    """The customers that are still as they were left, by what was set before."""
    groups: dict[int, set[int]] = defaultdict(set)
    for pk, former in before.items():
        if former is not None and pk in still:
            groups[former].add(pk)
    return groups


ACTIONS = {
    Action.OWNER: Doing(_give, _give_back),
    Action.SEGMENT: Doing(_move, _move_back),
    Action.ADD_TAG: Doing(_mark, lambda change, before, at: (_unmark(change, before.keys(), at) or {}).keys()),
    Action.REMOVE_TAG: Doing(_unmark, lambda change, before, at: (_mark(change, before.keys(), at) or {}).keys()),
    Action.FOLLOW_UP: Doing(_plan, _take_out),
    Action.SURVEY: Doing(_ask, _ask_no_more),
}
