"""Taking back what was decided, together with the mail that would have told of it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interactions.models import Wish
from outreach.cancelling import STOPPABLE, cancel
from outreach.models import Message, State

# What did not go out and will not by itself: closing the wish again brings it back.
_NOT_GONE = (*STOPPABLE, State.HELD, State.CANCELLED, State.EXPIRED)


def reopen(wish: Wish, *, at: datetime) -> bool:
    """The wish is open again and nobody is told that it is closed; false if they were told, or may have been."""
    with transaction.atomic():
        wish.reopen()
        answers = Message.objects.filter(wish=wish)
        cancel(answers, reason="opened_again", detail=_("The wish was opened again."), at=at, states=_NOT_GONE)
        return not answers.exclude(state=State.CANCELLED).exists()
