"""However the history came to be what it is, the scores are those a rebuild from nothing would give."""

from datetime import timedelta

import pytest

from accounts.models import User
from customers import merging
from customers.models import Customer
from interactions.event_files import Event
from interactions.importing import Destination, import_events
from interactions.logging import record, refresh_touchpoints, take_back
from interactions.models import Interaction, Kind, Outcome
from retention import rhythm
from retention.models import CustomerRisk, RiskBasis
from retention.scoring import learnt_gap, moments, rebuild, rescore_stale
from retention.tests.histories import regular
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("company")
SCORES = ("customer_id", *(name for name in rhythm.STORED if name != "band"))


def scores() -> list[dict[str, object]]:
    return [dict(row) for row in CustomerRisk.objects.order_by("pk").values(*SCORES)]


def settle() -> list[dict[str, object]]:
    """What the worker makes of all that is marked, with the gap as a night would learn it."""
    gap = learnt_gap(moments("Europe/Stockholm", NOW))
    RiskBasis.objects.update_or_create(pk=1, defaults={"median_gap_days": gap})
    Customer.objects.all().mark_risk_stale(NOW)
    while rescore_stale(at=NOW, limit=2):
        pass
    return scores()


def from_nothing() -> list[dict[str, object]]:
    CustomerRisk.objects.all().delete()
    rebuild(at=NOW)
    return scores()


@pytest.fixture
def company_of_four(owner: User) -> list[Customer]:
    made = [factories.customer(owner, name=f"Customer {number}") for number in range(4)]
    for number, customer in enumerate(made):
        regular(customer, every=10 + 7 * number, silent=5 + 30 * number)
    rebuild(at=NOW - timedelta(days=3))
    rebuild(at=NOW)
    return made


def test_back_dated_edited_deleted_merged_and_imported(company_of_four: list[Customer], owner: User) -> None:
    first, second, third, fourth = company_of_four
    record(Interaction(customer=first, kind=Kind.VISIT, happened_at=NOW - timedelta(days=700)), at=NOW)
    record(
        Interaction(
            customer=first, kind=Kind.CALL, outcome=Outcome.NO_ANSWER, happened_at=NOW - timedelta(days=1)
        ),
        at=NOW,
    )  # fmt: skip
    assert settle() == from_nothing()

    edited = second.interactions.latest("happened_at")
    edited.happened_at, edited.outcome = NOW - timedelta(days=90), Outcome.MISSED_BY_US
    edited.save()
    refresh_touchpoints([second.pk], at=NOW)
    factories.judgement(second, points=7)
    factories.complaint(second, severity=3)
    assert settle() == from_nothing()

    take_back(third.interactions.latest("happened_at"), before={}, by=owner, at=NOW)
    assert settle() == from_nothing()

    factories.judgement(fourth, points=-4)
    merging.join_customers(*merging.locked(second, fourth), by=owner, at=NOW)
    assert settle() == from_nothing()

    to = Destination("shop", owner, first.segment)
    lines = [Event(n, "Customer 0", TODAY - timedelta(days=3 * n), Kind.PURCHASE, None) for n in range(1, 9)]
    import_events(iter(lines), to, at=NOW, refuse=lambda _refusal: None)
    assert settle() == from_nothing()


def test_what_is_marked_stale_is_enough(company_of_four: list[Customer], owner: User) -> None:
    """Only who is touched is marked, and that leads to the same."""
    gap = RiskBasis.objects.get().median_gap_days
    record(Interaction(customer=company_of_four[0], kind=Kind.CALL, happened_at=NOW - timedelta(days=2)), at=NOW)
    assert rescore_stale(at=NOW) == 1
    gradually = scores()
    RiskBasis.objects.update(median_gap_days=gap)
    CustomerRisk.objects.all().delete()
    Customer.objects.all().mark_risk_stale(NOW)
    assert rescore_stale(at=NOW) == 4
    assert scores() == gradually
