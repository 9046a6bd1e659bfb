"""Decisions of people about addresses nothing is sent to; the addresses themselves are not kept."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from outreach.models import Suppression, SuppressionDecision
from retention_crm.lib import tokens


def suppression_of(address: str) -> Suppression | None:
    """Since when and why nothing is sent there, if that is so."""
    return Suppression.objects.of(address).first()


def decisions_on(address: str) -> list[SuppressionDecision]:
    """What people decided about the address, the latest first; what machines did is not among it."""
    rows = SuppressionDecision.objects.filter(digest__in=tokens.address_digests(address))
    return list(rows.select_related("decided_by")[:20])


def add(address: str, reason: str, *, by: User, at: datetime) -> bool:
    """Nothing more is sent there; false if that was so already, and then nothing is recorded."""
    with transaction.atomic():
        if Suppression.objects.of(address).exists():
            return False
        words = _("%(name)s: %(reason)s") % {"name": by.name, "reason": reason}
        Suppression.objects.suppress(address, words, at)
        _record(address, reason, is_suppressed=True, by=by, at=at)
    return True


def lift(address: str, reason: str, *, by: User, at: datetime) -> bool:
    """Mail may go there again; false if it might already. What was held meanwhile stays held."""
    with transaction.atomic():
        lifted, _rows = Suppression.objects.of(address).delete()
        if lifted:
            _record(address, reason, is_suppressed=False, by=by, at=at)
    return bool(lifted)


def _record(address: str, reason: str, *, is_suppressed: bool, by: User, at: datetime) -> None:
    SuppressionDecision.objects.create(
        digest=tokens.address_digest(address),
        is_suppressed=is_suppressed,
        reason=reason,
        decided_by=by,
        decided_at=at,
    )
