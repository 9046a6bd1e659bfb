"""The key of a message: in the address its bounces go to (VERP), and in what a provider gives back with its events.

A key is signed, so that nobody can have an address suppressed by writing to an address they made up.
"""

from django.conf import settings

from retention_crm.lib import tokens

_PURPOSE = "bounce"
_MARK = "+"


def key_of(message_pk: int) -> str:
    return tokens.make_short(_PURPOSE, message_pk)


def message_pk_of(key: str) -> int | None:
    """The id of the message a key was made for; None for one that was not made here."""
    return tokens.read_short(key, _PURPOSE)


def bounce_address(message_pk: int) -> str:
    """Where the message goes back to if it can not be delivered; empty where BOUNCE_ADDRESS is not set."""
    local, at, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}{_MARK}{key_of(message_pk)}{at}{domain}" if local else ""


def message_pk_in(address: str) -> int | None:
    """The id of the message whose bounce address this is; case does not matter, since servers change it."""
    own_local, _at, own_domain = settings.BOUNCE_ADDRESS.casefold().rpartition("@")
    local, _at, domain = address.strip().strip("<>").casefold().rpartition("@")
    start = f"{own_local}{_MARK}"
    if not own_local or domain != own_domain or not local.startswith(start):
        return None
    return message_pk_of(local.removeprefix(start))
