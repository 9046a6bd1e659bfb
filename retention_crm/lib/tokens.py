"""Keyed tokens for links in mails.

A token is derived from the secret key, so a leaked copy of the database does not let anyone answer a survey or change
a preference. It carries the row's id, its purpose and the row's own nonce; whoever revokes a link changes the nonce.
"""

import base64
import hashlib
import hmac
from contextlib import suppress

from django.conf import settings
from django.utils.encoding import punycode

_LENGTH = 20
_SHORT_LENGTH = 10


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


def make_short(purpose: str, pk: int) -> str:
    """A token of letters and digits that survives a change of case: for the local part of a mail address.

    Half the length of the others; it is worth less to guess, and each guess is a mail.
    """
    return _short(settings.SECRET_KEY, purpose, pk)


def read_short(written: str, purpose: str) -> int | None:
    """The id of a token from `make_short` for that purpose; None for anything else."""
    written = written.casefold()
    number, mark, _rest = written.partition("-")
    if not mark or not written.isascii() or not number.isalnum() or len(number) > 16:
        return None
    try:
        pk = int(number, 16)
    except ValueError:
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    is_ours = pk < 2**63 and any(hmac.compare_digest(written, _short(key, purpose, pk)) for key in keys)
    return pk if is_ours else None


def _short(key: str, purpose: str, pk: int) -> str:
    return f"{pk:x}-{_signature(key, purpose, pk, '')[:_SHORT_LENGTH].hex()}"


def address_digest(address: str) -> str:
    """Keyed hash of a mail address, for a list of suppressed addresses that names nobody; hex, 64 characters.

    The same for every way to write the address that reaches the same mailbox: case, and a domain in ASCII or not.
    """
    return _address_digest(settings.SECRET_KEY, address)


def address_digests(address: str) -> list[str]:
    """The digests under which an address may be listed: by the present secret key, and by former ones."""
    return [_address_digest(key, address) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _address_digest(secret: str, address: str) -> str:
    local, at, domain = address.strip().casefold().rpartition("@")
    with suppress(UnicodeError):
        domain = punycode(domain)
    key = hashlib.sha256(f"retention-crm:address:{secret}".encode()).digest()
    return hmac.new(key, f"{local}{at}{domain}".encode(), hashlib.sha256).hexdigest()
