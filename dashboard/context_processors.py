"""What the frame around every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The demo's mailbox link is shown only where there is such a mailbox."""
    return {"has_mailbox": bool(settings.MAILBOX_DIR)}
