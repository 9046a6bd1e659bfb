"""Addresses that are written into mails."""

from retention_crm.lib.addresses import keyed_address
from surveys.models import Invitation


def answer_url(invitation: Invitation, score: int | None = None) -> str:
    """The absolute address of the page where this invitation is answered; a score is only preselected there."""
    url = keyed_address("survey_answer", invitation.token)
    return url if score is None else f"{url}?score={score}"
