"""Reading the page where a customer answers."""

import re
from decimal import Decimal

from django.urls import reverse

from surveys.branching import Value
from surveys.models import Invitation, Version

URLENCODED = "application/x-www-form-urlencoded"


def scored(invitation: Invitation, score: int, comment: str = "") -> tuple[Version, dict[str, Value]]:
    """What somebody says who gives that score and that comment."""
    version = invitation.survey.published
    assert version is not None
    first, second = version.asked
    values: dict[str, Value] = {first.key: Decimal(score)}
    if comment:
        values[second.key] = comment
    return version, values


def address(invitation: Invitation) -> str:
    return reverse("survey_answer", args=[invitation.token])


def checked_scores(page: str) -> list[str]:
    """The scores that are selected; fails unless the page has the whole scale."""
    radios = re.findall(r"<input[^>]*type=\"radio\"[^>]*>", page)
    assert len(radios) == 11
    return [match[1] for radio in radios if "checked" in radio and (match := re.search(r'value="(\d+)"', radio))]
