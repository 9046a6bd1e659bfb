"""Cancelling messages nobody wants any more."""

from datetime import datetime

from outreach.models import MessageQuerySet, State

# A message that is being handed over can no longer be called back.
STOPPABLE = (State.PROPOSED, State.PLANNED, State.LEASED)


def cancel(messages: MessageQuerySet, *, reason: str, detail: str, at: datetime) -> int:
    """Cancels those of the messages whose hand-over has not begun; returns how many that were.

    A worker that holds one finds it taken back: handing over begins only from `leased`.
    """
    return messages.filter(state__in=STOPPABLE).update(
        state=State.CANCELLED, reason=reason, detail=detail, finished_at=at, lease_until=None
    )
