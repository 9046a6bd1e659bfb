"""Histories from files: written once however often, all of a file or nothing."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Company, User
from customers.models import Customer
from interactions import importing
from interactions.event_files import EventFile, Refusal
from interactions.importing import Destination, import_events
from interactions.models import Interaction, Kind, Outcome
from outreach.merging import merge
from tests import factories
from tests.factories import NOW, TODAY

type Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file of events and gives its path."""

    def to_file(content: str | bytes, name: str = "events.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return to_file


@pytest.fixture
def to(company: Company, owner: User) -> Destination:
    return Destination("shop", owner, factories.segment(cadence_days=20))


def imported(path: Path, to: Destination) -> tuple[importing.Summary, list[Refusal]]:
    refused: list[Refusal] = []
    summary = import_events(EventFile(path, latest=TODAY).read(), to, at=NOW, refuse=refused.append)
    return summary, refused


HISTORY = """customer,date,amount,type
Bäck,2026-03-01,10.00,purchase
Bäck,2026-05-01,,call
Bäck,2026-06-01,5.00,gesture
Ito,2026-04-01,20.00,
"""


def test_customers_and_events_are_created(write: Write, to: Destination) -> None:
    summary, _refused = imported(write(HISTORY), to)
    assert (summary.customers, summary.created, summary.already_there, summary.refused) == (2, 4, 0, 0)
    back = Customer.objects.get(name="Bäck")
    assert (back.external_key, back.sort_key, back.owner, back.segment) == (
        "import:shop:Bäck",
        "back",
        to.owner,
        to.segment,
    )
    assert (back.customer_since, back.created_at) == (date(2026, 3, 1), NOW)
    first = back.interactions.order_by("day")[0]
    assert (first.kind, first.outcome, first.amount, first.notes) == (Kind.PURCHASE, Outcome.HELD, Decimal(10), "")
    assert first.external_key == "shop:Bäck:2026-03-01:purchase:10.00:1"
    assert first.happened_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert first.created_at == NOW


def test_touchpoints_and_due_days_follow(write: Write, to: Destination) -> None:
    imported(write(HISTORY), to)
    back, ito = Customer.objects.order_by("name")
    assert (back.last_touchpoint_on, back.next_due_on) == (date(2026, 5, 1), date(2026, 5, 21))
    assert (ito.last_touchpoint_on, ito.next_due_on) == (None, date(2026, 4, 21))
    assert back.risk_stale_since == NOW


def test_noon_is_the_customers_own(write: Write, to: Destination) -> None:
    factories.customer(to.owner, name="Ito", external_key="import:shop:Ito", time_zone="Asia/Tokyo")
    imported(write("customer,date\nIto,2026-04-01\n"), to)
    event = Interaction.objects.get()
    assert (event.day, event.happened_at) == (date(2026, 4, 1), datetime(2026, 4, 1, 3, tzinfo=UTC))


def test_a_second_time_changes_nothing(write: Write, to: Destination) -> None:
    path = write(HISTORY)
    imported(path, to)
    before = list(Interaction.objects.order_by("pk").values())
    summary, _refused = imported(path, to)
    assert (summary.customers, summary.created, summary.already_there) == (0, 0, 4)
    assert list(Interaction.objects.order_by("pk").values()) == before


def test_what_staff_changed_meanwhile_stays(write: Write, to: Destination, outsider: User) -> None:
    imported(write(HISTORY), to)
    Customer.objects.filter(name="Ito").update(name="Ito Trading", owner=outsider)
    Interaction.objects.filter(customer__name="Ito Trading").update(notes="Told us about the fair")
    imported(write(HISTORY), to)
    ito = Customer.objects.get(external_key="import:shop:Ito")
    assert (ito.name, ito.owner, ito.interactions.get().notes) == ("Ito Trading", outsider, "Told us about the fair")


def test_a_customer_who_was_merged_is_known_by_either_name(write: Write, to: Destination) -> None:
    path = write("customer,date\nBäck,2026-04-01\nIto,2026-02-01\n")
    imported(path, to)
    kept, lost = Customer.objects.order_by("name")
    merge(kept, lost, by=to.owner, at=NOW)
    assert imported(path, to)[0].created == 0
    later = write("customer,date\nIto,2026-05-01\nIto,2026-01-01\nBäck,2026-03-01\n")
    summary, _refused = imported(later, to)
    assert (summary.customers, summary.created) == (0, 3)
    customer = Customer.objects.get()
    assert (customer.pk, customer.interactions.count(), customer.customer_since) == (kept.pk, 5, date(2026, 1, 1))


def test_equal_events_of_one_day_are_told_apart(write: Write, to: Destination) -> None:
    path = write("customer,date,amount\n" + "Ito,2026-04-01,5.00\n" * 3 + "Ito,2026-04-01,7.00\n")
    assert imported(path, to)[0].created == 4
    assert imported(path, to)[0].created == 0


def test_a_longer_file_adds_what_is_new(write: Write, to: Destination) -> None:
    imported(write(HISTORY), to)
    summary, _refused = imported(write(HISTORY + "Ito,2025-01-01,7.00,\nIto,2026-04-01,21.00,\n"), to)
    assert (summary.customers, summary.created, summary.already_there) == (0, 2, 4)
    assert Customer.objects.get(name="Ito").customer_since == date(2025, 1, 1)


def test_the_same_name_from_another_source_is_another_customer(write: Write, to: Destination) -> None:
    path = write(HISTORY)
    imported(path, to)
    summary, _refused = imported(path, Destination("fair", to.owner, to.segment))
    assert (summary.customers, summary.created) == (2, 4)


def test_a_customer_too_long_for_a_key_is_refused(write: Write, to: Destination) -> None:
    name = "x" * 201
    summary, refused = imported(write(f"customer,date,amount\n{name},2026-04-01,1\nIto,2026-04-01,1\n"), to)
    assert (summary.created, summary.refused) == (1, 1)
    assert "longer than" in refused[0].reason


def test_the_longest_customer_that_is_taken_fits(write: Write, to: Destination) -> None:
    _summary, refused = imported(write(f"customer,date,amount\n{'x' * 201},2026-04-01,1\n"), to)
    longest = int(refused[0].reason.split()[-2])
    path = write(f"customer,date,amount\n{'ß' * longest},2026-04-01,-999999999999.99\n")
    assert imported(path, to)[0].created == 1


@pytest.mark.parametrize("name", ["O'Neill; DROP TABLE", "a\\tb\\N", '"', "%s {0}", "😀 مرحبا", "a:b:2026-01-01"])
def test_any_name_is_kept_as_it_is(write: Write, to: Destination, name: str) -> None:
    quoted = name.replace('"', '""')
    imported(write(f'customer,date\n"{quoted}",2026-04-01\n'), to)
    assert Customer.objects.get().name == name


def test_the_work_is_done_in_batches(write: Write, to: Destination, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_CUSTOMERS_AT_ONCE", 3)
    monkeypatch.setattr(importing, "_STAGED_AT_ONCE", 4)
    rows = [f"customer {number},2026-04-{day:02}" for number in range(8) for day in (1, 2)]
    random.Random(7).shuffle(rows)
    progress: list[int] = []
    path = write("customer,date\n" + "\n".join(rows))
    lines = EventFile(path, latest=TODAY).read()
    summary = import_events(lines, to, at=NOW, refuse=lambda _refusal: None, wrote=progress.append)
    assert (summary.customers, summary.created) == (8, 16)
    assert progress == [6, 6, 4]


def test_more_lines_take_no_more_queries(
    write: Write, to: Destination, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    path = write("customer,date\n" + "".join(f"{number % 50},2026-04-{number % 28 + 1:02}\n" for number in range(3000)))
    with django_assert_max_num_queries(20):
        assert imported(path, to)[0].created == 3000


def test_a_failure_leaves_nothing_behind(write: Write, to: Destination, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_options: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(importing, "refresh_touchpoints", fails)
    with pytest.raises(RuntimeError):
        imported(write(HISTORY), to)
    assert not Customer.objects.exists()
    assert not Interaction.objects.exists()
