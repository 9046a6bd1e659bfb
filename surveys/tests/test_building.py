"""Building a survey: its questions, their order and rules, drafts, publishing, translations."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from surveys.drafting import NotReadyError, discard, draft_of, move, publish, working_version
from surveys.models import Answer, Kind, Question, Response, Survey
from surveys.starting import begin
from surveys.tests import snapshot
from surveys.tests.sheets import EVERY_KIND, asked_by, survey_of
from surveys.tests.threads import together
from tests import factories
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


# ---- Versions ----


def test_looking_at_the_builder_changes_nothing(survey: Survey, browser: Client) -> None:
    before = snapshot.database()

    for name in ("survey_edit", "survey_preview", "survey_preview_frame", "survey_languages", "survey_thanks"):
        assert browser.get(reverse(name, args=[survey.pk])).status_code == 200
    assert browser.get(reverse("question_edit", args=[survey.pk, "nps"])).status_code == 200

    after = snapshot.database()
    assert {table for table in after if after[table] != before[table]} <= {"django_session"}


def test_the_first_change_makes_a_draft_and_what_is_asked_stays_as_it_was(survey: Survey, browser: Client) -> None:
    published = asked_by(survey)
    before = list(published.questions.order_by("pk").values())

    post(browser, "question_edit", survey.pk, "nps", text="Would you?")
    post(browser, "question_remove", survey.pk, "csat")
    post(browser, "question_move", survey.pk, "ces", way="down")
    post(browser, "question_new", survey.pk, "short", text="And you?")
    post(browser, "survey_thanks", survey.pk, thanks="Thanks!")

    assert list(published.questions.order_by("pk").values()) == before
    published.refresh_from_db()
    assert published.thanks != "Thanks!"
    draft = working_version(survey)
    assert (draft.number, draft.is_draft, draft.thanks) == (2, True, "Thanks!")
    assert draft.asked[0].text == "Would you?"
    assert Survey.objects.get().published == published


def test_a_draft_takes_everything_along(survey: Survey) -> None:
    own = [field.name for field in Question._meta.concrete_fields if field.name not in {"id", "version"}]
    published = list(asked_by(survey).questions.order_by("position").values(*own))

    assert list(draft_of(survey).questions.order_by("position").values(*own)) == published


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_to_change_at_once_get_one_draft() -> None:
    survey = factories.survey()

    drafts = together(*[lambda: draft_of(survey).pk] * 6)

    assert len(set(drafts)) == 1
    assert survey.versions.count() == 2


def test_publishing_asks_the_draft_from_then_on_and_keeps_the_old_answers(survey: Survey, browser: Client) -> None:
    old = asked_by(survey)
    factories.response(factories.invitation(survey=survey), score=9)
    post(browser, "question_remove", survey.pk, "csat")
    assert post(browser, "survey_publish", survey.pk).status_code == 302

    survey.refresh_from_db()
    assert survey.published is not None
    assert (survey.published.number, survey.published.published_at) == (2, NOW)
    assert "csat" not in keys(survey)
    assert not survey.published.questions.removed().exists()
    assert Response.objects.get().version == old
    assert Answer.objects.get().question.version == old


def test_publishing_without_a_draft_does_nothing(survey: Survey, browser: Client) -> None:
    post(browser, "survey_publish", survey.pk)

    assert survey.versions.count() == 1
    with pytest.raises(NotReadyError):
        publish(survey, NOW)


@pytest.mark.django_db(transaction=True)
def test_publishing_twice_at_once_publishes_once() -> None:
    survey = factories.survey()
    draft_of(survey)

    def attempt() -> bool:
        try:
            publish(survey, NOW)
        except NotReadyError:
            return False
        return True

    assert sorted(together(*[attempt] * 4)) == [False, False, False, True]


def test_throwing_a_draft_away_leaves_what_is_asked(survey: Survey, browser: Client) -> None:
    post(browser, "question_remove", survey.pk, "csat")
    post(browser, "survey_discard", survey.pk)

    assert survey.versions.get() == asked_by(survey)
    assert "csat" in keys(survey)


def test_the_only_draft_is_not_thrown_away(browser: Client) -> None:
    survey = begin("New", "en")
    discard(survey)

    assert survey.versions.count() == 1


# ---- Questions ----


@pytest.mark.parametrize("kind", Kind.values)
def test_a_question_of_every_kind_is_added_at_the_end(survey: Survey, browser: Client, kind: str) -> None:
    url = reverse("question_new", args=[survey.pk, kind])
    assert browser.get(url).status_code == 200

    data = {"text": "New one?", "choice_lines": "Yes\n\n No \nYes", "matrix_lines": "Price\nSpeed", "help_text": "Help"}
    response = browser.post(url, data)

    made = working_version(survey).asked[-1]
    assert response.headers["Location"].endswith(f"#question-{made.key}")
    assert (made.kind, made.text, made.help_text) == (kind, "New one?", "Help")
    has_choices = kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.MATRIX}
    assert [choice["text"] for choice in made.choices] == (["Yes", "No"] if has_choices else [])
    assert [line["text"] for line in made.lines] == (["Price", "Speed"] if kind == Kind.MATRIX else [])


def test_a_choice_that_stays_keeps_its_key_and_a_new_one_gets_another(survey: Survey, browser: Client) -> None:
    post(browser, "question_edit", survey.pk, "single", text="Drink?", choice_lines="coffee\nwater\ntea")

    choices = draft_of(survey).questions.get(key="single").choices
    assert [choice["text"] for choice in choices] == ["coffee", "water", "tea"]
    assert (choices[0]["key"], choices[2]["key"]) == ("coffee", "tea")
    assert len(choices[1]["key"]) == 8


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("nps", "text", ""),
        ("nps", "text", "x" * 301),
        ("nps", "help_text", "x" * 301),
        ("nps", "section", "x" * 121),
        ("nps", "low_label", "x" * 81),
        ("single", "choice_lines", "x" * 121),
        ("single", "choice_lines", "\n".join(str(n) for n in range(31))),
        ("matrix", "matrix_lines", "\n".join(str(n) for n in range(31))),
    ],
)
def test_a_bad_value_is_told_at_its_field_and_the_others_stay(
    survey: Survey, browser: Client, kind: str, field: str, value: str
) -> None:
    data = {"text": "Asked well?", "section": "A part", field: value}
    response = post(browser, "question_edit", survey.pk, kind, **data)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    page = response.content.decode()
    assert all(text in page for name, text in data.items() if name != field)
    assert survey.versions.count() == 1


@pytest.mark.parametrize("key", ["nothing", "x" * 200, "0"])
def test_a_question_that_is_not_there_is_not_found(survey: Survey, browser: Client, key: str) -> None:
    for name in ("question_edit", "question_move", "question_remove", "question_put_back"):
        assert post(browser, name, survey.pk, key, text="x").status_code == 404


def test_texts_are_escaped_everywhere(browser: Client) -> None:
    evil = "<script>alert(1)</script>"
    survey = survey_of(
        *({**fields, "text": evil, "help_text": evil, "section": evil} for fields in EVERY_KIND), name=evil
    )
    post(browser, "question_remove", survey.pk, "csat")
    pages = ["survey_edit", "survey_preview", "survey_preview_frame", "survey_languages", "survey_results", "survey"]

    for name in pages:
        page = browser.get(reverse(name, args=[survey.pk])).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


# ---- Order ----


@pytest.mark.parametrize(
    ("data", "order"),
    [
        ({"way": "up"}, "bacd"),
        ({"way": "down"}, "acbd"),
        ({"place": "1"}, "bacd"),
        ({"place": "4"}, "acdb"),
        ({"place": "99"}, "acdb"),
        ({"place": "0"}, "bacd"),
        ({"place": "x"}, "abcd"),
        ({}, "abcd"),
    ],
)
def test_a_question_is_moved(browser: Client, data: dict[str, str], order: str) -> None:
    survey = survey_of(*({"kind": Kind.SHORT, "key": key} for key in "abcd"))

    assert post(browser, "question_move", survey.pk, "b", **data).status_code == 302

    assert "".join(keys(survey)) == order


def test_moving_beyond_an_end_stays_there(browser: Client) -> None:
    survey = survey_of(*({"kind": Kind.SHORT, "key": key} for key in "abc"))
    post(browser, "question_move", survey.pk, "a", way="up")
    post(browser, "question_move", survey.pk, "c", way="down")

    assert "".join(keys(survey)) == "abc"


def test_every_order_can_be_made(browser: Client) -> None:
    survey = survey_of(*({"kind": Kind.SHORT, "key": key} for key in "abcd"))
    for place, key in enumerate("dbca"):
        move(draft_of(survey), key, place)

    assert "".join(keys(survey)) == "dbca"
    assert sorted(question.position for question in working_version(survey).asked) == [0, 1, 2, 3]


# ---- Taking out ----


def test_a_question_taken_out_can_be_put_back_where_it_was(survey: Survey, browser: Client) -> None:
    before = keys(survey)
    response = browser.post(reverse("question_remove", args=[survey.pk, "ces"]), follow=True)

    page = response.content.decode()
    assert "ces" not in keys(survey)
    assert "Taken out" in page
    assert page.count(reverse("question_put_back", args=[survey.pk, "ces"])) >= 2
    post(browser, "question_put_back", survey.pk, "ces")
    assert keys(survey) == before


def test_undo_in_place_shows_the_page_anew(survey: Survey, browser: Client) -> None:
    post(browser, "question_remove", survey.pk, "ces")
    url = reverse("question_put_back", args=[survey.pk, "ces"])

    response = browser.post(url, headers={"HX-Request": "true"})

    assert (response.status_code, response.headers["HX-Refresh"]) == (204, "true")
    assert browser.post(url).status_code == 302
