"""Thanks to promoters, who are asked whether they know somebody: to whom, when, and once a year at most."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from outreach import gate
from outreach.models import Message, MessageKind
from outreach.planning import plan, running
from outreach.tests.reading import build, read
from surveys.models import Response, Survey
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch, company: Company) -> None:
    kind = MessageKind.RECOMMEND.value
    monkeypatch.setattr(running, "PLANNERS", {kind: running.PLANNERS[kind]})
    factories.survey()
    Survey.objects.update(asks_promoters=True)


def answered(score: int = 9, at: datetime = NOW, **contact: Any) -> Response:
    to = factories.contact(**{"time_zone": "UTC", **contact})
    return factories.response(factories.invitation(to, survey=Survey.objects.get()), score=score, answered_at=at)


def planned(first: int = 0, last: int = 4) -> list[Message]:
    for number in range((last - first) * 4):
        plan(at=NOW + first * DAY + number * timedelta(hours=6))
    return list(Message.objects.filter(kind=MessageKind.RECOMMEND))


def test_a_promoter_is_thanked_in_the_morning_after_the_answer_is_final() -> None:
    response = answered()
    (message,) = planned()

    assert (message.contact, message.occasion) == (response.contact, f"recommend:{response.pk}")
    assert message.due_at == datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize(("score", "number"), [(8, 0), (9, 1), (10, 1)])
def test_only_promoters_are_asked(score: int, number: int) -> None:
    answered(score)
    assert len(planned()) == number


def test_where_the_survey_does_not_say_so_nobody_is() -> None:
    Survey.objects.update(asks_promoters=False)
    answered()
    assert planned() == []


def test_who_changed_the_answer_within_its_day_is_asked_by_what_stands() -> None:
    response = answered(10)
    plan(at=NOW + timedelta(hours=20))
    Response.objects.filter(pk=response.pk).update(score=5)
    assert planned(1) == []


@pytest.mark.parametrize(("days", "number"), [(200, 1), (358, 1), (367, 2)])
def test_nobody_is_asked_twice_within_a_year(days: int, number: int) -> None:
    first = answered()
    planned()
    again = factories.invitation(first.contact, survey=first.invitation.survey, send_at=NOW + days * DAY)
    factories.response(again, score=10, answered_at=NOW + days * DAY)
    assert len(planned(days, days + 4)) == number


def test_two_answers_of_one_person_at_once_are_one_mail() -> None:
    first = answered()
    factories.response(factories.invitation(first.contact, survey=first.invitation.survey), score=10)
    assert len(planned()) == 1


def test_old_answers_ask_nobody() -> None:
    answered(at=NOW - 6 * DAY)
    assert planned() == []


@pytest.mark.parametrize(
    ("customer", "contact"),
    [
        ({"do_not_contact": True}, {}),
        ({"lost_on": NOW.date()}, {}),
        ({}, {"allows_thanks": False}),
        ({}, {"email": ""}),
        ({}, {"deceased": True}),
    ],
)
def test_who_can_not_or_does_not_want_to_be_written_to_is_not(
    customer: dict[str, Any], contact: dict[str, Any]
) -> None:
    response = answered()
    if customer:
        Customer.objects.filter(pk=response.customer_id).update(**customer)
    if contact:
        Contact.objects.filter(pk=response.contact_id).update(**contact)
    assert planned() == []


def test_the_gate_looks_again() -> None:
    response = answered()
    (message,) = planned()
    Contact.objects.filter(pk=response.contact_id).update(allows_thanks=False)
    (loaded,) = gate.load([message.pk])
    assert gate.check([loaded], at=message.due_at, company=Company.current())[message.pk].rule == "no_consent"


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("tone", ["formal", "friendly"])
def test_the_mail_is_whole_and_can_be_stopped(language: str, tone: str) -> None:
    response = answered(language=language, tone=tone)
    (message,) = planned()
    mail = read(build(message))
    assert response.contact.addressed_as in str(mail["Subject"])
    assert "List-Unsubscribe" in mail
    assert "{" not in mail.as_string().split("charset")[0]


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_plan_one() -> None:
    answered()
    at_once(lambda: plan(at=NOW + DAY), 2)
    assert Message.objects.filter(kind=MessageKind.RECOMMEND).count() == 1
