"""The address under which somebody's calendar program fetches what they have to do."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string

from accounts.models import User
from retention_crm.lib import clock, tokens

PURPOSE = "calendar"


def _nonce() -> str:
    return get_random_string(20)


class CalendarFeed(models.Model):
    """Somebody's secret address; without a row there is none. A new nonce makes the former address worthless."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    nonce = models.CharField(max_length=32, default=_nonce)
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.user)

    @property
    def token(self) -> str:
        return tokens.make(PURPOSE, self.user_id, self.nonce)

    @classmethod
    def renew(cls, user: User) -> "CalendarFeed":
        """A new address; the former one, if there was one, stops at once."""
        feed, _is_new = cls.objects.update_or_create(user=user, defaults={"nonce": _nonce(), "made_at": clock.now()})
        return feed

    @classmethod
    def reader(cls, token: str) -> User | None:
        """Whose address it is; None for one that is malformed, former, or of somebody who may not log in any more."""
        pk = tokens.claimed_pk(token)
        feed = cls.objects.filter(pk=pk, user__is_active=True).select_related("user").first() if pk else None
        return feed.user if feed and tokens.proves(token, PURPOSE, feed.user_id, feed.nonce) else None
