"""Answering a survey of any questions: what is kept, what is refused, page by page and by rules."""

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from interactions.models import FollowUp
from surveys.answering import values_of
from surveys.models import Answer, Begun, Invitation, Kind, Response, Sign, Survey
from surveys.tests.answer_page import URLENCODED, address
from surveys.tests.sheets import EVERY_KIND, WHOLE, survey_of
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.usefixtures("present", "company")]


def invited(survey: Survey, **contact: Any) -> Invitation:
    return factories.invitation(factories.contact(**contact), survey=survey)


@pytest.fixture
def whole(db: None) -> Invitation:
    return invited(survey_of(*EVERY_KIND))


def rows() -> set[tuple[Any, ...]]:
    kept = Answer.objects.values_list("question__key", "line", "choice", "number", "text", "day")
    return {tuple(value for value in row if value not in {None, ""}) for row in kept}


# ---- Every kind ----


def test_every_kind_of_answer_is_kept_by_its_kind(whole: Invitation, browser: Client) -> None:
    assert browser.post(address(whole), WHOLE).status_code == 302

    assert rows() == {
        ("nps", Decimal(9)),
        ("csat", Decimal(4)),
        ("ces", Decimal(6)),
        ("single", "tea"),
        ("multiple", "red"),
        ("multiple", "blue"),
        ("matrix", "price", "bad"),
        ("matrix", "speed", "good"),
        ("short", "In short"),
        ("long", "At length\nand breadth"),
        ("number", Decimal("12.5")),
        ("date", date(2026, 11, 1)),
        ("consent", "yes"),
    }
    response = Response.objects.get()
    assert (response.score, response.comment) == (9, "At length\nand breadth")
    assert response.version == whole.survey.published


def test_the_answers_stand_on_the_page_again_to_be_edited(whole: Invitation, browser: Client) -> None:
    browser.post(address(whole), WHOLE)

    page = browser.get(address(whole)).content.decode()
    checked = set(re.findall(r'name="([^"]+)"\s+value="([^"]+)"\s+id="[^"]+"\s+checked', page))
    assert checked == {
        ("score", "9"),
        ("q-csat", "4"),
        ("q-ces", "6"),
        ("q-single", "tea"),
        ("q-multiple", "red"),
        ("q-multiple", "blue"),
        ("q-matrix-price", "bad"),
        ("q-matrix-speed", "good"),
        ("q-consent", "yes"),
    }
    for value in ('value="In short"', "At length\nand breadth", 'value="12.5"', 'value="2026-11-01"'):
        assert value in page


def test_sending_the_same_again_is_no_edit_and_another_answer_is_one(whole: Invitation, browser: Client) -> None:
    browser.post(address(whole), WHOLE)
    browser.post(address(whole), WHOLE)
    assert Response.objects.get().edited_at is None

    browser.post(address(whole), {**WHOLE, "q-multiple": ["green"], "q-number": "", "q-consent": ""})
    response = Response.objects.get()
    assert response.edited_at == NOW
    said = values_of(response)
    assert (said["multiple"], said["consent"]) == (["green"], "no")
    assert "number" not in said


def test_nothing_must_be_answered_that_may_be_left_out(whole: Invitation, browser: Client) -> None:
    assert browser.post(address(whole), {}).status_code == 302

    response = Response.objects.get()
    assert (response.score, response.comment) == (None, "")
    assert rows() == {("consent", "no")}
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.NPS, "Choose a number from 0 to 10."),
        (Kind.CSAT, "Choose a number from 1 to 5."),
        (Kind.CES, "Choose a number from 1 to 7."),
        (Kind.SINGLE, "Choose one of these."),
        (Kind.MULTIPLE, "Choose at least one of these."),
        (Kind.MATRIX, "Choose one on each line."),
        (Kind.SHORT, "Write a few words."),
        (Kind.LONG, "Write a few words."),
        (Kind.NUMBER, "Write a number, such as 12 or 12.5."),
        (Kind.DATE, "Choose a day."),
        (Kind.CONSENT, "Tick this to go on."),
    ],
)
def test_what_must_be_answered_says_so_at_the_question(browser: Client, kind: str, words: str) -> None:
    fields = next(fields for fields in EVERY_KIND if fields["kind"] == kind)
    asked = invited(survey_of({**fields, "is_required": True}))

    response = browser.post(address(asked), {})

    page = response.content.decode()
    assert response.status_code == 422
    assert page.count(words) == 2
    target = re.search(r'<li><a href="#([^"]+)">', page)
    assert target and f'id="{target[1]}"' in page
    assert not Response.objects.exists()


def test_each_line_of_a_matrix_that_must_be_answered(browser: Client) -> None:
    matrix = next(fields for fields in EVERY_KIND if fields["kind"] == Kind.MATRIX)
    asked = invited(survey_of({**matrix, "is_required": True}))

    assert browser.post(address(asked), {"q-matrix-price": "good"}).status_code == 422
    assert browser.post(address(asked), {"q-matrix-price": "good", "q-matrix-speed": "bad"}).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("score", "11", "Choose a number from 0 to 10."),
        ("score", "9.5", "Choose a number from 0 to 10."),
        ("q-csat", "0", "Choose a number from 1 to 5."),
        ("q-csat", "6", "Choose a number from 1 to 5."),
        ("q-ces", "8", "Choose a number from 1 to 7."),
        ("q-ces", "7\x00", "Choose a number from 1 to 7."),
        ("q-single", "water", "Choose one of these."),
        ("q-single", "\x00", "Choose one of these."),
        ("q-multiple", "pink", "Choose among these."),
        ("q-multiple", "red\u202e", "Choose among these."),
        ("q-matrix-price", "awful", "Choose one of these on each line."),
        ("q-short", "x" * 301, "At most 300 characters; these are 301."),
        ("comment", "x" * 5001, "At most 5000 characters; these are 5001."),
        ("comment", "x" * 1_000_000, "At most 5000 characters; these are 1000000."),
        ("q-number", "twelve", "Write a number, such as 12 or 12.5."),
        ("q-number", "NaN", "Write a number, such as 12 or 12.5."),
        ("q-number", "1e400000", "That is too large."),
        ("q-number", "1" * 13, "That is too large."),
        ("q-number", "0.0001", "Write at most three digits after the point."),
        ("q-date", "yesterday", "Choose a day, or write it like 2026-11-27."),
        ("q-date", "0001-01-01", "Choose a day, or write it like 2026-11-27."),
        ("q-date", "2026-13-01", "Choose a day, or write it like 2026-11-27."),
        ("q-consent", "maybe", "Tick this, or leave it."),
    ],
)
def test_what_is_no_answer_is_refused_at_its_question_and_loses_nothing(
    whole: Invitation, browser: Client, field: str, value: str, words: str
) -> None:
    response = browser.post(address(whole), {**WHOLE, field: value})

    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert page.count(words) == 2
    # Every other answer stands where it was given.
    kept = [text for name, text in WHOLE.items() if name != field and isinstance(text, str)]
    assert all(text.strip().split("\n")[0] in page for text in kept)
    if field in {"q-short", "comment", "q-number", "q-date"}:
        assert value in page
    assert not Response.objects.exists()
    assert not Begun.objects.exists()


@pytest.mark.parametrize(
    ("text", "kept"), [("a\x00b", "ab"), ("safe \u202egnp.exe", "safe gnp.exe"), ("=1+1", "=1+1"), ("<b>", "<b>")]
)
def test_any_short_text_is_kept_as_text(whole: Invitation, browser: Client, text: str, kept: str) -> None:
    page = browser.post(address(whole), {"q-short": text}, follow=True).content.decode()

    assert Answer.objects.get(question__kind=Kind.SHORT).text == kept
    assert "<b>" not in page


def test_broken_bytes_in_any_field_are_no_error(whole: Invitation, browser: Client) -> None:
    for name in WHOLE:
        for value in (b"%ED%A0%80", b"\xff", b"%00", b"\xed\xa0\x80"):
            response = browser.post(address(whole), name.encode() + b"=" + value, content_type=URLENCODED)
            assert response.status_code in {302, 422}


def test_a_survey_without_a_recommendation_has_no_score_and_counts_as_answered(browser: Client) -> None:
    asked = invited(survey_of({"kind": Kind.CSAT, "key": "csat", "is_required": True}))

    page = browser.get(address(asked), {"score": "4"}).content.decode()
    assert 'value="4" id="id_q-csat_3" checked' in " ".join(page.split())
    page = browser.post(address(asked), {"q-csat": "1"}, follow=True).content.decode()

    assert "Your answer has been saved" in page
    assert "out of 10" not in page
    response = Response.objects.get()
    assert (response.score, response.opinion, response.is_detractor) == (None, None, False)
    assert not Invitation.objects.unanswered().exists()


@pytest.mark.parametrize("words", [True, False])
def test_thanks_are_said_by_how_content_somebody_is(browser: Client, words: bool) -> None:
    survey = survey_of({"kind": Kind.NPS, "key": "nps"}, thanks="For everybody")
    if words:
        survey.versions.update(thanks_promoter="For fans", thanks_detractor="We call you")
    for score, expected in (("10", "For fans"), ("8", "For everybody"), ("2", "We call you")):
        page = browser.post(address(invited(survey)), {"score": score}, follow=True).content.decode()
        assert (expected if words else "For everybody") in page


# ---- Rules ----


@pytest.fixture
def branching(db: None) -> Invitation:
    return invited(
        survey_of(
            {"kind": Kind.NPS, "key": "nps", "is_required": True},
            {
                "kind": Kind.SHORT,
                "key": "why",
                "is_required": True,
                "rule_key": "nps",
                "rule_sign": Sign.AT_MOST,
                "rule_value": "6",
            },
        )
    )


def test_a_question_that_is_not_asked_need_not_be_answered_and_what_was_posted_is_not_kept(
    branching: Invitation, browser: Client
) -> None:
    assert browser.post(address(branching), {"score": "9", "q-why": "smuggled"}).status_code == 302

    assert rows() == {("nps", Decimal(9))}
    # Nor does it matter that it would be no answer at all.
    assert browser.post(address(branching), {"score": "10", "q-why": "x" * 400}).status_code == 302


def test_a_question_that_is_asked_must_be_answered(branching: Invitation, browser: Client) -> None:
    assert browser.post(address(branching), {"score": "3"}).status_code == 422
    assert browser.post(address(branching), {"score": "3", "q-why": "slow"}).status_code == 302
    assert ("why", "slow") in rows()


def test_without_script_the_page_says_when_a_question_is_meant(branching: Invitation, browser: Client) -> None:
    page = html.unescape(browser.get(address(branching)).content.decode())

    assert "Only if “About nps?” is answered with at most 6." in page
    assert 'data-rule-field="score"' in page
    assert "js/survey.js" in page
