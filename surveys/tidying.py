"""Taking away what was begun and can not be finished any more."""

from datetime import datetime

from django.db.models import Q

from surveys.models import Begun


def forget_unfinished(at: datetime) -> int:
    """What was filled in before the last page is gone when its link is; returns of how many."""
    ended = Q(invitation__expires_at__lte=at) | Q(invitation__revoked_at__isnull=False)
    return Begun.objects.filter(ended).delete()[0]
