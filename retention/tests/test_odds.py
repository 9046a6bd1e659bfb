"""What plans were worth, by hand: the word of whoever closed them, and the lists beside customers without a plan."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, User
from customers.models import Customer, Segment
from retention.models import Cause, PlanOutcome, PlanRules, PlanState, Play, RetentionPlan, RiskDay
from retention.odds import Beside, Odds, SaveOdds, others_like, save_odds
from retention.proving import Share, wilson
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db]
BEGAN = NOW - timedelta(days=100)
SINCE = TODAY - timedelta(days=100)
UNTIL = TODAY - timedelta(days=10)


@pytest.fixture(autouse=True)
def lists(company: Company) -> None:
    for day in (SINCE, UNTIL):
        RiskDay.objects.create(day=day, taken_at=NOW)


@pytest.fixture
def play(db: None) -> Play:
    return Play.objects.create(name="Call", causes=[Cause.COMFORT])


@pytest.fixture
def segment(db: None) -> Segment:
    return factories.segment(name="A")


def listed(owner: User, segment: Segment, *, stayed: bool | None, value: int = 500, red: int = 1) -> Customer:
    """On the first list; on the second one well, red again, or (None) not on it at all."""
    customer = factories.customer(owner, segment=segment)
    factories.snapshot(customer, day=SINCE, value=value, silence=60, flagged_days=red)
    if stayed is not None:
        factories.snapshot(customer, day=UNTIL, silence=20, flagged_days=0 if stayed else 9)
    return customer


def tried(customer: Customer, play: Play | None, outcome: str = PlanOutcome.KEPT, **fields: Any) -> RetentionPlan:
    known = {"state": PlanState.CLOSED, "outcome": outcome, "closed_at": NOW - timedelta(days=50), "started_at": BEGAN}
    return factories.plan(customer, play=play, **(known | fields))


def found(manager: User, first: date | None = None, last: date | None = None) -> SaveOdds:
    return save_odds(manager, Company.current(), first, last)


def test_kept_of_tried_by_the_word_of_whoever_closed_them(
    owner: User, manager: User, play: Play, segment: Segment
) -> None:
    outcomes = [PlanOutcome.KEPT, PlanOutcome.WON_BACK, PlanOutcome.LOST, PlanOutcome.LATER]
    for outcome in outcomes:
        tried(factories.customer(owner), play, outcome, suspected=[Cause.COMFORT, Cause.PRICE])
    tried(factories.customer(owner), play, PlanOutcome.MERGED)
    tried(factories.customer(owner), None, PlanOutcome.LOST, suspected=[Cause.PRICE])
    factories.plan(factories.customer(owner), play=play, state=PlanState.ACTIVE, started_at=BEGAN)
    factories.plan(factories.customer(owner), play=play)

    odds = found(manager)

    assert (odds.total.kept, odds.total.open) == (Share(2, 5), 1)
    assert [(row.name, row.kept, row.open) for row in odds.plays] == [("Call", Share(2, 4), 1)]
    assert {row.key: (row.kept.found, row.kept.among) for row in odds.causes} == {"price": (2, 5), "comfort": (2, 4)}
    assert odds.total.kept.bounds == pytest.approx((0.1176, 0.7693), abs=1e-4)


def test_beside_those_of_the_same_night_segment_and_class_of_value(
    owner: User, manager: User, play: Play, segment: Segment
) -> None:
    PlanRules.objects.create(pk=1, high_value=1000)
    plan = tried(listed(owner, segment, stayed=True), play)
    like = [listed(owner, segment, stayed=stayed) for stayed in (True, False, False, None)]
    listed(owner, factories.segment(name="B"), stayed=True)
    listed(owner, segment, stayed=True, value=1000)
    listed(owner, segment, stayed=True, value=0)
    listed(owner, segment, stayed=True, red=0)
    listed(owner, segment, stayed=True, red=15)
    planned = listed(owner, segment, stayed=True)
    factories.plan(planned, state=PlanState.ACTIVE, started_at=NOW - timedelta(days=30))
    over = listed(owner, segment, stayed=True)
    tried(over, None, started_at=NOW - timedelta(days=200), closed_at=NOW - timedelta(days=150))
    like.append(over)

    (row,) = found(manager).plays

    assert row.stayed == Share(1, 1)
    assert row.expected is not None
    assert (row.expected.stayed, row.expected.among) == (2, 5)
    assert set(others_like([plan.pk], Company.current())) == set(like)
    assert set(others_like([plan.pk], Company.current(), stayed=True)) == {like[0], over}


def test_to_stay_is_to_be_on_the_later_list_in_touch_and_not_at_risk(
    owner: User, manager: User, play: Play, segment: Segment
) -> None:
    listed(owner, segment, stayed=None)
    for silence, flagged, stays in [(90, 0, True), (91, 0, False), (20, 1, False)]:
        customer = listed(owner, segment, stayed=None)
        factories.snapshot(customer, day=UNTIL, silence=silence, flagged_days=flagged)
        tried(customer, play)
        assert found(manager).plays[0].stayed == Share(int(stays), 1)
        RetentionPlan.objects.all().delete()


def test_who_was_not_at_risk_or_began_lately_or_without_a_list_is_not_compared(
    owner: User, manager: User, play: Play, segment: Segment
) -> None:
    listed(owner, segment, stayed=True)
    tried(listed(owner, segment, stayed=True, red=0), play)
    tried(listed(owner, segment, stayed=True), play, started_at=NOW - timedelta(days=92))
    tried(listed(owner, segment, stayed=True), play, started_at=NOW - timedelta(days=101))
    (row,) = found(manager).plays
    assert (row.kept, row.stayed, row.expected, row.verdict) == (Share(3, 3), Share(0, 0), None, "few")

    # Four days after a list it is still the one that says how it stood.
    tried(listed(owner, segment, stayed=True), play, started_at=NOW - timedelta(days=96))
    assert found(manager).plays[0].stayed == Share(1, 1)


def test_only_plans_begun_on_the_days_asked_for(owner: User, manager: User, play: Play, segment: Segment) -> None:
    tried(listed(owner, segment, stayed=True), play)
    assert found(manager, SINCE, SINCE).total.kept == Share(1, 1)
    assert found(manager, SINCE + timedelta(days=1)).total.kept == Share(0, 0)
    assert found(manager, None, SINCE - timedelta(days=1)).total.kept == Share(0, 0)


def test_each_plan_weighs_the_same_however_many_are_like_it() -> None:
    odds = Odds("", "", Share(0, 0), 0, [Beside(True, 1000, 900, 1), Beside(False, 10, 1, 2), Beside(True, 0, 0, 3)])
    expected = odds.expected
    assert expected is not None
    assert (odds.stayed, odds.unmatched) == (Share(1, 2), 1)
    assert (expected.stayed, expected.among) == (901, 1010)
    assert expected.share == pytest.approx(0.5)
    # As certain as 39 customers: 2² / (1/1000 + 1/10).
    assert (expected.lowest, expected.highest) == wilson(0.5 * 39, 39)


def test_many_plans_do_not_make_more_of_the_same_few_others() -> None:
    expected = Odds("", "", Share(0, 0), 0, [Beside(True, 4, 1, 7)] * 20).expected
    assert expected is not None
    assert (expected.stayed, expected.among, expected.share) == (1, 4, 0.25)
    assert (expected.lowest, expected.highest) == wilson(1, 4)


@pytest.mark.parametrize(
    ("stayed", "others", "says"),
    [(40, 10, "better"), (0, 30, "worse"), (20, 20, "open")],
)
def test_a_difference_is_only_said_where_chance_hardly_makes_it(stayed: int, others: int, says: str) -> None:
    besides = [Beside(number < stayed, 50, others, number) for number in range(40)]
    assert Odds("", "", Share(0, 0), 0, besides).verdict == says


# ---- Whatever the numbers ----

cells = st.integers(1, 500).flatmap(lambda among: st.tuples(st.just(among), st.integers(0, among)))
groups = st.lists(st.tuples(cells, st.integers(1, 9)), min_size=1, max_size=9)


def odds_of(found: list[tuple[tuple[int, int], int]], *, stayed: bool = True) -> Odds:
    """So many plans held against each of these groups of others."""
    besides = [
        Beside(stayed, among, others, cell)
        for cell, ((among, others), plans) in enumerate(found)
        for _plan in range(plans)
    ]
    return Odds("", "", Share(0, 0), 0, besides)


@given(groups)
def test_the_weighted_share_is_one_and_lies_within_its_bounds(found: list[tuple[tuple[int, int], int]]) -> None:
    expected = odds_of(found).expected
    assert expected is not None
    assert 0 <= expected.lowest <= expected.share + 1e-9 and expected.share - 1e-9 <= expected.highest <= 1
    shares = [others / among for (among, others), _plans in found]
    assert min(shares) - 1e-9 <= expected.share <= max(shares) + 1e-9
    assert expected.among == sum(among for (among, _others), _plans in found)


@given(groups)
def test_who_stay_as_often_as_those_beside_them_are_never_called_better(
    found: list[tuple[tuple[int, int], int]],
) -> None:
    everybody = [((among, among), plans) for (among, _others), plans in found]
    assert odds_of(everybody).verdict != "better"
    nobody = [((among, 0), plans) for (among, _others), plans in found]
    assert odds_of(nobody, stayed=False).verdict != "worse"
