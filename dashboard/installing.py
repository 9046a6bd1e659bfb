"""The product as an app on a phone: what stands in its manifest, and what is kept for when there is no network."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

WORKER = "js/worker.js"
# What the page without a network needs; nothing of a customer is ever among it.
KEPT = (
    "vendor/bootstrap-5.3.9/bootstrap.min.css",
    "vendor/bootstrap-5.3.9/bootstrap.rtl.min.css",
    "css/app.css",
    "css/controls.css",
    "css/work.css",
    "css/outbox.css",
    "js/outbox-store.js",
    "js/offline.js",
    "img/favicon.svg",
    "img/icon-192.png",
)
_BRAND, _GROUND = "#0b6b62", "#faf9f7"


def manifest() -> dict[str, Any]:
    icons = [("img/icon-192.png", "192x192", "any"), ("img/icon-512.png", "512x512", "any")]
    icons.append(("img/icon-maskable-512.png", "512x512", "maskable"))
    return {
        "id": reverse("today"),
        "name": "Retention CRM",
        "short_name": "Retention",
        "description": _("Keeps customers: whom to care for now, and why."),
        "start_url": reverse("today"),
        "scope": reverse("today"),
        "display": "standalone",
        "background_color": _GROUND,
        "theme_color": _BRAND,
        "icons": [
            {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for path, sizes, purpose in icons
        ],
    }


def worker_files() -> list[str]:
    """The addresses of what is kept."""
    return [static(path) for path in KEPT]


@lru_cache(maxsize=1)
def worker_script() -> str:
    return _source(WORKER).decode()


def worker_version(page: str) -> str:
    """Another one whenever anything that is kept, or the page without a network, has changed."""
    digest = hashlib.sha256(page.encode())
    for path in (WORKER, *KEPT):
        digest.update(path.encode() + _source(path))
    return digest.hexdigest()[:16]


def _source(path: str) -> bytes:
    found = finders.find(path)
    assert isinstance(found, str), f"{path} is not among the static files"
    return Path(found).read_bytes()
