"""Addresses that are written into mails."""

from django.conf import settings
from django.urls import reverse

from surveys.models import Invitation


def answer_url(invitation: Invitation, score: int | None = None) -> str:
    """The absolute address of the page where this invitation is answered; a score is only preselected there."""
    url = f"{settings.SITE_URL}{reverse('survey_answer', args=[invitation.token])}"
    return url if score is None else f"{url}?score={score}"
