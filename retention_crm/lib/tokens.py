"""Keyed tokens for links in mails.

A token is derived from the secret key, so a leaked copy of the database does not let anyone answer a survey or change
a preference. It carries the row's id, its purpose and the row's own nonce; whoever revokes a link changes the nonce.
"""

import base64
import hashlib
import hmac

from django.conf import settings

_LENGTH = 20


def _signature(key: str, purpose: str, pk: int, nonce: str) -> bytes:
    message = f"{purpose}\x1f{pk}\x1f{nonce}".encode()
    derived = hashlib.sha256(f"retention-crm:{purpose}:{key}".encode()).digest()
    return hmac.new(derived, message, hashlib.sha256).digest()[:_LENGTH]


def _encode(pk: int, signature: bytes) -> str:
    number = pk.to_bytes(8, "big").lstrip(b"\0") or b"\0"
    return base64.urlsafe_b64encode(signature + number).rstrip(b"=").decode()


def make(purpose: str, pk: int, nonce: str = "") -> str:
    """A URL-safe token for that row and purpose."""
    return _encode(pk, _signature(settings.SECRET_KEY, purpose, pk, nonce))


def claimed_pk(token: str) -> int | None:
    """The id a token speaks of, not yet proven; None for anything malformed."""
    if len(token) > 60 or not token.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if not _LENGTH < len(raw) <= _LENGTH + 8:
        return None
    pk = int.from_bytes(raw[_LENGTH:], "big")
    return pk if pk < 2**63 else None


def proves(token: str, purpose: str, pk: int, nonce: str = "") -> bool:
    """Whether the token was made for this row and purpose, with the present secret key or a former one."""
    if not token.isascii():
        return False
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(token, _encode(pk, _signature(key, purpose, pk, nonce))) for key in keys)


def address_digest(address: str) -> str:
    """Keyed hash of a mail address, for a list of suppressed addresses that names nobody; hex, 64 characters."""
    key = hashlib.sha256(f"retention-crm:address:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, address.strip().casefold().encode(), hashlib.sha256).hexdigest()
