"""What a refusal is about: the one message, or the way we send. Only the latter pauses all sending."""

import re
import smtplib
import ssl

from outreach.models import SendingPause

Cause = SendingPause.Cause
# Enhanced status codes (RFC 3463 and its registry) that speak of who sends, not of who receives.
_LOGIN = {"5.7.8", "5.7.9", "5.7.11", "5.7.14", "5.7.57"}
_SENDER = {"5.1.7", "5.1.8", "5.7.23", "5.7.25", "5.7.26", "5.7.27", "5.7.60", "5.7.64"}
_ABOUT_SENDER = re.compile(r"\b(sender|send as|from address|relay(ing)?|not owned by)\b", re.IGNORECASE)
_LOGIN_WANTED = {530, 534, 535, 538}


def cause_of_failure(error: BaseException) -> Cause | None:
    """The cause to pause for when no line to the server could be opened; None if it may just be away."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Cause.CREDENTIALS if error.smtp_code >= 500 else None
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Cause.SECURITY if "STARTTLS" in str(error) else Cause.CREDENTIALS
    # A line that ends in the middle of it is a server that went away.
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Cause.SECURITY
    return None


def cause_of_refusal(command: str, code: int, said: str) -> Cause | None:
    """The cause to pause for when the server said a definite no to that command; None if it concerns one message."""
    if code < 500:
        return None
    status = said.split(maxsplit=1)[0] if said else ""
    if code in _LOGIN_WANTED or status in _LOGIN:
        return Cause.CREDENTIALS
    if command == "MAIL" or status in _SENDER:
        return Cause.SENDER
    if status.startswith("5.7.") and _ABOUT_SENDER.search(said):
        return Cause.SENDER
    return None
