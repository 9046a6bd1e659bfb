"""The statement against the formula in NumPy, and the ranking against days since the last contact, on real data."""

from datetime import UTC, date, datetime, time

import pytest

from accounts.models import Company, User
from interactions.event_files import EventFile, Refusal
from interactions.importing import Destination, import_events
from retention.models import CustomerRisk, RiskBasis
from retention.scoring import rebuild
from retention.tests.rhythm_in_numpy import Events, auc, history, median_gap, rhythm_risk
from tests import factories

HORIZON = 90
# By how much the ranking may be worse than days since the last contact on one set and cut-off.
MARGIN = 0.005
CUTOFFS = {
    "cdnow_sample": [date(1997, 12, 31), date(1998, 3, 31)],
    "online_retail_ii": [date(2010, 12, 9), date(2011, 9, 10)],
    "iowa_b2b": [date(2013, 12, 29), date(2015, 11, 29)],
    "email_eu": [date(2004, 6, 30), date(2004, 11, 25)],
    "oss_dev": [date(2018, 6, 30), date(2024, 6, 30)],
}
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("iowa_b2b", "email_eu", "oss_dev")]


@pytest.mark.parametrize("name", ["cdnow_sample", "online_retail_ii", *SLOW])
def test_the_risk_is_the_formula_and_ranks_better_than_days_since(name: str, company: Company, owner: User) -> None:
    events = Events.read(history(name))
    load(name, owner)
    for cutoff in CUTOFFS[name]:
        known = events.until(cutoff)
        expected = rhythm_risk(known, cutoff, HORIZON)
        rebuild(at=datetime.combine(cutoff, time(12), tzinfo=UTC))

        assert RiskBasis.objects.get(pk=1).median_gap_days == median_gap(known)
        rows = CustomerRisk.objects.exclude(risk=None).values_list("customer__name", "risk")
        stored = {customer: float(risk or 0) for customer, risk in rows}
        assert stored.keys() == expected.keys()
        assert max(abs(stored[customer] - risk) for customer, (_silence, risk) in expected.items()) < 1e-9

        seen = events.seen_within(cutoff, HORIZON)
        active = {customer: silence for customer, (silence, _risk) in expected.items() if silence < 365}
        by_risk = auc_of(stored, active, seen)
        by_days = auc_of(active, active, seen)
        bands = CustomerRisk.objects.filter(band="at_risk").count() / len(stored)
        print(f"{name} {cutoff}: AUC {by_risk:.4f}, days since {by_days:.4f}; at risk {bands:.0%}")
        assert by_risk > by_days - MARGIN
        assert 0.01 < bands < 0.5


def load(name: str, owner: User) -> None:
    file = EventFile(history(name), latest=date(2100, 1, 1))
    refused: list[Refusal] = []
    to = Destination(name, owner, factories.segment())
    import_events(file.read(), to, at=factories.NOW, refuse=refused.append)
    assert refused == []


def auc_of(score: dict[str, float], active: dict[str, float], seen: set[str]) -> float:
    lapsed = [score[customer] for customer in active if customer not in seen]
    stayed = [score[customer] for customer in active if customer in seen]
    return auc(lapsed, stayed)


def test_the_area_counts_ties_half() -> None:
    assert auc([3.0, 2.0], [1.0]) == 1.0
    assert auc([1.0], [1.0]) == 0.5
    assert auc([1.0], [2.0, 0.0]) == 0.5
