"""Taking back what was logged a moment ago."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse

from accounts.models import User
from customers.models import Trashed
from interactions.logging import Logged, take_back
from interactions.models import Interaction, Kind
from retention.scoring import rescore

# Nobody is thanked for these or asked about them, so nothing has gone out by itself.
KINDS = (Kind.CALL, Kind.EMAIL, Kind.MESSAGE)
WITHIN = timedelta(minutes=15)
_SALT = "dashboard.undoing"


def may_be_undone(interaction: Interaction, *, at: datetime) -> bool:
    """Whether it is fresh and nobody outside has heard of it; how bad news was told is taken back with its task."""
    if interaction.kind not in KINDS or at >= interaction.created_at + WITHIN:
        return False
    return not interaction.messages.exists() and not interaction.notices.exists()


def offered(logged: Logged, *, at: datetime) -> bool:
    """Whether to offer it; of what is new nobody outside can have heard."""
    return logged.interaction.kind in KINDS if logged.is_new else may_be_undone(logged.interaction, at=at)


def undo_address(logged: Logged) -> str:
    """Where to post to; what has to be put back stands in it, signed."""
    address = reverse("log_undo", args=[logged.interaction.pk])
    if not logged.before:
        return address
    return f"{address}?{urlencode({'before': signing.dumps(logged.before, salt=_SALT)})}"


def undo(interaction: Interaction, before: str, *, by: User, at: datetime) -> Trashed:
    """Takes it back; what can not be read of what was before is left as it is now."""
    customer = interaction.customer
    try:
        found = signing.loads(before, salt=_SALT, max_age=WITHIN)
    except signing.BadSignature:
        found = {}
    trashed = take_back(interaction, before=found, by=by, at=at)
    rescore([customer.pk], at=at)
    return trashed
