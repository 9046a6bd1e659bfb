"""What the frame around every page needs."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from outreach.models import Notification

# More are not counted: the bell says "9+".
COUNTED_TO = 10


def shell(request: HttpRequest) -> dict[str, Any]:
    """The part of the site the page belongs to, whether there is a mailbox of the demo, and how much is new.

    That is counted only where it is shown, which is not in parts of pages.
    """
    return {
        "has_mailbox": bool(settings.MAILBOX_DIR),
        "section": request.path.split("/")[1],
        "unseen_count": partial(_unseen_count, request),
    }


def _unseen_count(request: HttpRequest) -> int:
    if not request.user.is_authenticated:
        return 0
    return Notification.objects.count_unseen_of(request.user, up_to=COUNTED_TO)
