"""For how long customers stay: by hand, against NumPy, and by counting everybody on every day."""

import math
import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, User
from retention.counting import Part
from retention.models import Band, CustomerRisk, Ending, RiskScale
from retention.surviving import Expected, Step, cohorts, expected, kaplan_meier, survival
from tests import factories
from tests.factories import TODAY

ALL = Part()


def test_the_curve_by_hand() -> None:
    """Ten customers: 2 left after 3 days, 1 was last known then; 1 left after 5; the rest are known for 8 days.

    S(3) = 8/10, S(5) = 8/10 · 6/7. Greenwood: 2/(10·8) = 0.025, and 1/(7·6) more.
    """
    first, second = kaplan_meier([(3, 2, 3), (5, 1, 1), (8, 0, 6)])
    assert (first.days, first.customers, first.left) == (3, 10, 2)
    assert (second.days, second.customers, second.left) == (5, 7, 1)
    assert [first.share, second.share] == pytest.approx([0.8, 0.8 * 6 / 7])
    spread = math.sqrt(0.025) / abs(math.log(0.8))
    assert [first.lowest, first.highest] == pytest.approx(
        [0.8 ** math.exp(1.959964 * spread), 0.8 ** math.exp(-1.959964 * spread)], rel=1e-6
    )
    assert first.lowest < 0.8 < first.highest < 1


def test_when_all_have_left_nobody_is_there() -> None:
    (last,) = kaplan_meier([(4, 3, 3)])
    assert (last.share, last.lowest, last.highest) == (0, 0, 0)
    assert kaplan_meier([]) == []
    assert kaplan_meier([(9, 0, 5)]) == []


lives = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=120)


@given(lives)
def test_the_curve_is_numpys(people: list[tuple[int, bool]]) -> None:
    """Worked out from each customer, with a product and a sum over all days."""
    days = np.array([day for day, _left in people])
    left = np.array([is_left for _day, is_left in people])
    rows = [(int(day), int(left[days == day].sum()), int((days == day).sum())) for day in np.unique(days)]
    for stand in kaplan_meier(rows):
        gone = np.array([[(days >= day).sum(), (left & (days == day)).sum()] for day in range(stand.days + 1)])
        at_risk, events = gone[:, 0], gone[:, 1]
        share = float(np.prod(1 - events / at_risk))
        assert stand.share == pytest.approx(share)
        assert 0 <= stand.lowest <= stand.share + 1e-12
        assert stand.share - 1e-12 <= stand.highest <= 1
        if 0 < share < 1:
            variance = float(np.sum(events / (at_risk * (at_risk - events))))
            width = 1.959963984540054 * math.sqrt(variance) / math.log(share)
            assert [stand.lowest, stand.highest] == pytest.approx([share ** math.exp(-width), share ** math.exp(width)])


def test_without_anybody_who_is_still_there_it_is_the_plain_share() -> None:
    days = [3, 3, 5, 8, 13, 13, 13]
    stands = kaplan_meier([(day, days.count(day), days.count(day)) for day in sorted(set(days))])
    for stand in stands:
        assert stand.share == pytest.approx(sum(day > stand.days for day in days) / len(days))


def test_a_life_lasts_until_they_left_the_first_time_or_until_today(company: Company, owner: User) -> None:
    def came(ago: int, left: int | None = None, back: int | None = None, ending: str = Ending.WON_BACK) -> None:
        made = factories.customer(owner, customer_since=TODAY - timedelta(days=ago))
        if left is not None:
            ended = {} if back is None else {"ending": ending, "ended_on": TODAY - timedelta(days=back)}
            factories.loss(made, lost_on=TODAY - timedelta(days=left), **ended)

    came(100)
    came(100, left=40)
    came(90, left=30, back=5)
    came(90, left=30, back=29, ending=Ending.MISTAKE)
    # Left before they came, by the days that were entered.
    came(10, left=20)
    factories.customer(owner, customer_since=TODAY + timedelta(days=3))
    found = survival(ALL, TODAY)
    assert [(stand.days, stand.customers, stand.left) for stand in found.stands] == [(0, 5, 1), (60, 4, 2)]
    assert (found.customers, found.longest) == (5, 100)


def test_a_year_is_told_of_once_ten_have_been_there_for_it(company: Company, owner: User) -> None:
    segment = factories.segment()
    for number in range(12):
        factories.customer(owner, segment=segment, customer_since=TODAY - timedelta(days=800 if number < 9 else 400))
    (told,) = survival(ALL, TODAY).years
    assert (told[0], told[1].customers, told[1].percent) == (1, 12, 100)


# ---- Cohorts ----


@pytest.mark.parametrize("step", Step)
def test_cohorts_are_what_counting_everybody_on_their_day_says(company: Company, owner: User, step: Step) -> None:
    chance = random.Random(step.value)
    segment = factories.segment()
    told = []
    for _number in range(80):
        since = TODAY - timedelta(days=chance.randrange(0, 1400))
        made = factories.customer(owner, segment=segment, customer_since=since)
        spans = []
        for _again in range(chance.choice([0, 0, 1, 2])):
            left = since + timedelta(days=chance.randrange(0, (TODAY - since).days + 1))
            back = left + timedelta(days=chance.randrange(0, (TODAY - left).days + 1))
            factories.loss(made, lost_on=left, ending=Ending.WON_BACK, ended_on=back)
            spans.append((left, back))
        told.append((since, spans))
    found = cohorts(ALL, TODAY, step)
    assert [cohort.began for cohort in found] == sorted((cohort.began for cohort in found), reverse=True)
    assert len(found) == (4 if step is Step.YEAR else 12)
    for cohort in found:
        members = [life for life in told if cohort.began <= life[0] < step.after(cohort.began, 1)]
        assert cohort.size == len(members)
        for number, there in enumerate(cohort.there, start=1):
            if step.after(cohort.began, number + 1) > TODAY:
                assert there is None
                continue
            assert there == sum(
                not any(left <= _later(since, number * step.months) < back for left, back in spans)
                for since, spans in members
            )


def _later(day: date, months: int) -> date:
    """So many months later, or the last day of that month, as PostgreSQL has it."""
    month = day.year * 12 + day.month - 1 + months
    for last in range(day.day, 0, -1):
        try:
            return date(month // 12, month % 12 + 1, last)
        except ValueError:
            continue
    raise AssertionError


def test_there_are_no_cohorts_of_nobody(company: Company) -> None:
    assert cohorts(ALL, TODAY, Step.YEAR) == []


# ---- What to expect ----


def test_what_to_expect_is_the_sum_of_the_chances(company: Company, owner: User) -> None:
    assert expected(ALL, TODAY) is None
    RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=-0.4, slope=0.9, customers=1000, lost=300)
    risks = [0.1, 0.5, 0.93]
    for risk in risks:
        CustomerRisk.objects.create(customer=factories.customer(owner), risk=risk, last_day=TODAY, band=Band.WATCH)
    # Long silent, lost, and unknown: of nobody of these it is asked.
    ago = TODAY - timedelta(days=365)
    CustomerRisk.objects.create(customer=factories.customer(owner), risk=0.9, last_day=ago, band=Band.LAPSED)
    CustomerRisk.objects.create(customer=factories.customer(owner, lost_on=TODAY), risk=0.9, last_day=TODAY)
    CustomerRisk.objects.create(customer=factories.customer(owner))
    found = expected(ALL, TODAY)
    p = 1 / (1 + np.exp(0.4 - 0.9 * np.log(np.array(risks) / (1 - np.array(risks)))))
    assert found is not None
    assert found.customers == 3
    assert found.mean == pytest.approx(p.sum())
    assert found.deviation == pytest.approx(math.sqrt((p * (1 - p)).sum()))


def test_the_bounds_hold_nineteen_of_twenty_times() -> None:
    """Against so many tosses of uneven coins."""
    chances = np.random.default_rng(7).uniform(0.05, 0.6, 200)
    found = Expected(200, float(chances.sum()), float(np.sqrt((chances * (1 - chances)).sum())))
    tosses = (np.random.default_rng(8).random((20_000, 200)) < chances).sum(axis=1)
    inside = np.mean((tosses >= found.lowest) & (tosses <= found.highest))
    assert 0.94 < inside < 0.975


def test_nobody_expects_less_than_none_or_more_than_all() -> None:
    assert (Expected(3, 0.1, 0.3).lowest, Expected(3, 2.9, 0.3).highest) == (0, 3)
