"""The scale of the percentages: learnt each night from our own history, kept with its day, used once it is enough."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Company, User
from customers.models import Customer
from interactions.models import Interaction, Kind
from retention.calibrating import learn
from retention.models import CustomerRisk, RiskScale, risk
from retention.rebuilding import rebuild_if_due
from retention.scoring import rebuild
from tests import factories
from tests.factories import NOW, TODAY

AT_TWO = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


@pytest.fixture
def many(company: Company, owner: User) -> list[Customer]:
    """Forty customers over two years, half of whom fell silent at some time."""
    segment = factories.segment()
    found = []
    for number in range(40):
        customer = factories.customer(owner, segment=segment)
        last = 1 if number % 2 else 30 + number * 15
        Interaction.objects.bulk_create(
            Interaction(customer=customer, kind=Kind.CALL, happened_at=NOW - timedelta(days=ago),
                        day=TODAY - timedelta(days=ago))
            for ago in range(last, 730, 6 + number)
        )  # fmt: skip
        found.append(customer)
    return found


def test_the_night_learns_the_scale_and_keeps_it_with_its_day(many: list[Customer]) -> None:
    assert rebuild_if_due(at=AT_TWO) is not None
    first = RiskScale.objects.get()
    assert (first.learnt_on, first.horizon_days) == (TODAY, 90)
    assert first.customers > 80
    assert 0 < first.lost < first.customers
    assert rebuild_if_due(at=AT_TWO + timedelta(hours=1)) is None
    assert rebuild_if_due(at=AT_TWO + timedelta(days=1)) is not None
    assert list(RiskScale.objects.order_by("learnt_on").values_list("learnt_on", flat=True)) == [
        TODAY, TODAY + timedelta(days=1),
    ]  # fmt: skip


def test_twice_on_a_day_is_once_and_what_comes_later_does_not_count(many: list[Customer]) -> None:
    one = learn(at=NOW)
    assert one is not None
    Interaction.objects.bulk_create(
        Interaction(customer=customer, kind=Kind.CALL, happened_at=NOW, day=TODAY) for customer in many
    )
    other = learn(at=NOW)
    assert other is not None
    assert RiskScale.objects.count() == 1
    assert (one.pk, one.intercept, one.slope, one.lost) == (other.pk, other.intercept, other.slope, other.lost)


def test_a_company_that_begins_learns_nothing(company: Company) -> None:
    assert learn(at=NOW) is None
    assert rebuild_if_due(at=AT_TWO) is not None
    assert RiskScale.objects.in_use() is None


def test_a_short_history_is_not_enough(many: list[Customer]) -> None:
    Interaction.objects.filter(day__lt=TODAY - timedelta(days=120)).delete()
    scale = learn(at=NOW)
    assert scale is not None
    assert scale.horizon_days < 90
    assert RiskScale.objects.in_use() is None


@pytest.mark.parametrize(
    ("customers", "lost", "is_enough"), [(1000, 500, True), (1000, 99, False), (1000, 901, False), (200, 100, True)]
)
def test_enough_must_have_been_lost_and_enough_not(db: None, customers: int, lost: int, is_enough: bool) -> None:
    RiskScale.objects.create(
        learnt_on=TODAY, horizon_days=90, intercept=0, slope=1, customers=customers, lost=lost
    )  # fmt: skip
    assert (RiskScale.objects.in_use() is not None) == is_enough


def test_only_the_latest_counts(db: None) -> None:
    for day, lost in ((TODAY - timedelta(days=1), 500), (TODAY, 5)):
        RiskScale.objects.create(learnt_on=day, horizon_days=90, intercept=0, slope=1, customers=1000, lost=lost)
    assert RiskScale.objects.in_use() is None


def test_a_scale_that_turns_the_order_round_cannot_be_kept(db: None) -> None:
    with pytest.raises(IntegrityError, match="risk_scale_rises"):
        RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=0, slope=0, customers=0, lost=0)


def test_learning_changes_nobodys_risk_or_place(many: list[Customer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk, "ENOUGH_OF_EACH", 10)
    rebuild(at=NOW)
    before = list(CustomerRisk.objects.order_by("risk", "pk").values("pk", "risk", "band", "value_at_risk", "reasons"))
    scale = learn(at=NOW)
    assert scale is not None and RiskScale.objects.in_use() == scale
    assert before == list(
        CustomerRisk.objects.order_by("risk", "pk").values("pk", "risk", "band", "value_at_risk", "reasons")
    )
    shown = [
        scale.percent(risk) for risk in CustomerRisk.objects.order_by("risk").values_list("risk", flat=True) if risk
    ]
    assert shown == sorted(shown) and len(set(shown)) > 5


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-10, 10), st.floats(0.1, 10))
def test_a_higher_risk_is_never_shown_as_less(one: float, other: float, intercept: float, slope: float) -> None:
    scale = RiskScale(learnt_on=date(2026, 1, 1), horizon_days=90, intercept=intercept, slope=slope)
    low, high = sorted((one, other))
    assert 1 <= scale.percent(low) <= scale.percent(high) <= 99
