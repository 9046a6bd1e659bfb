"""What an unhappy answer sets in motion: the follow-up with its time, the alert, the complaint; and closing it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from interactions.models import Complaint, FollowUp
from interactions.scheduling import within_hours
from outreach.describing import say
from outreach.models import Message, Notification
from outreach.planning import plan
from surveys.answering import record_answer
from surveys.models import Invitation, Kind, Response, Survey
from surveys.tests.answer_page import address, scored
from surveys.tests.sheets import survey_of
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]
DAY = timedelta(days=1)


def asked(*kinds: Kind, **fields: Any) -> Invitation:
    survey = survey_of(*({"kind": kind, "key": kind.value} for kind in kinds))
    Survey.objects.filter(pk=survey.pk).update(**fields)
    return factories.invitation(factories.contact(name="Amira Haddad"), survey=survey)


def answer(invitation: Invitation, **said: int) -> Response:
    invitation.refresh_from_db()
    version = invitation.survey.published
    assert version is not None
    return record_answer(invitation.pk, version, {key: Decimal(value) for key, value in said.items()}, NOW)


# ---- Which answers ----


@pytest.mark.parametrize(
    ("kind", "point", "title"),
    [
        (Kind.NPS, 6, "Call Amira Haddad: scored 6"),
        (Kind.NPS, 7, None),
        (Kind.CSAT, 1, "Call Amira Haddad: answered 1 of 5"),
        (Kind.CSAT, 2, "Call Amira Haddad: answered 2 of 5"),
        (Kind.CSAT, 3, None),
        (Kind.CES, 3, "Call Amira Haddad: answered 3 of 7"),
        (Kind.CES, 4, None),
    ],
)
def test_which_points_of_which_scales_open_a_follow_up(
    company: Company, kind: Kind, point: int, title: str | None
) -> None:
    answer(asked(kind), **{kind.value: point})

    assert [row.title for row in FollowUp.objects.all()] == ([title] if title else [])


def test_two_unhappy_answers_open_one_that_names_the_first(company: Company) -> None:
    answer(asked(Kind.CSAT, Kind.NPS), csat=2, nps=3)

    assert FollowUp.objects.get().title == "Call Amira Haddad: answered 2 of 5"


def test_who_is_content_again_is_no_longer_counted_but_stays_to_be_called(company: Company) -> None:
    invitation = asked(Kind.CSAT)
    answer(invitation, csat=1)
    answer(invitation, csat=5)

    assert not Response.objects.unhappy().exists()
    assert FollowUp.objects.get().is_open


# ---- By when ----


@pytest.mark.parametrize(
    ("hours", "at", "due"),
    [
        # Friday morning in Stockholm: the week-end does not count.
        (24, datetime(2026, 11, 27, 9, 0, tzinfo=UTC), datetime(2026, 11, 30, 9, 0, tzinfo=UTC)),
        (24, datetime(2026, 11, 28, 9, 0, tzinfo=UTC), datetime(2026, 11, 30, 16, 0, tzinfo=UTC)),
        (48, datetime(2026, 11, 27, 9, 0, tzinfo=UTC), datetime(2026, 12, 1, 9, 0, tzinfo=UTC)),
        (1, datetime(2026, 11, 26, 9, 0, tzinfo=UTC), datetime(2026, 11, 26, 10, 0, tzinfo=UTC)),
        # In the night: at the beginning of work; in the evening: at its end.
        (24, datetime(2026, 11, 26, 2, 0, tzinfo=UTC), datetime(2026, 11, 27, 8, 0, tzinfo=UTC)),
        (24, datetime(2026, 11, 26, 20, 0, tzinfo=UTC), datetime(2026, 11, 27, 16, 0, tzinfo=UTC)),
        # Christmas and St Stephen's, which are a Friday and a Saturday.
        (24, datetime(2026, 12, 24, 9, 0, tzinfo=UTC), datetime(2026, 12, 28, 9, 0, tzinfo=UTC)),
        # Over the change to summer time there are as many hours.
        (24, datetime(2026, 3, 27, 9, 0, tzinfo=UTC), datetime(2026, 3, 30, 8, 0, tzinfo=UTC)),
    ],
)
def test_the_hours_are_those_of_working_days(owner: User, hours: int, at: datetime, due: datetime) -> None:
    assert within_hours(hours, owner, at=at, country="SE") == due


def test_the_survey_says_how_many_hours(company: Company) -> None:
    answer(asked(Kind.CSAT, follow_up_hours=2), csat=1)

    assert FollowUp.objects.get().due_at == NOW + timedelta(hours=2)


# ---- The alert ----


def test_the_owner_hears_of_a_low_answer_at_once_on_the_bell_and_by_mail(company: Company) -> None:
    invitation = asked(Kind.CSAT)
    answer(invitation, csat=2)
    plan(at=NOW + timedelta(minutes=1))

    told = Notification.objects.get(kind="answer")
    assert told.person == invitation.customer.owner
    assert "Amira Haddad answered 2 of 5." in say(told).why
    assert Message.objects.filter(kind="urgent", recipient=told.person).count() == 1


# ---- By the customer's word ----


@pytest.fixture
def unhappy(company: Company) -> Invitation:
    invitation = asked(Kind.NPS, Kind.LONG, offers_complaint=True)
    invitation.refresh_from_db()
    return invitation


def test_who_is_unhappy_is_asked_whether_it_is_a_complaint_and_it_is_opened_once(
    unhappy: Invitation, browser: Client, present: Any
) -> None:
    page = address(unhappy)
    browser.post(page, {"score": "2", "comment": "Nobody called back"})
    assert "Shall we treat this as a complaint?" in browser.get(page).content.decode()
    assert not Complaint.objects.exists()

    for _time in range(3):
        assert browser.post(page, {"complaint": "yes"}).status_code == 302
    complaint = Complaint.objects.get()
    assert (complaint.what, complaint.owner) == ("Nobody called back", unhappy.customer.owner)
    html = browser.get(page).content.decode()
    assert "We treat this as a complaint" in html
    assert "Shall we treat" not in html
    assert Response.objects.get().score == 2


def test_without_a_word_it_says_which_survey(unhappy: Invitation, browser: Client, present: Any) -> None:
    browser.post(address(unhappy), {"score": "2"})
    browser.post(address(unhappy), {"complaint": "yes"})

    assert Complaint.objects.get().what == f"Unhappy answer to the survey “{unhappy.survey}”"


@pytest.mark.parametrize(("offers", "score"), [(False, "2"), (True, "9")])
def test_who_is_content_and_where_it_is_not_offered_nobody_is_asked(
    unhappy: Invitation, browser: Client, present: Any, offers: bool, score: str
) -> None:
    Survey.objects.update(offers_complaint=offers)
    page = address(unhappy)
    browser.post(page, {"score": score})
    browser.post(page, {"complaint": "yes"})

    assert "Shall we treat" not in browser.get(page).content.decode()
    assert not Complaint.objects.exists()


def test_opening_the_page_opens_no_complaint(unhappy: Invitation, browser: Client, present: Any) -> None:
    browser.post(address(unhappy), {"score": "2"})
    browser.get(address(unhappy) + "?complaint=yes")

    assert not Complaint.objects.exists()


def test_a_complaint_before_an_answer_is_none(unhappy: Invitation, browser: Client, present: Any) -> None:
    assert browser.post(address(unhappy), {"complaint": "yes"}).status_code == 302
    assert not Complaint.objects.exists()
    assert not Response.objects.exists()


# ---- Closing ----


def test_it_is_closed_by_saying_what_was_done(login: Login, invitation: Invitation, present: Any) -> None:
    record_answer(invitation.pk, *scored(invitation, 2), NOW)
    row, browser = FollowUp.objects.get(), login(invitation.customer.owner)
    done, close = (reverse(name, args=[row.pk]) for name in ("follow_up_done", "follow_up_close"))

    assert browser.post(done).headers["Location"] == close
    assert browser.post(done, headers={"HX-Request": "true"}).headers["HX-Redirect"] == close
    assert FollowUp.objects.get().is_open
    empty = browser.post(close, {"outcome": " "})
    assert empty.status_code == 422
    assert "Write in a few words what was done." in empty.content.decode()
    assert browser.post(close, {"outcome": "Called her, sent a new one"}).status_code == 302

    row.refresh_from_db()
    assert (row.done_at, row.outcome) == (NOW, "Called her, sent a new one")
    browser.post(close, {"outcome": "Something else"})
    row.refresh_from_db()
    assert row.outcome == "Called her, sent a new one"


def test_any_other_follow_up_is_ticked_off_as_before(login: Login, owner: User, company: Company) -> None:
    row = factories.follow_up(factories.customer(owner))
    login(owner).post(reverse("follow_up_done", args=[row.pk]))

    assert not FollowUp.objects.get().is_open


def test_the_page_has_what_is_open_and_how_it_was_closed_at_the_same_cost_for_one_and_for_three(
    login: Login, manager: User, company: Company, present: Any
) -> None:
    browser, counts = login(manager), []
    assert "Nobody waits." in browser.get(reverse("survey_follow_ups")).content.decode()
    for number in (1, 2):
        for _time in range(number):
            answered = factories.invitation(factories.contact())
            record_answer(answered.pk, *scored(answered, 2), NOW - 5 * DAY)
            closed = factories.invitation(factories.contact())
            record_answer(closed.pk, *scored(closed, 1), NOW - 5 * DAY)
            FollowUp.objects.get(customer=closed.customer).finish(manager, NOW - 4 * DAY, "Visited them")
        with CaptureQueriesContext(connection) as counted:
            html = browser.get(reverse("survey_follow_ups")).content.decode()
        counts.append(len(counted))
    assert counts[0] == counts[1]
    assert "3 wait for somebody to act" in html
    assert "3 were closed in 90 days: half of them within 24 hours" in html
    assert html.count("Visited them") == 3
