"""The nightly rebuild: due from two o'clock by the company's clock, once, also when two ask at once."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, connections
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company
from customers.models import Customer
from retention import rebuilding, tasks
from retention.models import CustomerRisk, RiskBasis
from retention.rebuilding import rebuild_if_due
from retention.scoring import BATCH, RebuildResult, rebuild, rescore_stale
from retention_crm.celery import app
from tests import factories
from tests.factories import NOW

BEFORE_TWO = datetime(2026, 11, 26, 0, 59, tzinfo=UTC)
AT_TWO = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)


def stale() -> int:
    return Customer.objects.filter(risk_stale_since__isnull=False).count()


def test_the_night_begins_at_two_by_the_companys_clock(company: Company) -> None:
    assert rebuild_if_due(at=BEFORE_TWO) is None
    assert rebuild_if_due(at=AT_TWO) is not None
    assert RiskBasis.objects.get(pk=1).rebuilt_on == date(2026, 11, 26)


def test_another_time_zone_has_another_night(company: Company) -> None:
    company.time_zone = "Asia/Tokyo"
    company.save()
    assert rebuild_if_due(at=datetime(2026, 11, 25, 16, 59, tzinfo=UTC)) is None
    assert rebuild_if_due(at=datetime(2026, 11, 25, 17, 0, tzinfo=UTC)) is not None


def test_once_a_night_is_enough(company: Company) -> None:
    assert rebuild_if_due(at=AT_TWO) is not None
    assert rebuild_if_due(at=AT_TWO + timedelta(minutes=15)) is None
    assert rebuild_if_due(at=AT_TWO + timedelta(hours=20)) is None
    assert rebuild_if_due(at=AT_TWO + timedelta(days=1)) is not None


def test_a_missed_night_is_made_up_for_at_any_hour(company: Company) -> None:
    rebuild(at=NOW - timedelta(days=3))
    assert rebuild_if_due(at=NOW + timedelta(hours=8)) is not None


def test_the_night_clocks_change_has_one_rebuild_too(company: Company) -> None:
    """In Stockholm 02:00 does not exist on 29 March 2026; 03:00 is the first instant after."""
    assert rebuild_if_due(at=datetime(2026, 3, 29, 0, 59, tzinfo=UTC)) is None
    assert rebuild_if_due(at=datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) is not None
    assert rebuild_if_due(at=datetime(2026, 3, 29, 2, 0, tzinfo=UTC)) is None


def test_a_failure_is_tried_again(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*, at: datetime) -> RebuildResult:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(rebuilding, "rebuild", fails)
        with pytest.raises(OSError, match="disk full"):
            rebuild_if_due(at=AT_TWO)
    assert rebuild_if_due(at=AT_TWO) is not None


@contextmanager
def in_another_connection() -> Generator[None]:
    try:
        yield
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_of_two_rebuilds_at_once_one_works_and_the_other_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    started, may_end = threading.Event(), threading.Event()
    results: list[RebuildResult | None] = []

    def slow(*, at: datetime) -> RebuildResult:
        started.set()
        assert may_end.wait(20)
        return rebuild(at=at)

    monkeypatch.setattr(rebuilding, "rebuild", slow)

    def first() -> None:
        with in_another_connection():
            results.append(rebuild_if_due(at=AT_TWO))

    worker = threading.Thread(target=first)
    worker.start()
    assert started.wait(20)
    assert rebuild_if_due(at=AT_TWO) is None
    may_end.set()
    worker.join(20)
    assert [result is not None for result in results] == [True]
    assert rebuild_if_due(at=AT_TWO) is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_rescore_different_customers() -> None:
    """A customer another worker holds is passed over, and neither waits."""
    held, free = factories.customer(), factories.customer()
    Customer.objects.all().mark_risk_stale(NOW)
    holding, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with in_another_connection(), connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM customers_customer WHERE id = %s FOR UPDATE", [held.pk])
            holding.set()
            may_end.wait(20)
            cursor.execute("ROLLBACK")

    worker = threading.Thread(target=hold)
    worker.start()
    assert holding.wait(20)
    assert tasks.rescore() == 1
    assert list(Customer.objects.filter(risk_stale_since__isnull=False)) == [held]
    may_end.set()
    worker.join(20)
    assert tasks.rescore() == 1
    assert CustomerRisk.objects.filter(pk__in=[held.pk, free.pk]).count() == 2


def test_the_tick_takes_all_that_waits(company: Company, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(3):
        factories.customer(customer.owner)
    Customer.objects.all().mark_risk_stale(NOW)
    taken: list[int] = []

    def in_twos(*, at: datetime) -> int:
        taken.append(rescore_stale(at=at, limit=2))
        return taken[-1]

    monkeypatch.setattr(tasks, "rescore_stale", in_twos)
    assert tasks.rescore() == 4
    assert taken == [2, 2, 0]
    assert stale() == 0


def test_the_tick_ends_when_its_time_is_over(
    company: Company, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Customer.objects.all().mark_risk_stale(NOW)
    monkeypatch.setattr(tasks, "RESCORE_SECONDS", 0.0)
    monkeypatch.setattr(tasks, "rescore_stale", lambda at: 1)
    assert tasks.rescore() == 1


def test_a_tick_with_nothing_due_asks_two_questions(
    company: Company, customer: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        assert tasks.rescore() == 0
    rebuild(at=NOW)
    with time_machine.travel(NOW, tick=False), django_assert_num_queries(2):
        assert tasks.rebuild_when_due() is False


def test_a_batch_is_small_enough_for_the_time_of_a_tick() -> None:
    assert BATCH <= 1000


def test_the_schedule_names_these_tasks() -> None:
    app.loader.import_default_modules()
    for entry in ("rescore", "rebuild"):
        assert app.conf.beat_schedule[entry]["task"] in app.tasks


def test_the_command_says_what_it_did(company: Company, customer: Customer) -> None:
    factories.interaction(customer)
    out = StringIO()
    call_command("rebuild_risk", stdout=out)
    assert out.getvalue() == ("1 customers scored, 1 changed; the median gap between contact days is 30 days.\n")
