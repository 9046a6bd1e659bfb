"""The figures of the portfolio: counted now or prepared, they are the same sums for every part of the company."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company, User
from customers.models import Customer, Segment
from retention import counting, tasks
from retention.counting import Figures, Part, figures, prepare, prepare_if_due
from retention.models import Band, CustomerRisk, PortfolioCount, RiskBasis
from retention.scoring import rebuild
from tests import factories
from tests.factories import NOW, TODAY


def known(owner: User, band: Band = Band.AT_RISK, value: int = 0, **fields: object) -> Customer:
    made = factories.customer(owner, **fields)
    CustomerRisk.objects.create(customer=made, band=band, risk=0.6, contact_days=5, value_last_year=Decimal(value))
    return made


@pytest.fixture
def segments(db: None) -> list[Segment]:
    return [factories.segment(), factories.segment()]


@pytest.fixture
def many(company: Company, owner: User, teammate: User, outsider: User, segments: list[Segment]) -> list[Customer]:
    """Customers of three owners in two segments, with everything that is counted and everything that is not."""
    made = []
    for number, (person, segment) in enumerate(product((owner, teammate, outsider), segments)):
        due = TODAY + timedelta(days=number - 3)
        made.append(known(person, Band.AT_RISK, 100 * (number + 1), segment=segment, next_due_on=due))
        made.append(known(person, Band.WATCH, 5, segment=segment, next_due_on=TODAY))
    factories.customer(owner, segment=segments[0], next_due_on=TODAY)
    known(owner, value=7000, segment=segments[0], lost_on=TODAY)
    known(owner, Band.HEALTHY, segment=segments[0], next_due_on=TODAY - timedelta(days=9), do_not_contact=True)
    for _twice in range(2):
        factories.complaint(made[0])
        invitation = factories.invitation(factories.contact(made[1]), survey=factories.survey())
        factories.response(invitation, score=6, answered_at=NOW)
    factories.complaint(made[2], resolved_at=NOW)
    late = factories.invitation(factories.contact(made[3]), survey=factories.survey())
    factories.response(late, score=1, answered_at=NOW - timedelta(days=90))
    return made


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function that makes the company a large one, with figures prepared now."""

    def make_large() -> None:
        monkeypatch.setattr(counting, "COUNTED_LIVE", 0)
        prepare(at=NOW)

    return make_large


def test_everything_is_counted_once(many: list[Customer], company: Company) -> None:
    counted = figures(Part(), company, at=NOW)
    assert counted == Figures(
        at_risk=6, watch=6, value=Decimal(2100), cared_for=13, overdue=3, complaints=1, unhappy=1, counted_at=None
    )
    assert counted.in_time == 76


def test_parts_are_counted_alone(
    many: list[Customer], company: Company, owner: User, north: object, outsider: User, segments: list[Segment]
) -> None:
    def at_risk(part: Part) -> int:
        return figures(part, company, at=NOW).at_risk

    assert at_risk(Part(owner=owner.pk)) == 2
    assert at_risk(Part(team=owner.team_id)) == 4
    assert at_risk(Part(segment=segments[0].pk)) == 3
    assert at_risk(Part(team=owner.team_id, segment=segments[0].pk)) == 2
    assert at_risk(Part(owner=outsider.pk, team=owner.team_id)) == 0


def test_prepared_figures_are_the_same(
    many: list[Customer], company: Company, owner: User, segments: list[Segment], prepared: Callable[[], None]
) -> None:
    parts = [Part(), Part(owner=owner.pk), Part(team=owner.team_id), Part(segment=segments[1].pk)]
    live = [figures(part, company, at=NOW) for part in parts]
    prepared()
    for part, expected in zip(parts, live, strict=True):
        found = figures(part, company, at=NOW)
        assert found.counted_at == NOW
        assert found == Figures(**{**expected.__dict__, "counted_at": NOW})


def test_nothing_is_no_figure(company: Company) -> None:
    counted = figures(Part(), company, at=NOW)
    assert (counted.at_risk, counted.value, counted.in_time) == (0, Decimal(0), None)


def test_not_quite_all_in_time_is_not_all() -> None:
    counted = Figures(at_risk=0, watch=0, value=Decimal(0), cared_for=300, overdue=1, complaints=0, unhappy=0)
    assert counted.in_time == 99


def test_a_small_company_is_counted_when_somebody_looks(many: list[Customer], company: Company) -> None:
    rebuild(at=NOW)
    before = figures(Part(), company, at=NOW).complaints
    factories.complaint(many[5])
    assert figures(Part(), company, at=NOW).complaints == before + 1


def test_a_large_company_waits_for_the_next_count(
    many: list[Customer], company: Company, prepared: Callable[[], None]
) -> None:
    prepared()
    factories.complaint(many[5])
    assert figures(Part(), company, at=NOW).complaints == 1
    assert not prepare_if_due(at=NOW + timedelta(seconds=59))
    assert prepare_if_due(at=NOW + timedelta(seconds=60))
    assert not prepare_if_due(at=NOW + timedelta(seconds=61))
    assert figures(Part(), company, at=NOW).complaints == 2


def test_the_night_prepares_and_the_tick_follows(
    many: list[Customer], company: Company, prepared: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared()
    PortfolioCount.objects.all().delete()
    rebuild(at=NOW)
    assert PortfolioCount.objects.count() == 6
    called = []
    monkeypatch.setattr(tasks, "prepare_if_due", lambda at: called.append(at))
    tasks.rescore()
    assert len(called) == 1


def test_a_small_company_is_never_prepared_by_the_tick(company: Company, customer: Customer) -> None:
    rebuild(at=NOW)
    assert RiskBasis.objects.get(pk=1).customers == 1
    assert not prepare_if_due(at=NOW + timedelta(days=1))


def test_counting_takes_two_queries(
    many: list[Customer],
    company: Company,
    prepared: Callable[[], None],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        figures(Part(), company, at=NOW)
    prepared()
    with django_assert_num_queries(2):
        figures(Part(), company, at=NOW)


def test_a_person_or_segment_in_the_counts_can_still_be_removed(company: Company, segments: list[Segment]) -> None:
    prepare(at=NOW)
    customer = factories.customer(segment=segments[0])
    prepare(at=NOW)
    assert PortfolioCount.objects.filter(owner=customer.owner).exists()
    owner = customer.owner
    customer.delete()
    segments[0].delete()
    owner.delete()
    assert not PortfolioCount.objects.exists()
