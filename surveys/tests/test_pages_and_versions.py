"""Answering page by page, the version and the language that is answered, and twenty at once."""

import re
from datetime import timedelta
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
from surveys.tests.answer_page import address
from surveys.tests.sheets import EVERY_KIND, WHOLE, asked_by, chosen, survey_of
from surveys.tests.threads import together
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.usefixtures("present", "company")]


def invited(survey: Survey, **contact: Any) -> Invitation:
    return factories.invitation(factories.contact(**contact), survey=survey)


def rows() -> set[tuple[Any, ...]]:
    kept = Answer.objects.values_list("question__key", "line", "choice", "number", "text", "day")
    return {tuple(value for value in row if value not in {None, ""}) for row in kept}


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
    # The words at the ends are those of the mail, whatever was translated.
    assert re.search(r'lang="ar">0: غير محتمل إطلاقًا', page)


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
