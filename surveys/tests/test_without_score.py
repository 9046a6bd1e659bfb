"""An answer without a score: it counts as one, and says nothing about how content somebody is."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import FollowUp
from retention.models import CustomerRisk
from retention.scoring import rescore
from surveys.answering import record_answer
from surveys.models import Invitation, Kind, Response
from surveys.tallying import Tally, tally
from surveys.tests.sheets import asked_by, survey_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present")
Login = Callable[[User], Client]


@pytest.fixture
def unscored(company: Company, customer: Customer) -> Response:
    """The lowest satisfaction there is, without a question for recommendation."""
    survey = survey_of({"kind": Kind.CSAT, "key": "csat"}, name="After a meeting")
    contact = factories.contact(customer, name="Amira Haddad")
    asked = factories.invitation(contact, survey=survey, send_at=NOW - timedelta(days=1))
    return record_answer(asked.pk, asked_by(survey), {"csat": Decimal(1)}, NOW)


def test_it_is_counted_as_an_answer_and_not_as_an_opinion(unscored: Response) -> None:
    (figures,) = tally(Invitation.objects.all(), NOW).values()

    assert figures == Tally(asked=1, others=1)
    assert (figures.answered, figures.response_rate, figures.nps) == (1, 100, None)
    assert FollowUp.objects.get().title.endswith(": answered 1 of 5")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("surveys", "100 %"),
        ("survey", "1 answer in 90 days"),
        ("survey_results", "1 on average; 0 % are satisfied"),
        ("customer", "Lindqvist AB"),
        ("customer_timeline", "Survey answered"),
        ("today", "Today"),
        ("portfolio", "Portfolio"),
    ],
)
def test_every_page_that_shows_answers_can_show_it(
    unscored: Response, manager: User, login: Login, page: str, words: str
) -> None:
    survey, customer = unscored.invitation.survey_id, unscored.customer_id
    arguments = {
        "survey": [survey],
        "survey_results": [survey],
        "customer": [customer],
        "customer_timeline": [customer],
    }

    response = login(manager).get(reverse(page, args=arguments.get(page, [])))

    assert response.status_code == 200
    assert words in response.content.decode()
    assert "None" not in response.content.decode()


def test_the_risk_of_the_customer_is_computed_all_the_same(unscored: Response, customer: Customer) -> None:
    for days in (100, 60, 20):
        factories.purchase(customer, happened_at=NOW - timedelta(days=days), created_at=NOW - timedelta(days=days))

    rescore([customer.pk], at=NOW)

    assert CustomerRisk.objects.get(customer=customer).risk is not None


def test_an_unhappy_answer_of_before_still_counts(unscored: Response, customer: Customer) -> None:
    for days in (100, 60, 20):
        factories.purchase(customer, happened_at=NOW - timedelta(days=days), created_at=NOW - timedelta(days=days))
    asked = factories.invitation(unscored.contact, survey=factories.survey())
    factories.response(asked, score=2, answered_at=NOW - timedelta(days=3))
    rescore([customer.pk], at=NOW)
    with_both = CustomerRisk.objects.get(customer=customer).risk
    unscored.delete()

    rescore([customer.pk], at=NOW)

    assert CustomerRisk.objects.get(customer=customer).risk == with_both
