"""The figures of a survey."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company
from customers.models import Customer
from surveys.models import Invitation, Survey
from surveys.tallying import Tally, tally
from tests import factories
from tests.factories import NOW

counts = st.integers(min_value=0, max_value=100_000)


def test_ten_promoters_and_four_detractors_of_twenty_make_thirty() -> None:
    figures = Tally(asked=80, promoters=10, passives=6, detractors=4)

    assert (figures.nps, figures.answered, figures.response_rate) == (30, 20, 25)
    assert (figures.promoters_percent, figures.passives_percent, figures.detractors_percent) == (50, 30, 20)


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "nps"),
    [
        (1, 0, 0, 100),
        (0, 0, 1, -100),
        (0, 1, 0, 0),
        (1, 0, 1, 0),
        (1, 2, 0, 33),
        (2, 1, 0, 67),
        (0, 2, 1, -33),
        (1, 7, 0, 13),
        (0, 7, 1, -13),
        (1, 199, 0, 1),
        (0, 199, 1, -1),
    ],
)
def test_the_score_is_rounded_to_a_whole_alike_up_and_down(
    promoters: int, passives: int, detractors: int, nps: int
) -> None:
    assert Tally(promoters=promoters, passives=passives, detractors=detractors).nps == nps


def test_without_answers_there_is_no_score_and_without_questions_no_rate() -> None:
    assert Tally().nps is None
    assert Tally().response_rate is None
    assert Tally(asked=3).nps is None
    assert Tally(asked=3).response_rate == 0


@given(counts, counts, counts)
def test_the_score_stays_on_its_scale_and_changes_sign_with_the_sides(
    promoters: int, passives: int, detractors: int
) -> None:
    nps = Tally(promoters=promoters, passives=passives, detractors=detractors).nps
    mirrored = Tally(promoters=detractors, passives=passives, detractors=promoters).nps

    if promoters + passives + detractors == 0:
        assert nps is None
    else:
        assert nps is not None
        assert mirrored == -nps
        assert -100 <= nps <= 100


def test_answers_are_counted_for_each_survey(customer: Customer) -> None:
    contact = factories.contact(customer)
    first, second, third = (factories.survey() for _number in range(3))
    for score in (0, 6, 7, 8, 9, 10):
        factories.response(factories.invitation(contact, survey=first), score=score)
    factories.invitation(contact, survey=first)
    factories.response(factories.invitation(contact, survey=second), score=10)

    assert tally(Invitation.objects.all(), NOW) == {
        first.pk: Tally(asked=7, promoters=2, passives=2, detractors=2),
        second.pk: Tally(asked=1, promoters=1),
    }
    assert third.pk not in tally(Invitation.objects.all(), NOW)


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"send_at": NOW}, 1),
        ({"send_at": NOW + timedelta(seconds=1)}, 0),
        ({"send_at": NOW - timedelta(days=40), "expires_at": NOW - timedelta(days=10)}, 1),
        # Withdrawn before it went out, and after.
        ({"send_at": NOW - timedelta(hours=1), "revoked_at": NOW - timedelta(hours=2)}, 0),
        ({"send_at": NOW - timedelta(hours=2), "revoked_at": NOW - timedelta(hours=1)}, 1),
    ],
)
def test_asked_is_who_was_sent_a_link(company: Company, fields: dict[str, Any], asked: int) -> None:
    factories.invitation(**fields)

    assert Invitation.objects.asked(NOW).count() == asked


def test_a_score_is_that_of_the_last_90_days(customer: Customer) -> None:
    contact = factories.contact(customer)
    survey = factories.survey()
    for days, score in ((89, 10), (90, 0), (300, 0)):
        asked = factories.invitation(contact, survey=survey, send_at=NOW - timedelta(days=days))
        factories.response(asked, score=score)

    assert tally(Invitation.objects.all(), NOW) == {survey.pk: Tally(asked=1, promoters=1)}


def test_it_is_one_query_however_many_surveys(customer: Customer, django_assert_num_queries: Any) -> None:
    contact = factories.contact(customer)
    for _number in range(3):
        factories.response(factories.invitation(contact, survey=factories.survey()))

    with django_assert_num_queries(1):
        tallies = tally(Invitation.objects.all(), NOW)
    assert len(tallies) == Survey.objects.count() == 3
