"""Whatever is posted to the page: refused at the field or kept as text, never an error."""

import html
from urllib.parse import urlencode

import pytest
from django.test import Client

from surveys.models import Invitation, Response
from surveys.tests.answer_page import URLENCODED, address, checked_scores

pytestmark = pytest.mark.usefixtures("present")


@pytest.mark.parametrize(
    "score",
    ["11", "-1", "9.5", "", " ", "９", "٣", "07", "1e1", "x", "\x00", "7\x00", "\u202e7", "null", "1" * 100_000],
)
def test_what_is_no_score_is_refused_at_the_field_and_keeps_the_comment(
    invitation: Invitation, browser: Client, score: str
) -> None:
    response = browser.post(address(invitation), {"score": score, "comment": "Do not lose me"})

    page = response.content.decode()
    assert response.status_code == 422
    assert page.count("Choose a number from 0 to 10.") == 2
    assert "Do not lose me" in page
    assert checked_scores(page) == []
    assert not Response.objects.exists()


def test_a_missing_score_is_refused(invitation: Invitation, browser: Client) -> None:
    response = browser.post(address(invitation), {"comment": "Do not lose me"})

    assert response.status_code == 422
    assert b"Choose a number from 0 to 10." in response.content


def test_a_comment_at_the_limit_is_kept_whole(invitation: Invitation, browser: Client) -> None:
    comment = "Å" * 4998 + "\r\n!"
    response = browser.post(address(invitation), {"score": "9", "comment": comment})

    assert response.status_code == 302
    assert Response.objects.get().comment == comment.replace("\r\n", "\n")


def test_a_comment_of_a_megabyte_is_refused_clearly_and_given_back_whole(
    invitation: Invitation, browser: Client
) -> None:
    comment = "Long & <winding> story. " * 43_691
    response = browser.post(address(invitation), {"score": "9", "comment": comment})

    page = response.content.decode()
    assert response.status_code == 422
    assert f"At most 5000 characters; these are {len(comment.strip())}." in page
    assert html.unescape(page).count(comment.strip()) == 1
    assert checked_scores(page) == ["9"]
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("a\x00b", "ab"),
        ("\x00", ""),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ settings.SECRET_KEY }}{% load x %}", "{{ settings.SECRET_KEY }}{% load x %}"),
        ("safe \u202egnp.exe", "safe \u202egnp.exe"),
        ("شكرا جزيلا 🎉", "شكرا جزيلا 🎉"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("'; DROP TABLE surveys_response; --", "'; DROP TABLE surveys_response; --"),
        ("  \r\n  ", ""),
    ],
)
def test_any_comment_is_kept_as_text(invitation: Invitation, browser: Client, comment: str, kept: str) -> None:
    response = browser.post(address(invitation), {"score": "5", "comment": comment}, follow=True)

    page = response.content.decode()
    assert Response.objects.get().comment == kept
    assert "<script" not in page
    assert html.escape(kept) in page


@pytest.mark.parametrize(
    "body",
    [
        b"score=9&comment=\xed\xa0\x80",
        b"score=9&comment=%ED%A0%80",
        b"score=9&comment=\xff\xfe",
        b"score=9&comment=%u0041%zz",
        b"score=9&comment=%00",
        b"score=9&score=9&comment=a&comment=b",
    ],
)
def test_broken_bytes_in_a_comment_are_no_error(invitation: Invitation, browser: Client, body: bytes) -> None:
    response = browser.post(address(invitation), body, content_type=URLENCODED)

    assert response.status_code == 302
    Response.objects.get().comment.encode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"score": 9}', "application/json"),
        (b"", URLENCODED),
        (b"score=9", "text/plain"),
        (b"score=9", "application/x-www-form-urlencoded; charset=utf-7"),
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\nContent-Disposition: form-data; name=score\r\n\r\n\xff\r\n--x--", "multipart/form-data; boundary=x"),
        (urlencode([(f"field{n}", "x") for n in range(2000)]).encode(), URLENCODED),
        (b"comment=" + b"x" * (6 * 1024 * 1024), URLENCODED),
    ],
)
def test_a_body_that_is_no_answer_is_refused(
    invitation: Invitation, browser: Client, body: bytes, content_type: str
) -> None:
    response = browser.generic("POST", address(invitation), body, content_type)

    assert response.status_code in {400, 422}
    assert not Response.objects.exists()


@pytest.mark.parametrize("score", range(11))
def test_every_score_on_the_scale_can_be_given(invitation: Invitation, browser: Client, score: int) -> None:
    assert browser.post(address(invitation), {"score": str(score)}).status_code == 302
    assert Response.objects.get().score == score
