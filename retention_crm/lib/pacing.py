"""How often something may be done from one place within an hour, counted by all processes together."""

import logging

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

_HOUR = 60 * 60

log = logging.getLogger(__name__)


def is_too_often(what: str, limit: int) -> bool:
    """Counts one more of it, and says whether that is more than the limit of an hour.

    Where the counter can not be reached nobody is turned away: the limit is against floods, not a lock.
    """
    shared = caches["shared"]
    try:
        shared.add(what, 0, _HOUR)
        return shared.incr(what) > limit
    except ValueError:
        # It ran out between the two.
        return False
    except RedisError:
        log.warning("Nothing is counted: Valkey can not be reached.")
        return False


def place_of(request: HttpRequest) -> str:
    """Where a request came from, so that it can be told from others and by nobody be found out."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        # What the proxy in front of us saw; what stands before it anybody can have written.
        address = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or address
    return salted_hmac("retention_crm.lib.pacing", address, algorithm="sha256").hexdigest()[:32]
