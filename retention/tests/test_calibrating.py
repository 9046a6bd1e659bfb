"""The two numbers of the percentages: what they are held to, and that they never change the order."""

from datetime import date, timedelta
from math import exp, log

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retention.calibrating import LEAST_SLOPE, Scale, Tally, earlier_cutoffs, fit

quick = settings(max_examples=300, deadline=None)
tallies = st.lists(
    st.tuples(st.floats(-30, 30), st.integers(1, 10_000), st.floats(0, 1)).map(
        lambda drawn: Tally(drawn[0], drawn[1], round(drawn[1] * drawn[2]))
    ),
    max_size=30,
)


def test_nothing_seen_leaves_the_percentages_as_they_are() -> None:
    assert fit([]) == Scale(0.0, 1.0)


def test_a_few_customers_hardly_move_them() -> None:
    scale = fit([Tally(0.0, 3, 3)])
    assert 0 < scale.intercept < 1
    assert scale.slope == pytest.approx(1.0)


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (-0.7, 0.6), (1.2, 1.5)])
def test_many_customers_are_believed(intercept: float, slope: float) -> None:
    true = Scale(intercept, slope)
    many = 1_000_000
    seen = [Tally(tenth / 10, many, round(many * true.shown(tenth / 10))) for tenth in range(-40, 41)]
    found = fit(seen)
    assert found.intercept == pytest.approx(intercept, abs=0.01)
    assert found.slope == pytest.approx(slope, abs=0.01)


@quick
@example([Tally(1.0, 12, 0), Tally(22.0, 22, 16)])
@given(tallies)
def test_no_other_numbers_near_are_likelier(rows: list[Tally]) -> None:
    def unlikely(scale: Scale) -> float:
        lost = sum(row.lost * _minus_log(scale.intercept + scale.slope * row.log_odds) for row in rows)
        kept = sum(
            (row.customers - row.lost) * _minus_log(-scale.intercept - scale.slope * row.log_odds) for row in rows
        )
        return lost + kept + scale.intercept**2 / 2 + (scale.slope - 1) ** 2 / (2 * 0.25**2)

    found = fit(rows)
    if found.slope == LEAST_SLOPE:
        return
    best = unlikely(found)
    for by in (0.01, -0.01):
        assert best <= unlikely(Scale(found.intercept + by, found.slope)) + 1e-6 * abs(best)
        assert best <= unlikely(Scale(found.intercept, found.slope + by)) + 1e-6 * abs(best)


def _minus_log(log_odds: float) -> float:
    """How unlikely what happens with these odds is."""
    return max(-log_odds, 0.0) + log(1 + exp(-abs(log_odds)))


@quick
@given(tallies, st.floats(-30, 30), st.floats(0.01, 10))
def test_who_is_before_another_stays_before(rows: list[Tally], one: float, more: float) -> None:
    scale = fit(rows)
    assert scale.slope >= LEAST_SLOPE
    assert 0 <= scale.shown(one) <= scale.shown(one + more) <= 1


def days_before(last: date, days: list[date]) -> list[int]:
    return [(last - day).days for day in days]


@pytest.mark.parametrize(
    ("history", "horizon", "span", "ago"),
    [
        (1000, 90, 90, [90, 135, 365]),
        (1000, 365, 365, [365, 547]),
        (455, 90, 90, [90, 135, 365]),
        (454, 90, 90, [90, 135]),
        (150, 90, 90, [90]),
        (149, 90, 100, [100]),
        (30, 90, 20, [20]),
        (0, 90, 14, [14]),
        (1000, 20, 20, [20, 50, 365]),
    ],
)
def test_the_cut_offs_are_the_last_ones_possible_and_the_season_before(
    history: int, horizon: int, span: int, ago: list[int]
) -> None:
    last = date(2026, 11, 25)
    found, days = earlier_cutoffs(last - timedelta(days=history), last, horizon)
    assert (found, days_before(last, days)) == (span, ago)
