"""Rules, what is missing before publishing, ready surveys, languages and the preview."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from surveys.checking import problems
from surveys.drafting import draft_of, publish, working_version
from surveys.models import Kind, Sign, Survey
from surveys.speaking import completeness, in_language, texts_of
from surveys.starting import READY, begin
from surveys.tests.sheets import EVERY_KIND, asked_by, chosen, survey_of
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present", "company")
Login = Callable[[User], Client]


@pytest.fixture
def browser(manager: User, login: Login) -> Client:
    return login(manager)


@pytest.fixture
def survey(db: None) -> Survey:
    """In use, with a question of every kind."""
    return survey_of(*EVERY_KIND, name="Everything")


def keys(survey: Survey) -> list[str]:
    return [question.key for question in working_version(survey).asked]


def post(browser: Client, name: str, *args: Any, **data: Any) -> Any:
    return browser.post(reverse(name, args=args), data)


# ---- Rules ----


@pytest.mark.parametrize(
    ("about", "sign", "written", "kept"),
    [
        ("nps", "at_most", "6", "6"),
        ("single", "is", "Coffee", "coffee"),
        ("multiple", "is_not", "red", "red"),
        ("consent", "is", "Yes", "yes"),
    ],
)
def test_a_rule_is_written_in_words_and_kept_by_keys(
    survey: Survey, browser: Client, about: str, sign: str, written: str, kept: str
) -> None:
    data = {"text": "Why?", "rule_key": about, "rule_sign": sign, "rule_value": written}
    assert post(browser, "question_new", survey.pk, "short", **data).status_code == 302

    made = working_version(survey).asked[-1]
    assert (made.rule_key, made.rule_sign, made.rule_value) == (about, sign, kept)
    page = browser.get(reverse("question_edit", args=[survey.pk, made.key])).content.decode()
    assert f'value="{kept}"' in page
    post(browser, "question_edit", survey.pk, made.key, text="Why?", rule_key="", rule_sign="is", rule_value="7")
    assert working_version(survey).asked[-1].rule_key == ""


@pytest.mark.parametrize(
    ("about", "sign", "written", "field"),
    [
        ("nps", "at_most", "six", "rule_value"),
        ("nps", "at_most", "", "rule_value"),
        ("single", "is", "Water", "rule_value"),
        ("single", "at_most", "Coffee", "rule_sign"),
        ("date", "at_most", "soon", "rule_value"),
        ("consent", "is", "perhaps", "rule_value"),
        ("long", "is", "x", "rule_key"),
        ("gone", "is", "x", "rule_key"),
        ("nps", "about", "6", "rule_sign"),
    ],
)
def test_a_rule_that_compares_nothing_is_told_at_its_field(
    survey: Survey, browser: Client, about: str, sign: str, written: str, field: str
) -> None:
    data = {"text": "Why?", "rule_key": about, "rule_sign": sign, "rule_value": written}
    response = post(browser, "question_new", survey.pk, "short", **data)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}


def test_a_rule_can_only_be_about_an_earlier_question(survey: Survey, browser: Client) -> None:
    data = {"text": "First?", "rule_key": "ces", "rule_sign": "is", "rule_value": "1"}

    assert post(browser, "question_edit", survey.pk, "csat", **data).status_code == 422
    assert post(browser, "question_edit", survey.pk, "single", **data, choice_lines="a\nb").status_code == 302


# ---- What is missing ----


def wrong(*questions: dict[str, Any]) -> list[str]:
    return [problem.words for problem in problems(asked_by(survey_of(*questions)))]


def ruled(about: str, sign: str, value: str) -> dict[str, str]:
    return {"kind": Kind.SHORT, "key": "b", "rule_key": about, "rule_sign": sign, "rule_value": value}


NPS = {"kind": Kind.NPS, "key": "a"}


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([], ["There is no question yet."]),
        ([{"kind": Kind.SINGLE, "choices": chosen("one")}], ["It needs at least two choices."]),
        ([{"kind": Kind.MATRIX, "choices": chosen("one", "two")}], ["It needs at least one line."]),
        ([NPS, ruled("a", Sign.AT_LEAST, "11")], ["It would never be shown: no answer fits its rule."]),
        ([ruled("a", Sign.IS, "1"), NPS], ["Its rule is about a question that comes later. Move one of them."]),
        ([NPS, ruled("x", Sign.IS, "1")], ["Its rule is about a question that is gone."]),
        ([NPS, ruled("a", Sign.AT_LEAST, "9")], []),
        (EVERY_KIND, []),
    ],
)
def test_what_is_missing_is_said(db: None, questions: list[dict[str, Any]], words: list[str]) -> None:
    assert wrong(*questions) == words


def test_a_draft_with_something_missing_is_not_published(browser: Client) -> None:
    survey = begin("New", "en")
    page = browser.post(reverse("survey_publish", args=[survey.pk]), follow=True).content.decode()

    assert "It can not be published yet." in page
    assert "There is no question yet." in page
    assert Survey.objects.get().published is None


def test_taking_out_what_a_rule_is_about_keeps_it_from_being_published(survey: Survey, browser: Client) -> None:
    post(browser, "question_new", survey.pk, "short", text="Why?", rule_key="nps", rule_sign="at_most", rule_value="6")
    post(browser, "question_remove", survey.pk, "nps")

    page = browser.get(reverse("survey_edit", args=[survey.pk])).content.decode()
    assert "Its rule is about a question that is gone." in page
    assert reverse("survey_publish", args=[survey.pk]) not in page


# ---- Ready surveys ----


@pytest.mark.parametrize("ready", READY)
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_ready_survey_can_be_published_as_it_is(db: None, ready: str, language: str) -> None:
    survey = begin("New", language, ready)

    assert problems(working_version(survey)) == []
    published = publish(survey, NOW)
    spoken = {row.language.value: row.is_whole for row in completeness(published, survey)}
    assert spoken == {code: code in {"en", "de"} for code in spoken}
    assert language not in spoken


def test_a_ready_survey_speaks_the_language_it_was_made_in(db: None) -> None:
    german = working_version(begin("Neu", "de", "relationship"))
    english = working_version(begin("New", "en", "relationship"))

    for own, other in zip(german.asked, english.asked, strict=True):
        assert own.text == in_language(other, "de")["text"]
        assert other.text == in_language(own, "en")["text"]
        assert own.text != other.text


# ---- Languages ----


def test_translations_are_kept_and_counted_and_can_be_taken_out(survey: Survey, browser: Client) -> None:
    url = reverse("survey_language", args=[survey.pk, "ar"])
    assert browser.get(url).status_code == 200
    assert (
        browser.post(url, {"nps-text": "سؤال", "single-choice-tea": "شاي", "whole-thanks": "شكرًا"}).status_code == 302
    )

    draft = working_version(survey)
    arabic = next(row for row in completeness(draft, survey) if row.language == "ar")
    assert (arabic.translated, arabic.is_begun, arabic.is_whole) == (3, True, False)
    assert arabic.texts == arabic.translated + len(arabic.missing)
    assert in_language(draft.asked[0], "ar")["text"] == "سؤال"
    assert in_language(draft.asked[3], "ar") == {
        "text": "About single?",
        "choice-tea": "شاي",
        "choice-coffee": "coffee",
    }
    assert in_language(draft, "ar")["thanks"] == "شكرًا"
    page = browser.get(reverse("survey_languages", args=[survey.pk])).content.decode()
    assert f"3 of {arabic.texts} texts" in page

    browser.post(url, {"nps-text": ""})
    assert not any(row.is_begun for row in completeness(working_version(survey), survey))


def test_a_translation_too_long_is_told_at_its_text(survey: Survey, browser: Client) -> None:
    response = browser.post(
        reverse("survey_language", args=[survey.pk, "fr"]), {"nps-text": "x" * 301, "ces-text": "Ça va?"}
    )

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"nps-text"}
    assert "Ça va?" in response.content.decode()


def test_all_texts_of_a_question_can_be_translated(survey: Survey) -> None:
    names = {text.name for question in asked_by(survey).asked for text in texts_of(question)}

    assert names == {
        "text",
        *(f"choice-{key}" for key in ("tea", "coffee", "red", "green", "blue", "good", "bad")),
        *("line-price", "line-speed"),
    }


# ---- Preview ----


def test_the_preview_can_send_nothing(survey: Survey, browser: Client) -> None:
    response = browser.get(reverse("survey_preview_frame", args=[survey.pk]))

    page = response.content.decode()
    assert "form-action 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<form" in page
    assert 'method="post"' not in page
    assert 'type="submit"' not in page
    assert browser.post(reverse("survey_preview_frame", args=[survey.pk])).status_code == 405


@pytest.mark.parametrize(("language", "expected"), [("ar", 'dir="rtl"'), ("de", 'lang="de"'), ("xx", 'lang="en"')])
def test_the_preview_speaks_a_language(survey: Survey, browser: Client, language: str, expected: str) -> None:
    page = browser.get(reverse("survey_preview_frame", args=[survey.pk]), {"language": language}).content.decode()

    assert expected in page[: page.index("<head>")]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_builder_takes_the_same_queries_however_long(
    browser: Client, django_assert_num_queries: Any, rows: int
) -> None:
    survey = survey_of(*({"kind": Kind.SHORT, "key": f"k{n}"} for n in range(rows)))
    draft_of(survey)

    with django_assert_num_queries(7):  # session, person, survey, version, questions, taken out, bell
        browser.get(reverse("survey_edit", args=[survey.pk]))
