"""Reading the page where a customer answers."""

import re

from django.urls import reverse

from surveys.models import Invitation

URLENCODED = "application/x-www-form-urlencoded"


def address(invitation: Invitation) -> str:
    return reverse("survey_answer", args=[invitation.token])


def checked_scores(page: str) -> list[str]:
    """The scores that are selected; fails unless the page has the whole scale."""
    radios = re.findall(r"<input[^>]*type=\"radio\"[^>]*>", page)
    assert len(radios) == 11
    return [match[1] for radio in radios if "checked" in radio and (match := re.search(r'value="(\d+)"', radio))]
