"""Asking many customers by a survey: counted first, by the rules of invitations, taken back where nothing had gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User
from customers.models import Contact, Customer
from dashboard.bulk_actions import THINK_AGAIN
from dashboard.models import BulkChange
from dashboard.tests.test_bulk import Action, post, started, through, undone
from outreach.models import Approval, Message, State
from outreach.planning import plan
from surveys.models import Invitation, Survey
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("this_morning")]


@pytest.fixture(autouse=True)
def survey(company: Company) -> Survey:
    return factories.survey(name="Autumn", question="How are we doing?")


@pytest.fixture
def contacts(three: list[Customer]) -> list[Contact]:
    return [factories.contact(row) for row in three]


def asking(by: User) -> BulkChange:
    return started(Action.SURVEY, by, id=Survey.objects.get().pk)


def states() -> dict[int, str]:
    return dict(Message.objects.filter(kind="survey").values_list("customer", "state"))


def test_it_says_first_who_is_asked_and_who_is_not_and_then_asks(
    login: Login, manager: User, three: list[Customer], contacts: list[Contact], survey: Survey
) -> None:
    Contact.objects.filter(pk=contacts[0].pk).update(allows_surveys=False)
    factories.customer(three[0].owner, lost_on=NOW.date())
    browser = login(manager)

    first = post(browser, "all", "state=all", action="survey", survey=survey.pk)

    html = first.content.decode()
    assert (first.status_code, first.context["asked"]) == (200, 2)
    assert dict(first.context["reasons"]) == {"do not want surveys": 1, "have left us": 1}
    assert "2 customers would be asked" in html and "Ask 2 customers" in html
    assert "How are we doing?" in html
    assert not BulkChange.objects.exists()

    done = browser.post(
        first.wsgi_request.get_full_path(), {"all": "on", "action": "survey", "survey": survey.pk, "sure": "on"}
    )
    assert done.status_code == 302
    assert set(Invitation.objects.values_list("contact", flat=True)) == {contacts[1].pk, contacts[2].pk}
    page = browser.get(done.headers["Location"]).content.decode()
    assert "Asked by the survey “Autumn”: 2 customers." in page
    assert BulkChange.objects.get().counts() | {"changed": 2, "same": 2} == BulkChange.objects.get().counts()


def test_where_nobody_can_be_asked_there_is_no_button(
    login: Login, manager: User, three: list[Customer], survey: Survey
) -> None:
    html = post(login(manager), three, action="survey", survey=survey.pk).content.decode()

    assert "None of them can be asked now" in html
    assert "have no main contact" in html
    assert "Ask 0" not in html


def test_only_surveys_in_use_can_be_chosen_and_without_one_it_is_not_offered(
    login: Login, manager: User, three: list[Customer], survey: Survey
) -> None:
    browser = login(manager)
    Survey.objects.update(is_active=False)

    refused = post(browser, three, action="survey", survey=survey.pk)

    assert refused.status_code == 422
    assert "Ask them by a survey" not in post(browser, three).content.decode()


@pytest.mark.parametrize("survey", ["", "0", "x", "\x00", "9" * 30])
def test_a_survey_that_is_none_is_said_at_the_field(
    login: Login, manager: User, three: list[Customer], survey: Any
) -> None:
    factories.survey()
    response = post(login(manager), three, action="survey", survey=survey, sure="on")

    assert response.status_code == 422
    assert "survey" in response.context["form"].errors


def test_invitations_go_through_the_ledger_and_wait_for_approval_where_it_is_asked_for(
    manager: User, three: list[Customer], contacts: list[Contact]
) -> None:
    Approval.objects.create(kind="survey", segment=three[0].segment)
    through(asking(manager))

    plan(at=NOW)

    assert states() == {three[0].pk: State.PROPOSED, three[1].pk: State.PLANNED, three[2].pk: State.PLANNED}
    assert set(Message.objects.filter(kind="survey").values_list("due_at", flat=True)) == {NOW + THINK_AGAIN}
    plan(at=NOW + timedelta(minutes=1))
    assert Message.objects.filter(kind="survey").count() == 3


def test_a_second_change_asks_nobody_again(manager: User, three: list[Customer], contacts: list[Contact]) -> None:
    assert through(asking(manager)) == {"changed": 3, "total": 3}
    assert through(asking(manager)) == {"same": 3, "total": 3}
    assert Invitation.objects.count() == 3


def test_taking_it_back_calls_off_what_has_not_gone_and_says_what_had(
    login: Login, manager: User, three: list[Customer], contacts: list[Contact]
) -> None:
    change = asking(manager)
    through(change)
    plan(at=NOW)
    Message.objects.filter(customer=three[0]).update(state=State.SENT, finished_at=NOW)
    Message.objects.filter(customer=three[1]).update(state=State.HELD)

    assert undone(change) == {"taken_back": 2, "kept": 1, "total": 3}

    assert states() == {three[0].pk: State.SENT, three[1].pk: State.CANCELLED, three[2].pk: State.CANCELLED}
    assert Invitation.objects.get().customer == three[0]
    html = login(manager).get(f"/customers/changes/{change.pk}/").content.decode()
    assert "not asked after all" in html
    assert "asked, for the mail had gone" in html


def test_who_was_not_asked_after_all_can_be_asked_again(
    manager: User, three: list[Customer], contacts: list[Contact]
) -> None:
    change = asking(manager)
    through(change)
    assert undone(change) == {"taken_back": 3, "total": 3}

    assert through(asking(manager)) == {"changed": 3, "total": 3}
    plan(at=NOW)
    assert set(states().values()) == {State.PLANNED}


def test_before_anything_is_planned_it_is_taken_back_whole(
    manager: User, three: list[Customer], contacts: list[Contact]
) -> None:
    change = asking(manager)
    through(change)
    assert undone(change) == {"taken_back": 3, "total": 3}

    plan(at=NOW)
    assert not states()
    assert not Invitation.objects.exists()


def test_a_survey_that_is_out_of_use_meanwhile_asks_nobody(
    manager: User, three: list[Customer], contacts: list[Contact]
) -> None:
    change = asking(manager)
    Survey.objects.update(is_active=False)

    assert through(change) == {"refused": 3, "total": 3}
