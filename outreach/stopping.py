"""Stopping what waits because its customer or contact goes, in such a way that it can be set going again."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from outreach.cancelling import UNSENT, cancel
from outreach.models import Message, MessageQuerySet, Sentence, State


def stop(messages: MessageQuerySet, *, reason: str, why: Sentence, at: datetime) -> list[dict[str, Any]]:
    """Cancels those of which nothing has gone out; returns what each was, for `set_going`."""
    waiting = messages.filter(state__in=UNSENT).select_for_update(of=("self",)).order_by("pk")
    before: list[dict[str, Any]] = [{**row} for row in waiting.values("pk", "state", "reason", "detail", "said")]
    found = Message.objects.filter(pk__in=[row["pk"] for row in before])
    cancel(found, reason=reason, why=why, at=at, states=UNSENT)
    return before


def set_going(rows: Iterable[dict[str, Any]], *, reason: str, at: datetime, except_for: Collection[int] = ()) -> int:
    """What was stopped for that reason, and nobody touched since, waits again if it is not too late; returns how many.

    What a worker had in hand is planned.
    """
    number = 0
    for row in rows:
        if row["pk"] not in except_for:
            state = State.PLANNED if row["state"] == State.LEASED else row["state"]
            stopped = Message.objects.filter(pk=row["pk"], state=State.CANCELLED, reason=reason, expires_at__gt=at)
            finished = at if state == State.HELD else None
            number += stopped.update(
                state=state,
                reason=row["reason"],
                detail=row["detail"],
                said=row.get("said"),
                finished_at=finished,
                lease_until=None,
            )
    return number
