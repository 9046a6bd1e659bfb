"""What comments are about: found by words, corrected by hand, counted in the results, and never about people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from surveys.models import Response, Survey, Theme, ThemeChoice
from surveys.theming import MOST_THEMES, correct, counted, of_each
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def survey(company: Company) -> Survey:
    return factories.survey(name="How is it?", asks_after=())


def theme(name: str = "Delivery", words: str = "deliver\nlate\nWarten") -> Theme:
    return Theme.objects.create(name=name, words=words)


def said(comment: str, owner: User | None = None) -> Response:
    customer = factories.customer(owner) if owner else factories.customer()
    return factories.response(factories.invitation(factories.contact(customer)), comment=comment)


def names(response: Response) -> list[str]:
    return [found.name for found in of_each([response.pk], list(Theme.objects.all()))[response.pk]]


@pytest.mark.parametrize(
    ("comment", "is_found"),
    [
        ("The delivery took weeks", True),
        ("DELIVERED TOO LATE", True),
        ("always late.", True),
        ("das warten nervt", True),
        ("A good chocolate", False),
        ("translated badly", False),
        ("", False),
        ("Nothing to say", False),
    ],
)
def test_words_are_found_at_their_beginning_however_they_are_written(comment: str, is_found: bool) -> None:
    theme()
    assert names(said(comment)) == (["Delivery"] if is_found else [])


@pytest.mark.parametrize(
    ("word", "comment"),
    [
        ("C++", "We use c++ here"),
        ("(a|b)", "the (a|b) case"),
        ("100 %", "100 % happy"),
        ("\\d", "a \\d b"),
        ("納期", "いつも納期が遅い"),
        ("Größe", "Die größe stimmt nicht"),
        ("[", "an [ odd one"),
        (".*", "dot .* star"),
    ],
)
def test_a_word_is_a_word_and_no_pattern(word: str, comment: str) -> None:
    theme(words=word)
    assert names(said(comment)) == ["Delivery"]
    assert names(said("something else")) == []


def test_a_theme_without_words_is_found_by_hand_only(manager: User) -> None:
    by_hand, response = theme(words="\n \n"), said("late")
    assert names(response) == []

    correct(response, [by_hand], by=manager)
    assert names(response) == ["Delivery"]


def test_what_is_corrected_stays_so_when_the_words_change(manager: User) -> None:
    delivery, price = theme(), theme("Price", "price")
    response = said("late, but for a good price")
    assert names(response) == ["Delivery", "Price"]

    correct(response, [price], by=manager)
    choice = ThemeChoice.objects.get()
    assert (choice.theme, choice.is_on, choice.chosen_by) == (delivery, False, manager)
    delivery.words = "good"
    delivery.save()
    assert names(response) == ["Price"]

    correct(response, [delivery, price], by=manager)
    assert not ThemeChoice.objects.exists()
    assert names(response) == ["Delivery", "Price"]


def test_they_are_counted_the_most_first(manager: User) -> None:
    delivery, price = theme(), theme("Price", "price")
    theme("Nobody speaks of it", "zeppelin")
    for comment in ("late", "so late", "late, and the price"):
        response = said(comment)
    assert counted(Response.objects.all(), list(Theme.objects.all())) == [(delivery, 3), (price, 1)]

    correct(response, [price], by=manager)
    assert counted(Response.objects.all(), list(Theme.objects.all())) == [(delivery, 2), (price, 1)]
    assert counted(Response.objects.all(), []) == []


# ---- The pages ----


def test_a_manager_makes_changes_and_takes_away_a_theme(login: Login, manager: User) -> None:
    browser = login(manager)
    browser.post(reverse("theme_new"), {"name": "Delivery", "words": "late"})
    response, made = said("too late"), Theme.objects.get()
    assert names(response) == ["Delivery"]

    browser.post(reverse("theme_edit", args=[made.pk]), {"name": "Delivery", "words": "soon"})
    assert names(response) == []
    assert browser.post(reverse("theme_new"), {"name": "Delivery", "words": "x"}).status_code == 422
    browser.post(reverse("theme_delete", args=[made.pk]))
    assert not Theme.objects.exists()
    assert Response.objects.exists()


def test_there_are_not_more_than_can_be_overlooked(login: Login, manager: User) -> None:
    for number in range(MOST_THEMES):
        theme(f"Theme {number}")
    response = login(manager).post(reverse("theme_new"), {"name": "One more", "words": ""})
    assert response.status_code == 422
    assert "There may be 30 themes." in response.content.decode()


def test_an_answer_is_corrected_on_its_page(login: Login, owner: User, survey: Survey) -> None:
    price, response = theme("Price", "price"), said("too late", owner)
    theme()
    browser, page = login(owner), reverse("answer_themes", args=[response.pk])
    html = browser.get(page).content.decode()
    assert "too late" in html
    assert html.count("checked") == 1

    sent = browser.post(page, {"themes": [price.pk], "next": "https://elsewhere.example/"})
    assert sent.headers["Location"] == reverse("survey", args=[survey.pk])
    assert names(response) == ["Price"]
    assert browser.post(page, {"themes": ["x"]}).status_code == 422


def test_answers_and_results_show_them_and_lead_to_the_wish(login: Login, owner: User, survey: Survey) -> None:
    theme()
    response = said("too late", owner)
    browser = login(owner)
    html = browser.get(reverse("survey", args=[survey.pk])).content.decode()
    assert "<bdi>Delivery</bdi>" in html
    assert f"{reverse('wish_new', args=[response.customer_id])}?answer={response.pk}" in html
    assert reverse("answer_themes", args=[response.pk]) in html

    results = browser.get(reverse("survey_results", args=[survey.pk])).content.decode()
    assert "What the comments are about" in results
    assert "1 comment" in results


def test_the_lists_cost_the_same_for_one_and_for_three(login: Login, manager: User, survey: Survey) -> None:
    browser = login(manager)
    pages = [reverse("themes"), *(reverse(name, args=[survey.pk]) for name in ("survey", "survey_results"))]
    counts: list[list[int]] = []
    for number in (1, 2):
        for place in range(number):
            theme(f"Theme {number} {place}")
            said("too late")
        taken = []
        for page in pages:
            with CaptureQueriesContext(connection) as counting:
                browser.get(page)
            taken.append(len(counting))
        counts.append(taken)
    assert counts[0] == counts[1]


def test_text_in_a_theme_or_comment_is_text(login: Login, manager: User, survey: Survey) -> None:
    evil = "<script>alert(1)</script>"
    theme(evil, "late")
    said(f"late {evil}")
    browser: Any = login(manager)
    for page in (reverse("themes"), reverse("survey", args=[survey.pk]), reverse("survey_results", args=[survey.pk])):
        assert evil not in browser.get(page).content.decode()
