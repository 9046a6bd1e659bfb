"""What the frame around every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The part of the site the page belongs to, and whether there is a mailbox of the demo to link to."""
    return {"has_mailbox": bool(settings.MAILBOX_DIR), "section": request.path.split("/")[1]}
