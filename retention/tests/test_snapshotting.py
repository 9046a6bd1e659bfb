"""The list of a day is kept once, as it stood, and nothing that is learnt later changes it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections

from accounts.models import Company, User
from customers import merging
from customers.models import Customer, Trashed
from customers.removing import bring_back, remove
from dashboard.demo.people import ZONE
from interactions.models import Kind
from retention import tasks
from retention.models import Band, CustomerRisk, RiskBasis, RiskDay, RiskScale, RiskSnapshot
from retention.recalling import recall
from retention.scoring import rebuild, rescore
from retention.snapshotting import keep, keep_if_due, thin_out
from tests import factories
from tests.factories import NOW, TODAY

_FIELDS = ("day", "customer", "owner", "risk", "silence", "flagged_days", "value", "place")


def rows() -> list[tuple[Any, ...]]:
    return list(RiskSnapshot.objects.order_by("day", "place").values_list(*_FIELDS))


def ranked(owner: User, band: Band = Band.HEALTHY, silence: int = 10, **fields: Any) -> Customer:
    lost_on = fields.pop("lost_on", None)
    made = factories.customer(owner, lost_on=lost_on)
    risk = {"risk": 0.25, "contact_days": 4, "rhythm_days": 20.0, "value_last_year": 0, "value_at_risk": 0} | fields
    CustomerRisk.objects.create(customer=made, band=band, last_day=TODAY - timedelta(days=silence), **risk)
    return made


def test_a_day_is_kept_as_the_list_stands(company: Company, owner: User) -> None:
    calm = ranked(owner, value_last_year="1200.60", value_at_risk="300.15", silence=12)
    watched = ranked(owner, Band.WATCH, risk=0.4, value_last_year=50, value_at_risk=20)
    red = ranked(owner, Band.AT_RISK, risk=0.61239, silence=90)
    assert keep(TODAY, at=NOW)
    assert rows() == [
        (TODAY, watched.pk, owner.pk, 4000, 10, 0, 50, 1),
        (TODAY, red.pk, owner.pk, 6124, 90, 1, 0, 2),
        (TODAY, calm.pk, owner.pk, 2500, 12, 0, 1201, 3),
    ]
    day = RiskDay.objects.get()
    assert (day.day, day.taken_at, day.ranked, day.flagged, day.slope) == (TODAY, NOW, 3, 1, None)


def test_on_the_list_is_who_was_in_touch_within_a_year_and_who_is_at_risk(company: Company, owner: User) -> None:
    ranked(owner, risk=None, contact_days=0)
    ranked(owner, lost_on=TODAY, band=Band.UNKNOWN)
    ranked(owner, Band.LAPSED, silence=365)
    listed = {ranked(owner, silence=364).pk, ranked(owner, Band.AT_RISK, silence=500).pk}
    keep(TODAY, at=NOW)
    assert set(RiskSnapshot.objects.values_list("customer", flat=True)) == listed


def test_it_knows_for_how_long_somebody_is_at_risk_without_a_break(company: Company, owner: User) -> None:
    red = ranked(owner, Band.AT_RISK)
    for number, (band, expected) in enumerate(
        [(Band.AT_RISK, 1), (Band.AT_RISK, 2), (Band.WATCH, 0), (Band.AT_RISK, 1), (Band.AT_RISK, 4)]
    ):
        CustomerRisk.objects.update(band=band)
        # Two nights were missed before the last one.
        day = TODAY + timedelta(days=number + (2 if number == 4 else 0))
        keep(day, at=NOW)
        assert RiskSnapshot.objects.get(day=day, customer=red).flagged_days == expected


def test_what_does_not_fit_is_kept_as_the_largest_that_does(company: Company, owner: User) -> None:
    ranked(owner, Band.AT_RISK, silence=40_000, risk=1.0, value_last_year="99999999999999.99")
    keep(TODAY, at=NOW)
    row = RiskSnapshot.objects.get()
    assert (row.silence, row.value, row.risk) == (32_767, 2_000_000_000, 10_000)


def test_the_scale_of_that_day_stays_with_it(company: Company) -> None:
    RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=0.5, slope=0.8, customers=1000, lost=300)
    keep(TODAY, at=NOW)
    RiskScale.objects.update(intercept=9.0)
    day = RiskDay.objects.get()
    assert (day.intercept, day.slope) == (0.5, 0.8)


# ---- Once, late, at once ----


def test_it_is_due_once_the_night_has_ranked_everybody(company: Company) -> None:
    assert not keep_if_due(at=NOW)
    RiskBasis.objects.create(pk=1, rebuilt_on=TODAY - timedelta(days=1))
    assert not keep_if_due(at=NOW)
    RiskBasis.objects.update(rebuilt_on=TODAY)
    assert keep_if_due(at=NOW + timedelta(hours=9))
    assert not keep_if_due(at=NOW + timedelta(hours=10))
    assert RiskDay.objects.get().day == TODAY


def test_the_tick_keeps_a_list_and_a_second_one_changes_nothing(company: Company, owner: User) -> None:
    ranked(owner, Band.AT_RISK)
    with time_machine.travel(NOW, tick=False):
        RiskBasis.objects.create(pk=1, rebuilt_on=TODAY)
        assert tasks.keep_list()
        before = rows()
        CustomerRisk.objects.update(band=Band.HEALTHY, risk=0.1)
        assert not tasks.keep_list()
    assert rows() == before


@contextmanager
def in_another_connection() -> Generator[None]:
    try:
        yield
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_keeps_it(company: Company, owner: User) -> None:
    for _number in range(50):
        ranked(owner)
    found: list[bool] = []

    def try_it() -> None:
        with in_another_connection():
            found.append(keep(TODAY, at=NOW))

    threads = [threading.Thread(target=try_it) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    assert RiskSnapshot.objects.count() == 50
    assert RiskDay.objects.get().ranked == 50


# ---- What is learnt later ----


def test_nothing_that_is_learnt_later_changes_a_day(company: Company, owner: User, outsider: User) -> None:
    customer = factories.customer(owner)
    for number in range(12):
        factories.purchase(customer, "100.00", happened_at=NOW - timedelta(days=150 + 30 * number))
    rebuild(at=NOW)
    keep(TODAY, at=NOW)
    before = rows()
    assert before[0][5] == 1
    # A call of last week that is entered now, a new owner, a purchase taken away, a loss.
    factories.interaction(customer, kind=Kind.CALL, happened_at=NOW - timedelta(days=7))
    customer.interactions.filter(kind=Kind.PURCHASE).delete()
    Customer.objects.update(owner=outsider, lost_on=TODAY)
    rescore([customer.pk], at=NOW)
    rebuild(at=NOW + timedelta(days=1))
    keep(TODAY + timedelta(days=1), at=NOW + timedelta(days=1))
    assert rows()[: len(before)] == before


def test_of_two_who_are_one_the_place_further_up_counts_and_apart_each_has_their_own_again(
    company: Company, owner: User
) -> None:
    kept, lost = factories.customer(owner), factories.customer(owner)
    for customer, place in ((kept, 7), (lost, 3)):
        factories.snapshot(customer, place=place)
    factories.snapshot(lost, day=TODAY - timedelta(days=1), place=2)
    before = rows()
    merge = merging.join_customers(*merging.locked(kept, lost), by=owner, at=NOW)
    assert list(RiskSnapshot.objects.of_day(TODAY).values_list("customer", "place")) == [(kept.pk, 3)]
    assert RiskSnapshot.objects.of_day(TODAY - timedelta(days=1)).get().customer_id == kept.pk
    assert RiskSnapshot.objects.count() == 3
    merging.take_apart(merge, by=owner, at=NOW)
    assert rows() == before


def test_who_is_removed_takes_their_days_along_and_back(company: Company, owner: User) -> None:
    customer = factories.customer(owner)
    factories.snapshot(customer)
    before = rows()
    trashed: Trashed = remove(customer, name="Gone", by=owner, at=NOW, customer=None)
    assert rows() == []
    assert "retention.RiskSnapshot" not in trashed.belonged
    bring_back(trashed)
    assert rows() == before
    Customer.objects.all().delete()
    assert rows() == []


# ---- Thinned out ----


def test_after_400_days_the_last_of_each_month_is_enough(company: Company, owner: User) -> None:
    customer = factories.customer(owner)
    days = [TODAY - timedelta(days=number) for number in range(395, 470)]
    RiskDay.objects.bulk_create(RiskDay(day=day, taken_at=NOW) for day in days)
    for day in days:
        factories.snapshot(customer, day=day)
    limit = TODAY - timedelta(days=400)
    kept = {day for day in days if day >= limit} | {date(2025, 8, 31), date(2025, 9, 30), limit - timedelta(days=1)}
    assert thin_out(TODAY) == len(days) - len(kept)
    assert set(RiskDay.objects.values_list("day", flat=True)) == kept
    assert set(RiskSnapshot.objects.values_list("day", flat=True)) == kept
    assert thin_out(TODAY) == 0


# ---- Recalled ----


def test_a_recalled_day_is_the_one_that_would_have_been_kept(company: Company, owner: User, outsider: User) -> None:
    """The same rows, though meanwhile more happened, and more was entered of before."""
    company.time_zone = ZONE
    company.save()
    customers = [factories.customer(owner) for _number in range(6)]
    for place, customer in enumerate(customers):
        for number in range(3 + place):
            at = NOW - timedelta(days=100 + 13 * place * (number + 1))
            factories.purchase(customer, f"{100 + place}.00", happened_at=at, created_at=at)
    quiet = factories.customer(owner)
    for number in range(9):
        at = NOW - timedelta(days=95 + 150 + 10 * number)
        factories.purchase(quiet, "70.00", happened_at=at, created_at=at)
    factories.complaint(customers[1], opened_at=NOW - timedelta(days=97))
    before = NOW - timedelta(days=95, hours=8)
    with time_machine.travel(before, tick=False):
        rebuild(at=before)
        keep(TODAY - timedelta(days=95), at=before)
    as_kept = rows()
    assert len(as_kept) == 7
    assert {row[5] for row in as_kept} == {0, 1}
    RiskSnapshot.objects.all().delete()
    RiskDay.objects.all().delete()

    factories.interaction(customers[0])
    factories.purchase(customers[2], "5000.00", happened_at=before - timedelta(days=3), created_at=NOW)
    factories.complaint(customers[3], opened_at=NOW)
    Customer.objects.filter(pk=customers[4].pk).update(lost_on=TODAY)
    rebuild(at=NOW)
    assert recall([TODAY - timedelta(days=95)], ZONE) == 1
    assert rows() == as_kept
    assert recall([TODAY - timedelta(days=95)], ZONE) == 0
