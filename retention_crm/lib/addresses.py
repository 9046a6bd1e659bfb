"""Absolute addresses with a key in them, as they are written into mails."""

from functools import cache

from django.conf import settings
from django.urls import reverse

_PLACE = "0"


def keyed_address(view: str, token: str) -> str:
    """The address of the view whose only argument, at the end of its path, is that token of plain letters."""
    return f"{settings.SITE_URL}{_before(view)}{token}/"


@cache
def _before(view: str) -> str:
    """What stands before the token: looked up once, for it takes longer than to make the token."""
    return reverse(view, args=[_PLACE]).removesuffix(f"{_PLACE}/")
