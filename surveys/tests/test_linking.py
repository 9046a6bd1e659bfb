"""The address that is written into the mail."""

import pytest
from django.test import Client
from pytest_django import Settings

from surveys.linking import answer_url
from surveys.models import Invitation
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present")


def test_the_link_leads_to_the_page_on_the_site(invitation: Invitation, settings: Settings) -> None:
    settings.SITE_URL = "https://crm.example.com"

    assert answer_url(invitation) == f"https://crm.example.com/s/{invitation.token}/"


@pytest.mark.parametrize("score", [0, 7, 10])
def test_a_score_is_carried_to_be_preselected(
    invitation: Invitation, browser: Client, settings: Settings, score: int
) -> None:
    settings.SITE_URL = "http://testserver"
    url = answer_url(invitation, score)

    assert url.endswith(f"/?score={score}")
    response = browser.get(url.removeprefix("http://testserver"))
    assert response.status_code == 200
    assert b"checked" in response.content


def test_a_link_is_short_enough_for_a_line_of_text_mail(invitation: Invitation, settings: Settings) -> None:
    settings.SITE_URL = "https://crm.example.com"

    assert len(answer_url(invitation, 10)) <= 78


def test_the_link_is_the_same_every_time(invitation: Invitation) -> None:
    assert answer_url(invitation) == answer_url(Invitation.objects.get(pk=invitation.pk))
    assert invitation.expires_at > NOW
