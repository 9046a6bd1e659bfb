"""Mail scanners open every link, some of them many times: nothing is recorded by that, and the answer still is."""

from typing import Any

from django.test import Client

from surveys.models import Begun, Invitation, Response
from surveys.tests.answer_page import address, checked_scores
from surveys.tests.snapshot import database

REQUESTS = 1000


def test_a_thousand_requests_with_every_score_change_no_row_and_the_real_answer_works(
    invitation: Invitation, browser: Client, present: Any
) -> None:
    page = address(invitation)
    before = database()
    for number in range(REQUESTS):
        ask = browser.head if number % 3 == 0 else browser.get
        assert ask(f"{page}?score={number % 12}").status_code == 200

    assert database() == before
    assert not Begun.objects.exists()
    assert checked_scores(browser.get(f"{page}?score=7").content.decode()) == ["7"]
    assert browser.post(page, {"score": "7"}).status_code == 302
    assert Response.objects.get().score == 7
