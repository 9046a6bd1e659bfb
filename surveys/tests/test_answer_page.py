"""The page behind the link in the mail."""

import html
import itertools
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import FollowUp
from retention_crm.lib.masking import MaskingFormatter
from surveys.answering import AnswerRefusedError
from surveys.models import Invitation, Response
from surveys.tests import snapshot
from surveys.tests.answer_page import URLENCODED, address, checked_scores
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present")


# ---- Opening ----


def test_the_page_asks_the_question_and_preselects_nothing(invitation: Invitation, browser: Client) -> None:
    response = browser.get(address(invitation))

    page = response.content.decode()
    assert response.status_code == 200
    assert invitation.survey.question in page
    assert checked_scores(page) == []
    assert "<fieldset" in page
    assert "<legend" in page
    assert "0: not at all likely" in page
    assert "10: extremely likely" in page


def test_the_page_says_who_reads_the_answer(invitation: Invitation, browser: Client) -> None:
    page = browser.get(address(invitation)).content.decode()

    assert "Mia Berg and colleagues at Nordlicht AB will read your answer" in page


def test_the_page_has_one_button_no_script_and_no_link_elsewhere(invitation: Invitation, browser: Client) -> None:
    page = browser.get(address(invitation)).content.decode()

    assert page.count("<button") == 1
    assert "<script" not in page
    assert "<a " not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("score", range(11))
def test_a_score_in_the_link_is_preselected(invitation: Invitation, browser: Client, score: int) -> None:
    page = browser.get(address(invitation), {"score": score}).content.decode()

    assert checked_scores(page) == [str(score)]


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "", "９", "x", "0x7", "\x00", "7 ", "<script>", "1" * 5000])
def test_what_is_no_score_in_the_link_preselects_nothing(invitation: Invitation, browser: Client, score: str) -> None:
    response = browser.get(address(invitation), {"score": score})

    assert response.status_code == 200
    assert checked_scores(response.content.decode()) == []
    assert b"<script" not in response.content


def test_no_opening_of_a_link_writes_anything(
    invitation: Invitation, browser: Client, owner: User, login: Callable[[User], Client]
) -> None:
    url, member = address(invitation), login(owner)
    queries = ["", *(f"?score={score}" for score in range(11)), "?score=3&score=9", "?comment=x&score=0", "?%ff=%00"]
    agents = ["Mozilla/5.0", "Microsoft Office Existence Discovery", "GoogleImageProxy", ""]
    before = snapshot.database()

    for query, agent, visitor in itertools.product(queries, agents, [browser, member]):
        for opening in (visitor.get, visitor.head):
            assert opening(url + query, headers={"User-Agent": agent}).status_code == 200

    assert snapshot.database() == before
    assert browser.post(url, {"score": "3"}).status_code == 302
    assert Response.objects.get().score == 3


def test_opening_an_answered_link_writes_nothing(invitation: Invitation, browser: Client) -> None:
    factories.response(invitation, score=2)
    before = snapshot.database()

    for score in range(11):
        browser.get(address(invitation), {"score": score})
        browser.head(address(invitation), query_params={"score": str(score)})

    assert snapshot.database() == before


def test_head_is_answered_like_get_without_the_page(invitation: Invitation, browser: Client) -> None:
    get, head = browser.get(address(invitation)), browser.head(address(invitation))

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Cache-Control"] == get.headers["Cache-Control"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(invitation: Invitation, browser: Client, method: str) -> None:
    before = snapshot.database()

    assert browser.generic(method, address(invitation), "score=3", URLENCODED).status_code == 405
    assert snapshot.database() == before


def test_it_takes_four_queries_to_open_the_page(
    invitation: Invitation, browser: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):  # the invitation, its versions, their questions, the company
        browser.get(address(invitation))


# ---- Keeping the token to ourselves ----


@pytest.mark.parametrize("method", ["get", "post", "put"])
@pytest.mark.parametrize("works", [True, False])
def test_no_cache_no_search_engine_and_no_referrer(
    invitation: Invitation, browser: Client, method: str, works: bool
) -> None:
    url = address(invitation) if works else reverse("survey_answer", args=["A" * 30])
    response = getattr(browser, method)(url)

    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]


def test_no_cookie_is_set(invitation: Invitation, browser: Client) -> None:
    browser.get(address(invitation))
    browser.post(address(invitation), {"score": "9"})
    browser.get(address(invitation))

    assert not browser.cookies


def test_the_token_stands_in_no_line_of_the_log(
    invitation: Invitation, browser: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = address(invitation)
    expired = factories.invitation(factories.contact(), expires_at=NOW)
    monkeypatch.setattr("surveys.public_views.record_answer", lambda *values: 1 / 0)
    browser.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        browser.get(url, {"score": "3"})
        browser.post(url, {"score": "11"})
        browser.put(url)
        browser.get(address(expired))
        browser.post(url, b"--x\r\n", content_type="multipart/form-data")
        assert browser.post(url, {"score": "3"}).status_code == 500

    formatter = MaskingFormatter("{levelname} {name}: {message}", style="{")
    lines = "\n".join(formatter.format(record) for record in caplog.records)
    assert "Unprocessable" in lines
    assert "ZeroDivisionError" in lines
    assert invitation.token not in lines
    assert expired.token not in lines


# ---- Answering ----


def test_posting_records_and_leads_to_the_thanks(invitation: Invitation, browser: Client) -> None:
    response = browser.post(address(invitation), {"score": "9", "comment": "Fast and kind"}, follow=True)

    page = response.content.decode()
    assert response.status_code == 200
    assert "Thank you. Your answer has reached the person who looks after you." in page
    assert "You answered 9 out of 10." in page
    # The contact lives in Stockholm: 10:00 there, one day on.
    assert "until 27 November, 10:00 CET" in page
    recorded = Response.objects.get()
    assert (recorded.score, recorded.comment, recorded.answered_at) == (9, "Fast and kind", NOW)


def test_the_time_to_edit_is_told_by_the_contacts_own_clock(customer: Customer, browser: Client) -> None:
    contact = factories.contact(customer, time_zone="Asia/Tokyo")
    invitation = factories.invitation(contact)

    page = browser.post(address(invitation), {"score": "9"}, follow=True).content.decode()

    assert "until 27 November, 18:00 JST" in page


def test_a_detractor_gets_a_follow_up_from_the_page(invitation: Invitation, browser: Client, owner: User) -> None:
    browser.post(address(invitation), {"score": "3", "comment": "Nobody called back"})

    assert FollowUp.objects.get().assignee == owner


def test_the_answered_page_offers_to_edit_what_was_said(invitation: Invitation, browser: Client) -> None:
    browser.post(address(invitation), {"score": "3", "comment": "Too slow"})

    page = browser.get(address(invitation)).content.decode()
    assert checked_scores(page) == ["3"]
    assert "Too slow" in page
    assert "<details" in page
    assert "open>" not in page


def test_another_score_clicked_in_the_mail_opens_the_edit_form_with_it(invitation: Invitation, browser: Client) -> None:
    browser.post(address(invitation), {"score": "3", "comment": "Too slow"})

    page = browser.get(address(invitation), {"score": "8"}).content.decode()
    assert checked_scores(page) == ["8"]
    assert "Too slow" in page
    assert re.search(r"<details[^>]* open>", page)
    assert Response.objects.get().score == 3


def test_posting_again_within_a_day_edits(
    invitation: Invitation, browser: Client, present: time_machine.Traveller
) -> None:
    browser.post(address(invitation), {"score": "9"})
    present.shift(timedelta(hours=23))
    browser.post(address(invitation), {"score": "4", "comment": "On second thought"})

    response = Response.objects.get()
    assert (response.score, response.comment) == (4, "On second thought")
    assert response.edited_at == NOW + timedelta(hours=23)


@pytest.mark.parametrize("data", [{"score": "4"}, {"score": "99"}, {}])
def test_after_a_day_the_page_says_it_was_answered(
    invitation: Invitation, browser: Client, present: time_machine.Traveller, data: dict[str, str]
) -> None:
    browser.post(address(invitation), {"score": "9", "comment": "Private words"})
    present.shift(timedelta(hours=24))
    before = snapshot.database()

    for response in (browser.get(address(invitation)), browser.post(address(invitation), data)):
        page = response.content.decode()
        assert response.status_code == 200
        assert "You have already answered" in page
        assert "<form" not in page
        assert "Private words" not in page
    assert snapshot.database() == before


def test_an_answer_that_comes_a_moment_too_late_is_led_to_the_page_that_says_so(
    invitation: Invitation, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_values: object) -> Response:
        raise AnswerRefusedError

    monkeypatch.setattr("surveys.public_views.record_answer", refuse)
    response = browser.post(address(invitation), {"score": "4"})

    assert response.status_code == 302
    assert response.headers["Location"] == address(invitation)


# ---- Language ----


@pytest.mark.parametrize(
    ("customers", "own", "expected"),
    [
        ("en", "", '<html lang="en">'),
        ("de", "", '<html lang="de">'),
        ("ar", "", '<html lang="ar" dir="rtl">'),
        ("en", "ar", '<html lang="ar" dir="rtl">'),
        ("ar", "en", '<html lang="en">'),
    ],
)
def test_the_page_is_in_the_contacts_language_and_direction(
    company: Company, browser: Client, customers: str, own: str, expected: str
) -> None:
    contact = factories.contact(factories.customer(language=customers), language=own)
    response = browser.get(address(factories.invitation(contact)))

    assert expected in response.content.decode()


def test_texts_that_are_not_translated_say_that_they_are_english(company: Company, browser: Client) -> None:
    contact = factories.contact(factories.customer(language="ar"))
    page = browser.get(address(factories.invitation(contact))).content.decode()

    assert 'class="survey" lang="en"' in page
    assert "Send my answer" in page


def test_the_language_of_the_browser_does_not_matter(invitation: Invitation, browser: Client) -> None:
    pages = {browser.get(address(invitation), headers={"Accept-Language": tag}).content for tag in ("ar", "de", "")}

    assert len(pages) == 1


def test_texts_of_the_company_are_escaped(customer: Customer, browser: Client, company: Company) -> None:
    Company.objects.update(name="<b>Nord & Licht</b>")
    evil = "<script>alert(1)</script>"
    survey = factories.survey(question=evil, comment_question=evil, thanks=evil)
    invitation = factories.invitation(factories.contact(customer), survey=survey)

    for page in (
        browser.get(address(invitation)).content.decode(),
        browser.post(address(invitation), {"score": "9"}, follow=True).content.decode(),
    ):
        assert "<script" not in page
        assert "<b>" not in page
        assert html.escape(evil) in page
