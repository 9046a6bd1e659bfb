"""Answering a survey of any questions: what is kept, what is refused, page by page and by rules."""

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from interactions.models import FollowUp
from surveys.answering import values_of
from surveys.drafting import add, draft_of, publish
from surveys.models import Answer, Begun, Invitation, Kind, Question, Response, Sign, Survey
from surveys.tests import snapshot
from surveys.tests.answer_page import URLENCODED, address
from surveys.tests.sheets import EVERY_KIND, WHOLE, asked_by, chosen, survey_of
from surveys.tests.threads import together
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
    checked = set(re.findall(r'name="([^"]+)" value="([^"]+)" id="[^"]+" checked', page))
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
    assert 'value="4" id="id_q-csat_3" checked' in page
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


# ---- Page by page ----


@pytest.fixture
def long(db: None) -> Invitation:
    """Three pages; the second is for those who are not content."""
    rule = {"rule_key": "csat", "rule_sign": Sign.AT_MOST, "rule_value": "3"}
    return invited(
        survey_of(
            {"kind": Kind.CSAT, "key": "csat", "is_required": True},
            {"kind": Kind.MULTIPLE, "key": "multiple", "choices": chosen("a", "b")},
            {"kind": Kind.SHORT, "key": "what", "section": "What went wrong", **rule},
            {"kind": Kind.SHORT, "key": "who", **rule},
            {"kind": Kind.NPS, "key": "nps", "section": "The end", "is_required": True},
            {"kind": Kind.LONG, "key": "long"},
        )
    )


def test_every_page_is_kept_and_the_last_one_records_all(long: Invitation, browser: Client) -> None:
    first = browser.post(address(long), {"page": "1", "q-csat": "2", "q-multiple": ["a", "b"]})
    assert first.headers["Location"] == f"{address(long)}?page=2"
    assert (Begun.objects.get().page, Begun.objects.get().given) == (
        2,
        {"q-csat": ["2"], "q-multiple": ["a", "b"]},
    )
    assert not Response.objects.exists()

    browser.post(address(long), {"page": "2", "q-what": "all"})
    page = Client().get(address(long)).content.decode()
    assert "Page 3 of 3" in page
    done = browser.post(address(long), {"page": "3", "score": "5", "comment": "bye"})

    assert done.headers["Location"] == address(long)
    assert rows() == {
        ("csat", Decimal(2)),
        ("multiple", "a"),
        ("multiple", "b"),
        ("what", "all"),
        ("nps", Decimal(5)),
        ("long", "bye"),
    }
    assert not Begun.objects.exists()
    assert FollowUp.objects.count() == 1


def test_a_page_on_which_nothing_is_asked_is_passed_over_both_ways(long: Invitation, browser: Client) -> None:
    to = browser.post(address(long), {"page": "1", "q-csat": "5"}).headers["Location"]
    assert to.endswith("?page=3")
    assert 'href="?page=1"' in browser.get(to).content.decode()


def test_a_changed_mind_on_page_one_takes_the_branch_away(long: Invitation, browser: Client) -> None:
    browser.post(address(long), {"page": "1", "q-csat": "2", "q-multiple": ["a"]})
    browser.post(address(long), {"page": "2", "q-what": "all"})
    browser.post(address(long), {"page": "1", "q-csat": "5"})
    browser.post(address(long), {"page": "3", "score": "9"})

    assert rows() == {("csat", Decimal(5)), ("nps", Decimal(9))}


def test_who_posts_the_last_page_first_is_led_to_what_is_missing(long: Invitation, browser: Client) -> None:
    response = browser.post(address(long), {"page": "3", "score": "9"})

    assert response.headers["Location"].endswith("?page=1")
    assert not Response.objects.exists()
    browser.post(address(long), {"page": "1", "q-csat": "5"})
    assert browser.post(address(long), {"page": "3", "score": "9"}).headers["Location"] == address(long)


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "", "1" * 30, "\x00", "２"])
def test_a_page_that_is_none_is_the_first_or_the_last(long: Invitation, browser: Client, page: str) -> None:
    assert browser.get(address(long), {"page": page}).status_code == 200
    assert browser.post(address(long), {"page": page, "q-csat": "5", "score": "5"}).status_code in {302, 422}


def test_opening_any_page_writes_nothing(long: Invitation, browser: Client) -> None:
    browser.post(address(long), {"page": "1", "q-csat": "2"})
    before = snapshot.database()

    for query in ({}, {"page": "1"}, {"page": "2", "score": "1"}, {"page": "3", "q-csat": "1"}):
        browser.get(address(long), query)
        browser.head(address(long), query_params=query)

    assert snapshot.database() == before


def test_an_answer_in_pages_can_be_edited_for_a_day_and_not_longer(
    long: Invitation, browser: Client, present: time_machine.Traveller
) -> None:
    browser.post(address(long), {"page": "1", "q-csat": "5"})
    browser.post(address(long), {"page": "3", "score": "9"})
    page = browser.get(address(long)).content.decode()
    assert "Your answer has been saved" in page
    browser.post(address(long), {"page": "1", "q-csat": "4"})
    browser.post(address(long), {"page": "3", "score": "8"})
    assert (rows(), Response.objects.get().score) == ({("csat", Decimal(4)), ("nps", Decimal(8))}, 8)

    present.shift(timedelta(hours=24))
    before = snapshot.database()
    for number in ("1", "3"):
        assert "already answered" in browser.post(address(long), {"page": number, "score": "1"}).content.decode()
    assert snapshot.database() == before


# ---- Versions ----


def next_version(survey: Survey) -> None:
    add(draft_of(survey), Question(kind=Kind.CONSENT, key="new", text="One more?"))
    publish(survey, NOW)


def test_a_page_opened_before_a_new_version_is_taken_as_it_was(browser: Client) -> None:
    survey = survey_of({"kind": Kind.NPS, "key": "nps"})
    asked, old = invited(survey), asked_by(survey)
    next_version(survey)

    browser.post(address(asked), {"version": str(old.pk), "score": "7"})

    assert Response.objects.get().version == old


@pytest.mark.parametrize("version", ["", "0", "x", "999999", "\x00"])
def test_a_version_that_is_none_of_the_survey_means_what_is_asked(browser: Client, version: str) -> None:
    survey, other = survey_of({"kind": Kind.NPS, "key": "nps"}), factories.survey()
    asked = invited(survey)

    for opened in (version, str(other.published_id), str(draft_of(survey).pk)):
        browser.post(address(asked), {"version": opened, "score": "7"})
        assert Response.objects.get().version == survey.published


def test_an_answer_is_edited_in_the_version_it_was_given_to(browser: Client) -> None:
    survey = survey_of({"kind": Kind.NPS, "key": "nps"})
    asked, old = invited(survey), asked_by(survey)
    browser.post(address(asked), {"score": "7"})
    next_version(survey)

    assert "One more?" not in browser.get(address(asked)).content.decode()
    browser.post(address(asked), {"version": str(old.pk), "score": "3"})
    assert (Response.objects.get().version, Response.objects.get().score) == (old, 3)
    assert "One more?" in browser.get(address(invited(survey))).content.decode()


def test_a_survey_that_was_never_published_has_no_page(browser: Client) -> None:
    survey = survey_of({"kind": Kind.NPS, "key": "nps"})
    asked = invited(survey)
    Survey.objects.update(published=None)
    survey.versions.update(published_at=None)

    assert browser.get(address(asked)).status_code == 404


# ---- Languages ----


def test_a_translation_is_shown_with_its_language_and_the_rest_in_the_surveys_own(browser: Client) -> None:
    survey = survey_of(
        {"kind": Kind.NPS, "key": "nps", "translations": {"ar": {"text": "ما رأيك؟"}}},
        {"kind": Kind.LONG, "key": "long", "text": "And why?"},
    )
    page = browser.get(address(invited(survey, language="ar"))).content.decode()

    assert re.search(r'id="question-score"\s+lang="ar"', page)
    assert "ما رأيك؟" in page
    assert re.search(r'id="question-comment"\s+lang="en"', page)
    assert "And why?" in page


def test_errors_are_said_in_the_language_of_the_page(browser: Client) -> None:
    survey = survey_of({"kind": Kind.NPS, "key": "nps", "is_required": True})

    page = browser.post(address(invited(survey, language="de")), {"score": "11"}).content.decode()
    assert "Choose a number" not in page


# ---- At once ----


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one_answer() -> None:
    asked = invited(survey_of(*EVERY_KIND), name="Amira Haddad")
    url = address(asked)

    statuses = together(*[lambda: Client().post(url, {**WHOLE, "score": "2"}).status_code] * 20)

    assert statuses == [302] * 20
    assert Response.objects.count() == FollowUp.objects.count() == 1
    assert Answer.objects.count() == 13


@pytest.mark.django_db(transaction=True)
def test_twenty_different_ones_at_once_leave_one_whole_answer() -> None:
    asked = invited(survey_of(*EVERY_KIND))
    url = address(asked)
    posts = [{**WHOLE, "q-csat": str(1 + n % 5), "comment": f"number {n % 5}"} for n in range(20)]

    assert together(*[lambda post=post: Client().post(url, post).status_code for post in posts]) == [302] * 20

    said = values_of(Response.objects.get())
    assert said["csat"] == Decimal(str(said["long"])[-1]) + 1
    assert Answer.objects.count() == 13
    assert Response.objects.get().comment == said["long"]


@pytest.mark.django_db(transaction=True)
def test_pages_sent_at_once_from_two_devices_are_no_error() -> None:
    survey = survey_of(
        {"kind": Kind.CSAT, "key": "csat"},
        *({"kind": Kind.SHORT, "key": f"s{n}", "section": f"Part {n}"} for n in range(5)),
    )
    asked = invited(survey)
    url = address(asked)

    statuses = together(
        *[lambda n=n: Client().post(url, {"page": str(1 + n % 3), "q-csat": "3"}).status_code for n in range(9)]
    )

    assert statuses == [302] * 9
    assert Begun.objects.count() == 1
