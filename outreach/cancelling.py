"""Cancelling messages nobody wants any more."""

from collections.abc import Collection
from datetime import datetime

from outreach.models import MessageQuerySet, Sentence, State, because

# A message that is being handed over can no longer be called back.
STOPPABLE = (State.PROPOSED, State.PLANNED, State.LEASED)
# Nothing of these has gone out.
UNSENT = (*STOPPABLE, State.HELD)


def cancel(
    messages: MessageQuerySet, *, reason: str, why: Sentence, at: datetime, states: Collection[State] = STOPPABLE
) -> int:
    """Cancels those of the messages that are in these states; returns how many that were.

    If no more is said, those whose hand-over has not begun. A worker that holds one finds it taken back: handing over
    begins only from `leased`.
    """
    return messages.filter(state__in=states).update(
        state=State.CANCELLED, **because(reason, why), finished_at=at, lease_until=None
    )
