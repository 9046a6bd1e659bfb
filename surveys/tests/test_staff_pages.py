"""Surveys as members of staff see them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from surveys.models import Invitation, Question, Survey
from surveys.paging import PAGE
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present", "company")
Login = Callable[[User], Client]


@pytest.fixture
def survey(db: None) -> Survey:
    return factories.survey(name="Relationship")


@pytest.fixture
def foreign(outsider: User) -> Customer:
    return factories.customer(outsider, name="Kovács Kft")


def answered(of: Customer, score: int = 9, **fields: Any) -> Invitation:
    invitation = factories.invitation(factories.contact(of), send_at=NOW - timedelta(days=1))
    factories.response(invitation, score=score, **fields)
    return invitation


def results(browser: Client, survey: Survey, **query: Any) -> str:
    response = browser.get(reverse("survey", args=[survey.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


# ---- The list ----


def test_the_list_shows_the_figures_of_each_survey(
    survey: Survey, customer: Customer, owner: User, login: Login
) -> None:
    for score in (10, 9, 7, 3):
        answered(customer, score)
    factories.invitation(factories.contact(customer), send_at=NOW - timedelta(days=1))
    factories.survey(name="Unused", is_active=False)

    response = login(owner).get(reverse("surveys"))

    shown = {row.name: figures for row, figures in response.context["rows"]}
    assert (shown["Relationship"].asked, shown["Relationship"].answered) == (5, 4)
    assert (shown["Relationship"].response_rate, shown["Relationship"].nps) == (80, 25)
    page = response.content.decode()
    assert "80 %" in page
    assert "Asked after events" in page
    assert "Not in use" in page


@pytest.mark.parametrize("who", ["owner", "teammate", "manager", "administrator", "outsider"])
def test_figures_are_of_the_customers_one_may_see(
    survey: Survey, customer: Customer, foreign: Customer, login: Login, request: pytest.FixtureRequest, who: str
) -> None:
    answered(customer, 10)
    answered(foreign, 0)
    expected = {"owner": 100, "teammate": 100, "outsider": -100}.get(who, 0)

    response = login(request.getfixturevalue(who)).get(reverse("surveys"))

    assert response.context["rows"][0][1].nps == expected


def test_without_a_survey_the_list_offers_the_first_step(owner: User, manager: User, login: Login) -> None:
    assert "A manager can make the first one." in login(owner).get(reverse("surveys")).content.decode()
    page = login(manager).get(reverse("surveys")).content.decode()
    assert "No survey yet" in page
    assert reverse("survey_new") in page


def test_the_list_says_when_nobody_is_asked(survey: Survey, owner: User, login: Login) -> None:
    Survey.objects.update(is_active=False)

    assert "No survey asks by itself." in login(owner).get(reverse("surveys")).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_however_long(
    customer: Customer, owner: User, login: Login, django_assert_num_queries: Any, rows: int
) -> None:
    contact = factories.contact(customer)
    for _number in range(rows):
        factories.response(factories.invitation(contact, survey=factories.survey()))
    browser = login(owner)

    with django_assert_num_queries(8):  # session, person, company, team, figures, surveys, the one in use, bell
        browser.get(reverse("surveys"))


# ---- The results ----


def test_results_say_the_score_its_parts_and_how_many_they_are(
    survey: Survey, customer: Customer, owner: User, login: Login
) -> None:
    for score in [10] * 10 + [7] * 6 + [2] * 4:
        answered(customer, score)

    page = results(login(owner), survey)

    assert "Net promoter score 30, from 20 answers" in page
    assert "10 promoters, 6 passives, 4 detractors" in page
    assert "20 contacts were asked, 100 % answered." in page


def test_answers_stand_newest_first_with_score_comment_and_customer(
    survey: Survey, customer: Customer, owner: User, login: Login
) -> None:
    answered(customer, 3, comment="Nobody called back", answered_at=NOW - timedelta(hours=2))
    answered(customer, 10, comment="Kind and fast", answered_at=NOW - timedelta(hours=1))

    page = results(login(owner), survey)

    assert page.index("Kind and fast") < page.index("Nobody called back")
    assert "3 · Detractor" in page
    assert "10 · Promoter" in page
    assert f'href="{reverse("customer", args=[customer.pk])}">Lindqvist AB</a>' in page


def test_a_long_comment_is_folded_and_can_be_read_whole(
    survey: Survey, customer: Customer, owner: User, login: Login
) -> None:
    answered(customer, 3, comment="begin " + "word " * 100 + "end")

    page = results(login(owner), survey)

    assert page.count("<details") == 1
    assert "…</summary>" in page
    assert "word end" in page


def test_comments_and_names_are_escaped(survey: Survey, owner: User, login: Login) -> None:
    evil = "<script>alert(1)</script>"
    of = factories.customer(owner, name=evil)
    answered(of, 3, comment=evil + "x" * 300)
    answered(of, 3, comment=evil)
    Survey.objects.update(name=evil)
    Question.objects.update(text=evil)
    browser = login(owner)

    for page in (
        results(browser, survey),
        results(browser, survey, show="waiting"),
        browser.get(reverse("surveys")).content.decode(),
    ):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("who", "mine", "theirs"),
    [
        ("owner", True, False),
        ("teammate", True, False),
        ("outsider", False, True),
        ("manager", True, True),
        ("administrator", True, True),
    ],
)
@pytest.mark.parametrize("show", ["", "waiting"])
def test_rows_are_of_the_customers_one_may_see(
    survey: Survey,
    customer: Customer,
    foreign: Customer,
    login: Login,
    request: pytest.FixtureRequest,
    who: str,
    mine: bool,
    theirs: bool,
    show: str,
) -> None:
    for of in (customer, foreign):
        answered(of)
        factories.invitation(factories.contact(of))

    page = results(login(request.getfixturevalue(who)), survey, show=show)

    assert ("Lindqvist AB" in page) is mine
    assert ("Kovács Kft" in page) is theirs


def test_who_sees_the_whole_company_reads_all_and_withdraws_only_the_own(
    survey: Survey, customer: Customer, foreign: Customer, owner: User, login: Login
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    mine, theirs = (factories.invitation(factories.contact(of)) for of in (customer, foreign))

    page = results(login(owner), survey, show="waiting")

    assert "Kovács Kft" in page
    assert reverse("invitation_revoke", args=[mine.pk]) in page
    assert reverse("invitation_revoke", args=[theirs.pk]) not in page


def test_answers_to_another_survey_are_not_shown(survey: Survey, customer: Customer, owner: User, login: Login) -> None:
    other = factories.survey(name="Other")
    factories.response(factories.invitation(factories.contact(customer), survey=other), comment="Elsewhere")

    assert "Elsewhere" not in results(login(owner), survey)
    assert "Elsewhere" in results(login(owner), other)


@pytest.mark.parametrize(("opinion", "scores"), [("promoter", {9, 10}), ("passive", {7, 8}), ("detractor", {0, 6})])
def test_answers_of_one_opinion_can_be_listed(
    survey: Survey, customer: Customer, owner: User, login: Login, opinion: str, scores: set[int]
) -> None:
    for score in (0, 6, 7, 8, 9, 10):
        answered(customer, score)

    response = login(owner).get(reverse("survey", args=[survey.pk]), {"opinion": opinion})

    assert {answer.score for answer, _themes in response.context["answers"]} == scores


def test_without_answers_the_page_says_so(survey: Survey, owner: User, login: Login) -> None:
    browser = login(owner)

    assert "No answers in the last 90 days" in results(browser, survey)
    assert "Nothing here yet." in results(browser, survey)
    assert "Nobody has an open invitation" in results(browser, survey, show="waiting")


def test_only_open_invitations_wait(survey: Survey, customer: Customer, owner: User, login: Login) -> None:
    answered(customer)
    factories.invitation(factories.contact(customer), revoked_at=NOW)
    factories.invitation(factories.contact(customer), expires_at=NOW)
    waiting = factories.invitation(factories.contact(customer))

    response = login(owner).get(reverse("survey", args=[survey.pk]), {"show": "waiting"})

    assert response.context["waiting"] == [waiting]


def test_what_is_still_to_go_out_is_not_called_asked(
    survey: Survey, customer: Customer, owner: User, login: Login
) -> None:
    factories.invitation(factories.contact(customer), send_at=NOW + timedelta(hours=2))
    assert "goes out 26 Nov 2026" in results(login(owner), survey, show="waiting")

    Invitation.objects.update(send_at=NOW)
    assert "asked 26 Nov 2026" in results(login(owner), survey, show="waiting")


@pytest.mark.parametrize("show", ["", "waiting"])
def test_pages_show_every_row_once(survey: Survey, customer: Customer, owner: User, login: Login, show: str) -> None:
    total = 2 * PAGE + 3
    contact = factories.contact(customer)
    for number in range(total):
        # Some at the same moment, so that only the id decides.
        moment = NOW - timedelta(hours=number // 4)
        invitation = factories.invitation(contact, send_at=moment)
        if not show:
            factories.response(invitation, answered_at=moment)
    browser = login(owner)
    seen: list[int] = []
    after: int | str = ""
    for expected in (PAGE, PAGE, 3):
        context = browser.get(reverse("survey", args=[survey.pk]), {"show": show, "after": after}).context
        rows = context["waiting"] if show else [answer for answer, _themes in context["answers"]]
        assert len(rows) == expected
        seen += [row.pk for row in rows]
        after = context["next"] or ""
    assert not after
    assert len(set(seen)) == total


@pytest.mark.parametrize("cursor", ["", "x", "-1", "0", "999999999", "９", "1" * 400, "\x00", "1 OR 1=1"])
def test_a_cursor_that_leads_nowhere_means_the_first_page(
    survey: Survey, customer: Customer, owner: User, login: Login, cursor: str
) -> None:
    answered(customer, comment="Here I am")

    assert "Here I am" in results(login(owner), survey, after=cursor)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("show", ["", "waiting"])
def test_results_take_the_same_queries_however_long(
    survey: Survey, owner: User, login: Login, django_assert_num_queries: Any, rows: int, show: str
) -> None:
    for _number in range(rows):
        of = factories.customer(owner)
        answered(of)
        factories.invitation(factories.contact(of))
    browser, url = login(owner), reverse("survey", args=[survey.pk])

    # Session, person, company, team, survey, questions, figures, rows, who may change them, bell; for answers themes.
    with django_assert_num_queries(10 if show else 11):
        browser.get(url, {"show": show})
