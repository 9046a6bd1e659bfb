"""The figures of a survey: asked and answered, the trend, and groups that are only told apart where chance does not."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from outreach.models import MessageKind, State
from surveys.comparing import FEWEST, Score, differs, grouped, scale_of, trend
from surveys.models import Kind, Response, Survey
from surveys.tests.sheets import survey_of
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def survey(company: Company, this_morning: None) -> Survey:
    return factories.survey(name="How is it?", asks_after=("meeting",))


def answers(scores: list[int], owner: User | None = None, at: Any = NOW, **invitation: Any) -> None:
    for score in scores:
        customer = factories.customer(owner) if owner else factories.customer()
        asked = factories.invitation(factories.contact(customer), send_at=at - DAY, **invitation)
        factories.response(asked, score=score, answered_at=at)


def shown(browser: Client, query: str = "") -> str:
    return browser.get(reverse("survey_figures", args=[Survey.objects.get().pk]) + query).content.decode()


def text_of(html: str) -> str:
    return " ".join(html[html.index('<main id="main"') : html.index("</main>")].split())


# ---- The numbers ----


def test_the_interval_of_twenty_answers_agrees_with_the_published_example() -> None:
    score = Score(10, 4, 20)

    assert (score.value, score.bounds) == (30, (-6, 58))


@pytest.mark.parametrize(
    ("good", "total", "bounds"),
    # Agresti and Coull, 1998, by hand: (x + 1.92) / (n + 3.84), plus and minus 1.96 standard errors.
    [(0, 10, (0, 32)), (5, 10, (24, 76)), (10, 10, (68, 100)), (80, 100, (71, 87))],
)
def test_the_interval_of_a_share(good: int, total: int, bounds: tuple[int, int]) -> None:
    assert Score(good, 0, total, is_nps=False).bounds == bounds


def test_without_an_answer_there_is_no_score() -> None:
    assert (Score().value, Score().bounds) == (None, None)


@pytest.mark.parametrize(
    ("one", "other", "among", "verdict"),
    [
        (Score(10, 0, 10), Score(0, 10, 10), 1, 1),
        (Score(0, 10, 10), Score(10, 0, 10), 1, -1),
        (Score(5, 3, 10), Score(4, 4, 10), 1, 0),
        (Score(4, 0, 4), Score(0, 40, 40), 1, 0),
        # Alone it would be one; among twenty that are looked at it may be luck.
        (Score(12, 2, 20), Score(90, 90, 200), 1, 1),
        (Score(12, 2, 20), Score(90, 90, 200), 20, 0),
    ],
)
def test_a_difference_is_one_only_beyond_chance(one: Score, other: Score, among: int, verdict: int) -> None:
    assert differs(one, other, among=among) == verdict


def test_of_people_who_are_all_the_same_hardly_anybody_is_told_apart() -> None:
    """Drawn a hundred times: among ten people with thirty answers each, with the same customers."""
    drawn = random.Random(7)
    told_apart = 0
    for _time in range(100):
        groups = []
        for _person in range(10):
            said = drawn.choices((1, 0, -1), (5, 3, 2), k=30)
            groups.append(Score(said.count(1), said.count(-1), 30))
        whole = sum(groups[1:], groups[0])
        told_apart += any(differs(score, whole - score, among=10) for score in groups)
    assert told_apart <= 12


def test_the_question_is_the_recommendation_or_else_the_first_scale(company: Company) -> None:
    for kinds, wanted in (
        ((Kind.CSAT, Kind.NPS), Kind.NPS),
        ((Kind.LONG, Kind.CES, Kind.CSAT), Kind.CES),
        ((Kind.LONG,), None),
    ):
        made = survey_of(*({"kind": kind} for kind in kinds))
        found = scale_of(made.published)
        assert (found.kind if found else None) == wanted
    assert scale_of(None) is None


def test_groups_of_one_are_held_against_nobody(survey: Survey, owner: User) -> None:
    answers([1, 2, 3, 4, 5, 6], owner)
    question = scale_of(survey.published)
    assert question is not None

    (group,) = grouped(question, Response.objects.all(), "customer__owner", {owner.pk: owner.name})
    assert (group.score.total, group.verdict) == (6, 0)


def test_a_trend_needs_two_months_and_stays_on_its_plane() -> None:
    assert trend([(NOW, Score(1, 0, 1))]) is None
    found = trend([(NOW - 40 * DAY, Score(0, 9, 9)), (NOW, Score(9, 0, 9))])
    assert found is not None
    assert [point.y for point in found.points] == [240, 0]
    assert all(0 <= place <= 240 for point in found.points for place in (point.top, point.y, point.bottom))
    assert (found.lowest, found.zero, found.verdict) == (-100, 120, 1)


# ---- The page ----


def test_an_empty_survey_says_what_will_be_there(login: Login, manager: User) -> None:
    html = text_of(shown(login(manager)))
    assert "No score yet" in html
    assert "0 were asked, 0 % answered" in html


def test_asked_delivered_and_answered(login: Login, manager: User) -> None:
    answers([9])
    for state in (State.SENT, State.FAILED):
        asked = factories.invitation(factories.contact(), send_at=NOW - DAY)
        factories.message(
            asked.contact, kind=MessageKind.SURVEY, occasion=f"invitation:{asked.pk}", invitation=asked, state=state
        )
    factories.invitation(factories.contact(), send_at=NOW + DAY)

    html = text_of(shown(login(manager)))
    assert "3 were asked, 33 % answered" in html
    assert '<td data-label="Mail delivered">1</td>' in html
    assert "Who opened a mail is not known" in html


def test_the_months_and_who_differs_are_said_in_words(login: Login, manager: User) -> None:
    good, bad, new = factories.user(name="Gia"), factories.user(name="Bo"), factories.user(name="Nic")
    answers([10] * 20, good)
    answers([0] * 20, bad, at=NOW - 40 * DAY)
    answers([0] * (FEWEST - 1), new)

    html = text_of(shown(login(manager)))
    assert "The last month is higher than the one before, by more than chance explains" in html
    rows = {name: html[html.index(f"<bdi>{name}</bdi>") :][:700] for name in ("Gia", "Bo", "Nic")}
    assert "higher, by more than chance explains" in rows["Gia"]
    assert "lower, by more than chance explains" in rows["Bo"]
    assert "too few answers to say anything" in rows["Nic"]


def test_a_change_inside_the_interval_is_none(login: Login, manager: User) -> None:
    answers([10, 9, 8, 7, 3, 9], at=NOW - 40 * DAY)
    answers([10, 9, 8, 8, 9, 9])

    assert "no change that chance does not explain" in text_of(shown(login(manager)))


def test_teams_occasions_and_segments_are_told_apart_and_can_be_narrowed_to(
    login: Login, manager: User, survey: Survey
) -> None:
    occasion = survey.occasions.get()
    answers([9, 9], occasion=occasion)
    answers([1], factories.user(name="Teo", team=factories.team(name="Far South")))
    html = text_of(shown(login(manager)))
    for words in ("After a meeting or visit", "By hand", "Far South", "Without a team", "Teo"):
        assert words in html

    narrowed = text_of(shown(login(manager), f"?occasion={occasion.pk}"))
    assert "2 were asked, 100 % answered" in narrowed
    assert "100, from" in narrowed
    for query in ("?team=x", "?occasion=0", "?first=2026-13-01", "?segment=%00"):
        assert login(manager).get(reverse("survey_figures", args=[survey.pk]) + query).status_code == 422


def test_staff_see_the_figures_of_their_own_customers(login: Login, owner: User) -> None:
    answers([9], owner)
    answers([1, 1], factories.user(team=factories.team(name="Other")))

    assert "1 was asked, 100 % answered" in text_of(shown(login(owner)))


def test_it_costs_the_same_for_one_answer_and_for_many(login: Login, manager: User) -> None:
    browser, counts = login(manager), []
    for number in (2, 4):
        for _time in range(number):
            answers([9], factories.user())
        with CaptureQueriesContext(connection) as counted:
            shown(browser)
        counts.append(len(counted))
    assert counts[0] == counts[1]
