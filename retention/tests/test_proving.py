"""How good a list of before was: by hand, against a second count in Python, and what becomes of odd cases."""

import random
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, Role, User
from customers.models import Customer
from retention import proving
from retention.models import ListQuality, ListRules, RiskDay, RiskSnapshot
from retention.proving import Proof, Share, judge, judge_if_due, wilson
from tests import factories
from tests.factories import NOW, TODAY

SINCE = TODAY - timedelta(days=90)


@pytest.fixture(autouse=True)
def the_days(company: Company) -> None:
    for day in (SINCE, TODAY):
        RiskDay.objects.create(day=day, taken_at=NOW)
    ListRules.objects.create(pk=1, weekly_capacity=2)


def course(owner: User, before: dict[str, Any], after: dict[str, Any] | None, **fields: Any) -> Customer:
    """A customer on both lists; `after` None: they had left by then."""
    made = factories.customer(owner, **fields)
    factories.snapshot(made, day=SINCE, **before)
    if after is not None:
        factories.snapshot(made, day=TODAY, **after)
    return made


def found() -> ListQuality:
    assert judge(TODAY)
    return ListQuality.objects.get(until=TODAY)


def test_a_list_is_judged_by_the_later_one(owner: User) -> None:
    """By hand: four at risk, of whom one stayed silent, one left, one was saved and one is at risk again."""
    red = {"flagged_days": 3, "value": 100}
    course(owner, red | {"place": 1, "silence": 60, "risk": 9_000}, {"silence": 150, "flagged_days": 93})
    course(owner, red | {"place": 2, "silence": 50, "risk": 8_000}, None)
    course(owner, red | {"place": 3, "silence": 40, "risk": 7_000}, {"silence": 5, "flagged_days": 0})
    course(owner, red | {"place": 4, "silence": 45, "risk": 7_500}, {"silence": 80, "flagged_days": 9})
    # Not at risk: one stayed silent, though for longer than anybody; two are well.
    course(owner, {"place": 5, "silence": 70, "risk": 4_000, "value": 7}, {"silence": 160})
    course(owner, {"place": 6, "silence": 3, "risk": 1_000}, {"silence": 90})
    course(owner, {"place": 7, "silence": 2, "risk": 500}, {"silence": 1})
    quality = found()
    assert (quality.since, quality.ranked, quality.flagged, quality.flagged_lost, quality.lost) == (SINCE, 7, 4, 2, 3)
    assert (quality.saved, quality.again) == (1, 1)
    # The four longest silent: 70, 60, 50 (lost) and 45.
    assert quality.silence_lost == pytest.approx(3)
    # All but the one who was silent for 70 days had been seen within 60: 60 and 50 (lost), 45 and 40.
    assert (quality.early_flagged, quality.early_flagged_lost) == (4, 2)
    assert quality.early_silence_lost == pytest.approx(2)
    assert (quality.capacity, quality.first_lost, quality.first_lost_value) == (2, 2, 200)
    assert quality.first_silence_lost == pytest.approx(2)
    assert quality.first_silence_lost_value == pytest.approx(107)
    assert quality.table == [
        [0, 1, pytest.approx(0.05), 0], [1, 1, pytest.approx(0.1), 0], [4, 1, pytest.approx(0.4), 1],
        [7, 2, pytest.approx(0.725), 0], [8, 1, pytest.approx(0.8), 1], [9, 1, pytest.approx(0.9), 1],
    ]  # fmt: skip
    assert not quality.is_shown_scale
    proof = Proof.latest()
    assert proof is not None
    assert not proof.is_enough
    assert (proof.flagged, proof.others, proof.by_silence) == (Share(2, 4), Share(1, 3), Share(3, 4))


def test_a_contact_on_the_day_of_the_list_is_one_since_then(owner: User) -> None:
    course(owner, {"silence": 30}, {"silence": 90})
    course(owner, {"silence": 1}, {"silence": 91})
    assert found().lost == 1


def test_among_equally_silent_it_is_chance_who_is_chosen(owner: User) -> None:
    course(owner, {"silence": 30, "flagged_days": 1, "place": 1}, {"silence": 120})
    for number in range(3):
        course(owner, {"silence": 30, "place": 2 + number}, {"silence": 1})
    assert found().silence_lost == pytest.approx(0.25)


def test_the_warning_is_as_long_as_from_the_first_day_at_risk_to_the_day_they_were_lost(owner: User) -> None:
    """Two lists lie between: of 60 and of 30 days ago."""
    for days in (60, 30):
        RiskDay.objects.create(day=TODAY - timedelta(days=days), taken_at=NOW)
    # Last seen 100 days ago: lost 9 days ago, when there were 91 days of silence; at risk since 50 days ago.
    silent = course(owner, {"silence": 10}, {"silence": 100, "flagged_days": 51})
    factories.snapshot(silent, day=TODAY - timedelta(days=60), silence=40)
    factories.snapshot(silent, day=TODAY - timedelta(days=30), silence=70, flagged_days=21)
    # Left between the lists of 60 and of 30 days ago, at risk from 70 days ago on.
    left = course(owner, {"silence": 5}, None)
    factories.snapshot(left, day=TODAY - timedelta(days=60), silence=35, flagged_days=11)
    # Was lost before the first list; and one that was never at risk.
    course(owner, {"silence": 91, "flagged_days": 40}, {"silence": 181})
    unwarned = course(owner, {"silence": 10}, {"silence": 100})
    for days in (60, 30):
        factories.snapshot(unwarned, day=TODAY - timedelta(days=days), silence=100 - days)
    quality = found()
    assert (quality.warned, quality.unwarned, quality.lead_days) == (2, 1, statistics.median([41, 40]))


def test_of_two_who_are_one_since_the_one_further_up_counts(owner: User) -> None:
    one = course(owner, {"place": 1, "silence": 20, "flagged_days": 2}, {"place": 1, "silence": 110})
    factories.snapshot(one, day=SINCE, place=9, silence=3)
    factories.snapshot(one, day=TODAY, place=9, silence=93, flagged_days=5)
    quality = found()
    assert (quality.ranked, quality.flagged, quality.flagged_lost) == (1, 1, 1)


def test_it_is_worked_out_once_and_stays(owner: User) -> None:
    customer = course(owner, {"flagged_days": 1}, {"silence": 1})
    assert judge_if_due()
    RiskSnapshot.objects.filter(customer=customer).update(silence=200)
    assert not judge_if_due()
    assert judge(TODAY)
    assert ListQuality.objects.get().flagged_lost == 0


def test_after_a_missed_night_the_list_before_it_is_judged(owner: User) -> None:
    RiskDay.objects.filter(day=SINCE).update(day=SINCE - timedelta(days=4))
    customer = factories.customer(owner)
    factories.snapshot(customer, day=SINCE - timedelta(days=4), silence=10)
    factories.snapshot(customer, silence=95)
    quality = found()
    assert (quality.days, quality.lost) == (94, 1)


@pytest.mark.parametrize("days", [89, 121])
def test_without_a_list_of_then_nothing_is_said(days: int) -> None:
    RiskDay.objects.filter(day=SINCE).update(day=TODAY - timedelta(days=days))
    assert not judge_if_due()
    assert Proof.latest() is None


def test_nobody_at_all(owner: User) -> None:
    quality = found()
    assert (quality.ranked, quality.lost, quality.lead_days, quality.table) == (0, 0, None, [])


def test_five_customers_a_week_for_each_of_the_staff_unless_the_company_says_otherwise(owner: User) -> None:
    assert proving.capacity() == 2
    ListRules.objects.update(weekly_capacity=None)
    factories.user()
    factories.user(is_active=False)
    factories.user(Role.MANAGER)
    assert proving.capacity() == 10
    User.objects.update(is_active=False)
    assert proving.capacity() == 1


# ---- Against other programs ----


@given(st.integers(1, 3000), st.data())
def test_wilsons_bounds_are_where_the_score_test_says_so(among: int, data: st.DataObject) -> None:
    """Each bound p solves |found/n − p| = 1.96 · √(p(1 − p)/n)."""
    share = data.draw(st.integers(0, among)) / among
    bounds = wilson(share * among, among)
    p = np.array(bounds)
    assert np.all(np.abs(np.abs(share - p) - 1.959963984540054 * np.sqrt(p * (1 - p) / among)) < 1e-7)
    assert 0 <= bounds[0] <= share + 1e-12
    assert share - 1e-12 <= bounds[1] <= 1


def test_wilson_by_hand() -> None:
    """9 of 20: 0.2582 to 0.6579, as tables have it; of nobody nothing is known."""
    assert list(wilson(9, 20)) == pytest.approx([0.2582, 0.6579], abs=1e-4)
    assert wilson(0, 0) == (0, 1)
    share = Share(9, 20)
    assert (share.percent, share.lowest, share.highest) == (45, 26, 66)


@dataclass(frozen=True)
class _Told:
    place: int
    silence: int
    risk: int
    is_flagged: bool
    is_lost: bool


@pytest.mark.parametrize("seed", range(4))
def test_the_database_counts_what_python_counts(owner: User, seed: int) -> None:
    chance = random.Random(seed)
    RiskDay.objects.filter(day=SINCE).update(intercept=0.3, slope=0.7)
    told = []
    for place in range(1, 41):
        silence, risk, is_flagged = (
            chance.choice([0, 3, 8, 30, 59, 60, 61, 80]),
            chance.randrange(0, 10_001),
            chance.random() < 0.3,
        )
        fate = chance.choice(["left", "silent", "back"])
        after = {"silent": {"silence": silence + 90}, "back": {"silence": chance.randrange(0, 91)}, "left": None}[fate]
        is_lost = fate == "left" or (fate == "silent" and silence > 0)
        course(owner, {"place": place, "silence": silence, "risk": risk, "flagged_days": int(is_flagged)}, after)
        told.append(_Told(place, silence, risk, is_flagged, is_lost))
    ListRules.objects.update(weekly_capacity=7)
    quality = found()
    flagged = [row for row in told if row.is_flagged]
    assert (quality.flagged, quality.flagged_lost) == (len(flagged), sum(row.is_lost for row in flagged))
    assert quality.lost == sum(row.is_lost for row in told)
    assert quality.first_lost == sum(row.is_lost for row in told[:7])
    assert quality.silence_lost == pytest.approx(_expected(told, len(flagged)))
    assert quality.first_silence_lost == pytest.approx(_expected(told, 7))
    early = [row for row in told if row.silence <= 60]
    red = [row for row in early if row.is_flagged]
    assert (quality.early_flagged, quality.early_flagged_lost) == (len(red), sum(row.is_lost for row in red))
    assert quality.early_silence_lost == pytest.approx(_expected(early, len(red)))
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for row in told:
        share = min(max(row.risk / 10_000, 0.00005), 0.99995)
        shown = 1 / (1 + np.exp(-(0.3 + 0.7 * np.log(share / (1 - share)))))
        tenths[min(int(shown * 10), 9)].append((shown, row.is_lost))
    assert quality.table == [
        [tenth, len(rows), pytest.approx(np.mean([said for said, _lost in rows])), sum(lost for _said, lost in rows)]
        for tenth, rows in sorted(tenths.items())
    ]
    assert quality.is_shown_scale


def _expected(told: list[_Told], first: int) -> float:
    """The mean over very many shuffles of those who are equally silent, worked out group by group."""
    groups: dict[int, list[_Told]] = defaultdict(list)
    for row in told:
        groups[row.silence].append(row)
    left, total = first, 0.0
    for silence in sorted(groups, reverse=True):
        taken = min(left, len(groups[silence]))
        total += taken * sum(row.is_lost for row in groups[silence]) / len(groups[silence])
        left -= taken
    return total
