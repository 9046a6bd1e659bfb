"""Addresses that are written into mails."""

from retention_crm.lib.addresses import keyed_address
from surveys.models import Invitation, PublicLink


def answer_url(invitation: Invitation, score: int | None = None) -> str:
    """The absolute address of the page where this invitation is answered; a score is only preselected there."""
    url = keyed_address("survey_answer", invitation.token)
    return url if score is None else f"{url}?score={score}"


def public_url(link: PublicLink) -> str:
    """The absolute address at which anybody can answer."""
    return keyed_address("survey_public", link.token)
