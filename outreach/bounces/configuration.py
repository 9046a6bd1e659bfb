"""Which mail provider is configured, and what it can do; knows no rows, so that it can be checked at the start."""

from typing import Any

from anymail.urls import urlpatterns
from django.conf import settings

METADATA = "ledger"
_TRACKING = "_tracking_webhook"
VIEWS: dict[str, Any] = {
    str(pattern.name).removesuffix(_TRACKING): pattern.callback.view_class
    for pattern in urlpatterns
    if str(pattern.name).endswith(_TRACKING)
}
# These can not carry data of ours beside a mail; their events are matched by the address alone.
_WITHOUT_METADATA = frozenset({"mailersend", "postal"})


def configured() -> str:
    """The name of the provider mail goes out by, as in Anymail's addresses; empty where it is a plain server."""
    name = settings.EMAIL_PROVIDER.removeprefix("anymail.backends.").partition(".")[0]
    return name if name in VIEWS else ""


def is_guarded() -> bool:
    """Whether events can be told from forgeries: by the secret all providers share, or by the provider's own
    signature where it has one.
    """
    name = configured()
    return bool(settings.ANYMAIL.get("WEBHOOK_SECRET")) or (
        bool(name) and not getattr(VIEWS[name], "warn_if_no_basic_auth", True)
    )


def carries_metadata() -> bool:
    name = configured()
    return bool(name) and name not in _WITHOUT_METADATA
