"""Answers in confidence: said before, counted only together, and leading back to nobody, wherever one looks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from interactions.models import FollowUp
from outreach import gate
from outreach.models import Notification
from outreach.planning import plan
from surveys.answering import AnswerRefusedError, record_answer
from surveys.confiding import countable, record_in_confidence
from surveys.drafting import draft_of, publish
from surveys.models import Begun, Invitation, Response, Survey, Unnamed, UnnamedAnswer, Version
from surveys.tests.answer_page import address, scored
from surveys.tests.threads import together
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]
WEEK = timedelta(days=7)


@pytest.fixture
def survey(company: Company) -> Survey:
    made = factories.survey(name="How is it with us?")
    Version.objects.update(is_confidential=True, least_answers=3)
    made.refresh_from_db()
    return made


def asked(survey: Survey, **fields: Any) -> Invitation:
    made = factories.invitation(factories.contact(**fields), survey=survey)
    made.refresh_from_db()
    return made


def answer(survey: Survey, score: int = 2, comment: str = "", at: Any = NOW) -> Invitation:
    invitation = asked(survey)
    Invitation.objects.update(expires_at=NOW + 99 * WEEK)
    record_in_confidence(invitation.pk, *scored(invitation, score, comment), at)
    return invitation


# ---- Said before, and taken once ----


def test_it_is_said_before_the_question(survey: Survey, browser: Client, present: Any) -> None:
    html = browser.get(address(asked(survey))).content.decode()

    said = html.index("Your answer is confidential.")
    assert said < html.index('type="radio"')
    assert "will read your answer, with your name" not in html


def test_it_is_counted_once_and_can_not_be_changed(survey: Survey, browser: Client, present: Any) -> None:
    invitation = asked(survey)
    page = address(invitation)
    for score in ("2", "9", "9"):
        assert browser.post(page, {"score": score, "comment": "Slow"}).status_code in {200, 302}

    assert [int(row.number) for row in UnnamedAnswer.objects.filter(question__kind="nps") if row.number] == [2]
    assert not Response.objects.exists()
    html = browser.get(page).content.decode()
    assert "Your answer has been counted" in html
    assert "Slow" not in html
    assert 'type="radio"' not in html


def test_what_is_refused_is_kept_nowhere(survey: Survey, browser: Client, present: Any) -> None:
    response = browser.post(address(asked(survey)), {"score": "11", "comment": "Slow"})

    assert response.status_code == 422
    assert not Begun.objects.exists()
    assert not Unnamed.objects.exists()


def test_opening_the_page_records_nothing(survey: Survey, browser: Client, present: Any) -> None:
    invitation = asked(survey)
    for score in range(11):
        browser.get(f"{address(invitation)}?score={score}")
        browser.head(f"{address(invitation)}?score={score}")

    invitation.refresh_from_db()
    assert not invitation.answered_in_confidence
    assert not Unnamed.objects.exists()


def test_one_invitation_is_answered_either_way_and_never_twice(survey: Survey, browser: Client) -> None:
    named, confided = asked(survey), answer(survey)
    record_answer(named.pk, *scored(named, 9), NOW)

    with pytest.raises(AnswerRefusedError):
        record_in_confidence(named.pk, *scored(named, 9), NOW)
    with pytest.raises(AnswerRefusedError):
        record_answer(confided.pk, *scored(confided, 9), NOW)
    with pytest.raises(AnswerRefusedError):
        record_in_confidence(confided.pk, *scored(confided, 9), NOW)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_count_once(survey: Survey) -> None:
    invitation = asked(survey)

    def work() -> int:
        try:
            record_in_confidence(invitation.pk, *scored(invitation, 2), NOW)
        except AnswerRefusedError:
            return 0
        return 1

    assert sorted(together(work, work)) == [0, 1]
    assert Unnamed.objects.count() == 1


# ---- Nothing leads back ----


def reached_from(model: type[models.Model], stop: set[str]) -> set[str]:
    """The names of all models whose rows can be found from one of these by the columns of the database."""
    found: set[str] = set()
    todo: list[type[models.Model]] = [model]
    while todo:
        here = todo.pop()
        for field in here._meta.concrete_fields:
            other = field.related_model
            if isinstance(other, type) and other.__name__ not in found | stop:
                found.add(other.__name__)
                todo.append(other)
    return found


def test_no_column_leads_from_the_answer_to_a_person_or_back() -> None:
    ahead = reached_from(UnnamedAnswer, stop={"PublicLink"})
    assert ahead == {"Unnamed", "Question", "Version", "Survey"}
    pointing = {relation.related_model.__name__ for relation in Unnamed._meta.related_objects}
    assert pointing == {"UnnamedAnswer"}
    assert not UnnamedAnswer._meta.related_objects


def test_nothing_that_is_kept_with_it_is_kept_with_the_person(survey: Survey) -> None:
    before = _values("surveys_invitation")
    invitation = answer(survey, comment="Slow")
    row = Unnamed.objects.get()
    own = {str(row.pk), *(str(said.pk) for said in row.answers.all()), "Slow"}

    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {"surveys_unnamed", "surveys_unnamedanswer"}
    for table in tables:
        assert not any(value in text for text in _values(table) for value in own), table
    assert (row.week.isoformat(), row.week.weekday()) == ("2026-11-23", 0)
    changed = set(_values("surveys_invitation")) - set(before)
    assert len(changed) == 1
    assert Invitation.objects.get(pk=invitation.pk).answered_in_confidence


def _values(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_the_transaction_that_wrote_it_wrote_the_others_as_well(survey: Survey) -> None:
    for score in (1, 5, 9):
        answer(survey, score)

    with connection.cursor() as cursor:
        for table in ("surveys_unnamed", "surveys_unnamedanswer"):
            cursor.execute(f"SELECT count(DISTINCT xmin::text), count(*) FROM {table}")
            assert cursor.fetchone() == (1, 3)


def test_nobody_is_told_and_nothing_is_opened(survey: Survey, manager: User, login: Login) -> None:
    invitation = answer(survey, 0, "Terrible")
    plan(at=NOW + timedelta(minutes=1))

    assert not FollowUp.objects.exists()
    assert not Notification.objects.filter(kind="answer").exists()
    browser = login(manager)
    for page in ("customer", "customer_timeline"):
        html = browser.get(reverse(page, args=[invitation.customer_id])).content.decode()
        assert "Terrible" not in html
    html = browser.get(reverse("survey", args=[survey.pk])).content.decode()
    assert "Terrible" not in html


def test_who_answered_is_not_reminded_and_no_longer_waits(survey: Survey, login: Login, manager: User) -> None:
    invitation = answer(survey)
    message = factories.message(
        invitation.contact, kind="reminder", occasion="reminder:1:1", invitation=invitation, due_at=NOW
    )

    (loaded,) = gate.load([message.pk])
    assert gate.check([loaded], at=NOW, company=Company.current())[message.pk].rule == "answered"
    html = login(manager).get(reverse("survey", args=[survey.pk]) + "?show=waiting").content.decode()
    assert "Nobody has an open invitation" in html


# ---- Counted only together ----


def test_nothing_is_shown_of_this_week_or_of_fewer_than_the_least_number(survey: Survey) -> None:
    for week, number in enumerate((2, 2, 1, 3)):
        for _time in range(number):
            answer(survey, at=NOW + week * WEEK)

    shown = [countable(survey, NOW + week * WEEK).count() for week in range(6)]
    # Two wait for the two of the week after; the fifth for the three that came then.
    assert shown == [0, 0, 4, 4, 8, 8]


def test_the_page_and_the_files_show_figures_without_a_name_or_a_day(
    survey: Survey, login: Login, manager: User, owner: User, present: Any
) -> None:
    invitations = [answer(survey, score, f"Because of {score}") for score in (2, 9, 10)]
    page, browser = reverse("survey_results", args=[survey.pk]) + "?given=confidence", login(manager)
    file = reverse("survey_export", args=[survey.pk, "csv"]) + "?given=confidence"
    assert "Because of 9" not in browser.get(page).content.decode()
    assert b"Because of 9" not in b"".join(browser.get(file).streaming_content)  # type: ignore[attr-defined]

    present.shift(WEEK)
    html = browser.get(page).content.decode()
    text = b"".join(browser.get(file).streaming_content).decode()  # type: ignore[attr-defined]
    for shown in (html[html.index('<main id="main"') :], text):
        assert "Because of 9" in shown
        for invitation in invitations:
            assert invitation.contact.name not in shown
            assert invitation.customer.name not in shown
    assert "2026-11-26" not in text
    assert "3 answers" in html

    staff = login(owner).get(page).content.decode()
    assert "Because of 9" not in staff


def test_it_begins_and_ends_with_a_version(login: Login, manager: User, company: Company, browser: Client) -> None:
    survey = factories.survey()
    staff = login(manager)
    staff.post(reverse("survey_confidence", args=[survey.pk]), {"is_confidential": "on", "least_answers": "4"})
    assert not Survey.objects.get().published.is_confidential  # type: ignore[union-attr]

    publish(survey, NOW)
    version = Version.objects.get(survey=survey, number=2)
    assert (version.is_confidential, version.least_answers) == (True, 4)
    assert draft_of(survey).is_confidential


@pytest.mark.parametrize("least", ["0", "2", "101", "", "x"])
def test_too_few_to_hide_among_is_refused(login: Login, manager: User, survey: Survey, least: str) -> None:
    page = reverse("survey_confidence", args=[survey.pk])

    assert login(manager).post(page, {"is_confidential": "on", "least_answers": least}).status_code == 422


def test_who_opened_the_page_when_it_had_the_name_answers_with_the_name(
    survey: Survey, browser: Client, present: Any
) -> None:
    """What was said on the page that was opened is what holds."""
    first = Survey.objects.get().published
    assert first is not None
    draft = draft_of(survey)
    Version.objects.filter(pk=draft.pk).update(is_confidential=False)
    publish(survey, NOW)

    browser.post(address(asked(survey)), {"score": "3", "version": str(first.pk)})
    assert (Unnamed.objects.count(), Response.objects.count()) == (1, 0)
    browser.post(address(asked(survey)), {"score": "3"})
    assert (Unnamed.objects.count(), Response.objects.count()) == (1, 1)
