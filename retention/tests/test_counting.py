"""The figures of the portfolio: counted now or prepared, they are the same sums for every part of the company."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company, User
from customers.models import Customer, Segment, Tag
from interactions.models import Complaint
from retention import counting, tasks
from retention.counting import Figures, Part, figures, loads, prepare, prepare_if_due
from retention.models import Band, CustomerRisk, PortfolioCount, RiskBasis, RiskDay
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
        customers=14,
        at_risk=6,
        watch=6,
        value=Decimal(2100),
        cared_for=13,
        overdue=3,
        cared_for_value=Decimal(2130),
        overdue_value=Decimal(600),
        complaints=1,
        unhappy=1,
        oldest_complaint=Complaint.objects.open().earliest("opened_at").opened_at,
        oldest_unhappy=NOW,
        stages={"acquaintance": 14},
        counted_at=None,
    )
    assert (counted.in_time, counted.value_in_time) == (76, 71)


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


def test_promises_that_are_late_count_by_customer_with_the_oldest(company: Company, owner: User) -> None:
    late = factories.customer(owner)
    for days in (2, 9):
        factories.follow_up(late, is_promise=True, due_at=NOW - timedelta(days=days))
    factories.follow_up(late, is_promise=False, due_at=NOW - timedelta(days=30))
    done = NOW - timedelta(days=1)
    factories.follow_up(factories.customer(owner), is_promise=True, due_at=done, done_at=done, done_by=owner)
    factories.follow_up(factories.customer(owner), is_promise=True, due_at=NOW + timedelta(days=1))
    lost = factories.customer(owner, lost_on=TODAY)
    factories.follow_up(lost, is_promise=True, due_at=NOW - timedelta(days=50))
    counted = figures(Part(), company, at=NOW)
    assert (counted.promises, counted.oldest_promise) == (1, NOW - timedelta(days=9))


def test_a_tag_is_counted_alone_also_where_figures_are_prepared(
    many: list[Customer], company: Company, prepared: Callable[[], None]
) -> None:
    prepared()
    (tag,) = Tag.objects.named(["key"])
    for customer in (many[0], many[1]):
        customer.tags.add(tag)
    counted = figures(Part(tag=tag.pk), company, at=NOW)
    assert (counted.customers, counted.at_risk, counted.watch, counted.value) == (2, 1, 1, Decimal(100))
    assert (counted.complaints, counted.unhappy, counted.counted_at) == (1, 1, None)


def test_each_owner_has_a_load_and_together_they_are_all(
    many: list[Customer], company: Company, owner: User, outsider: User, prepared: Callable[[], None]
) -> None:
    live = loads(Part(), company, at=NOW)
    whole = figures(Part(), company, at=NOW)
    assert len(live) == 3
    for name in ("customers", "at_risk", "value", "overdue", "complaints"):
        assert sum(getattr(load, name) for _owner, load in live) == getattr(whole, name)
    assert dict(live)[owner.pk].customers == 6
    assert [person for person, _load in loads(Part(team=outsider.team_id), company, at=NOW)] == [outsider.pk]
    prepared()
    assert [(person, load.at_risk, load.value) for person, load in loads(Part(), company, at=NOW)] == [
        (person, load.at_risk, load.value) for person, load in live
    ]


def test_who_turned_red_in_a_week_is_told_by_the_lists_of_then(company: Company, owner: User) -> None:
    week_ago = TODAY - timedelta(days=8)
    for day in (TODAY, TODAY - timedelta(days=3), week_ago):
        RiskDay.objects.create(day=day, taken_at=NOW)
    stays, comes, goes, gone = (factories.customer(owner) for _number in range(4))
    for customer, before, now in ((stays, 3, 11), (comes, 0, 2), (goes, 40, 0), (gone, 40, None)):
        factories.snapshot(customer, day=week_ago, flagged_days=before)
        if now is not None:
            factories.snapshot(customer, flagged_days=now)
    Customer.objects.filter(pk=gone.pk).update(lost_on=TODAY)
    counted = figures(Part(), company, at=NOW)
    assert (counted.turned_red, counted.red_no_more, counted.customers) == (1, 2, 3)
    RiskDay.objects.filter(day=week_ago).delete()
    counted = figures(Part(), company, at=NOW)
    assert (counted.turned_red, counted.red_no_more) == (0, 0)


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
