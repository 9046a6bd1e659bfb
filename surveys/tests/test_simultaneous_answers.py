"""Two submissions of one link at the same moment, over two connections to the database."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer
from interactions.models import FollowUp
from surveys.answering import record_answer
from surveys.models import Invitation, Response
from surveys.tests.answer_page import address, scored
from surveys.tests.threads import together
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("present")]


@pytest.fixture
def asked() -> Invitation:
    return factories.invitation(factories.contact(name="Amira Haddad"))


def test_two_answers_at_once_make_one_response(asked: Invitation) -> None:
    for _round in range(10):
        Response.objects.all().delete()
        results = together(
            lambda: record_answer(asked.pk, *scored(asked, 9, "one"), NOW),
            lambda: record_answer(asked.pk, *scored(asked, 10, "two"), NOW + timedelta(seconds=1)),
        )

        response = Response.objects.get()
        assert {result.pk for result in results} == {response.pk}
        assert (response.score, response.comment) in {(9, "one"), (10, "two")}
        assert response.edited_at is not None


def test_the_same_bad_answer_twice_at_once_opens_one_follow_up(asked: Invitation) -> None:
    for _round in range(10):
        FollowUp.objects.all().delete()
        Response.objects.all().delete()
        together(*[lambda: record_answer(asked.pk, *scored(asked, 3, "bad"), NOW)] * 4)

        assert Response.objects.get().edited_at is None
        assert FollowUp.objects.count() == 1


def test_two_clicks_at_once_on_the_page_both_end_well(asked: Invitation) -> None:
    url = address(asked)

    statuses = together(*[lambda: Client().post(url, {"score": "2"}).status_code] * 4)

    assert statuses == [302] * 4
    assert Response.objects.count() == FollowUp.objects.count() == 1


def test_two_contacts_of_one_customer_answer_at_once(asked: Invitation) -> None:
    other = factories.invitation(factories.contact(asked.customer))

    for _round in range(10):
        Response.objects.all().delete()
        together(
            lambda: record_answer(asked.pk, *scored(asked, 3), NOW),
            lambda: record_answer(other.pk, *scored(other, 4), NOW),
        )
        assert Response.objects.count() == 2

    assert Customer.objects.get(pk=asked.customer_id).risk_stale_since is not None
