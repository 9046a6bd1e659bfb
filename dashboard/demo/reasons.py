"""Why customers of the demo left: of most it is known, of a few nobody has said it yet."""

from datetime import date, time

from dashboard.demo.people import ZONE
from retention.losing import record_unrecorded
from retention.models import Cause, Loss
from retention.playing import add_ready_plays
from retention_crm.lib import clock

# What is suspected, what they said themselves, and in a word; taken in turns.
_REASONS: tuple[tuple[tuple[Cause, ...], str, str], ...] = (
    ((Cause.COMFORT,), Cause.COMFORT, "“You called when you wanted to sell”"),
    ((Cause.PRICE, Cause.COMPETITOR), Cause.COMPETITOR, "A supplier in the neighbourhood"),
    ((Cause.BROKEN_WORD,), "", ""),
    ((), "", ""),
    ((Cause.PRICE,), Cause.NEED_ENDED, "The line was given up"),
    ((Cause.NO_PERSONAL_CONTACT, Cause.INACTIVITY), "", ""),
)


def say_why(on: date) -> None:
    """Each lost customer has a loss, most with a reason; and there are plays for the next who may go."""
    record_unrecorded(at=clock.moment(on, time(), ZONE))
    losses = list(Loss.objects.open().order_by("customer_id"))
    for number, loss in enumerate(losses):
        suspected, loss.confirmed, loss.own_word = _REASONS[number % len(_REASONS)]
        loss.suspected = list(suspected)
    add_ready_plays()
    Loss.objects.bulk_update(losses, ["suspected", "confirmed", "own_word"], batch_size=500)
