"""Lots that nobody can foresee, and that fall the same whenever they are drawn: for trying what something is worth."""

import hashlib
import hmac

from django.conf import settings


def is_drawn(purpose: str, pk: int, one_in: int | None) -> bool:
    """Whether the row with that id is one of those drawn for that purpose: one in so many, nobody for none.

    By a keyed hash: who enters or sorts rows can not choose who is drawn. A new secret key draws anew.
    """
    if not one_in:
        return False
    key = hashlib.sha256(f"retention-crm:draw:{settings.SECRET_KEY}".encode()).digest()
    lot = hmac.new(key, f"{purpose}\x1f{pk}".encode(), hashlib.sha256).digest()
    return int.from_bytes(lot[:8], "big") % one_in == 0
