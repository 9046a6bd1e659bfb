"""Whether a mail came back because there is no such mailbox, or for another reason.

Only the first says anything about the address. A full mailbox, a refused sender or text, and a server that was away say
nothing about it; taking them for the same would silence customers who can be reached.
"""

import re

# Enhanced status codes (RFC 3463) that say: this mailbox, or its domain, does not exist or was closed.
_NOBODY = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
# Codes that only say that something is wrong; the words beside them tell what.
_VAGUE = frozenset({"5.0.0", "5.4.0", "5.4.1", "5.4.300", "5.4.310", "5.5.0", "5.3.0"})
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_WHO = r"(?:user|mailbox|recipient|address|account|addressee)"
_GONE = r"(?:unknown|not found|no such|does ?n[o']t exist|is invalid|disabled|inactive|unrouteable|no longer)"
_WORDS = re.compile(rf"{_GONE}\W(?:\w+\W+){{0,4}}{_WHO}|{_WHO}\W(?:\S+\s+){{0,6}}{_GONE}", re.IGNORECASE)
_POLICY = re.compile(r"spam|block|blacklist|policy|reputation|denied|dmarc|spf|quota|full", re.IGNORECASE)


def is_hard(status: str, words: str = "") -> bool:
    """Whether the address is at fault, by the status code (or the first one in the words) and what a server said."""
    codes = [code for code in [status.strip(), *_CODE.findall(words)] if _CODE.fullmatch(code)]
    exact = next((code for code in codes if code not in _VAGUE), None)
    if exact is not None:
        return exact in _NOBODY
    if any(not code.startswith("5") for code in codes):
        return False
    return bool(_WORDS.search(words)) and not _POLICY.search(words)


def has_code(words: str) -> bool:
    return _CODE.search(words) is not None
