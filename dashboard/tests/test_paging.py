"""Paging by key: however the rows lie, walking forward and back shows each of them exactly once."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from customers.models import Customer
from dashboard.paging import Order, Page, page_of
from dashboard.sorting import ORDERS
from retention.models import Band, CustomerRisk
from tests import factories

each_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


@pytest.fixture
def crowd(owner: User) -> list[Customer]:
    """Thirteen customers with equal names, equal days, and none at all."""
    segment = factories.segment()
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    crowd = Customer.objects.bulk_create(
        Customer(
            name=f"Name {number % 3}",
            sort_key=f"name {number % 3}",
            owner=owner,
            segment=segment,
            customer_since=date(2025, 1, 1),
            next_due_on=None if number % 4 == 0 else date(2026, 1, 1 + number % 3),
            last_touchpoint_at=None if number % 5 == 0 else moment + timedelta(microseconds=number % 2),
        )
        for number in range(13)
    )
    CustomerRisk.objects.bulk_create(
        CustomerRisk(
            customer=row,
            risk=None if number % 4 == 1 else number % 3 / 4,
            band=Band.UNKNOWN if number % 4 < 2 else Band.WATCH,
            value_last_year=number % 3,
        )
        for number, row in enumerate(crowd[:10])
    )
    return crowd


def forward(order: Order, size: int) -> Iterator[Page[Customer]]:
    page = page_of(Customer.objects.all(), order, size=size)
    yield page
    while page.following:
        page = page_of(Customer.objects.all(), order, after=page.following, size=size)
        yield page


def back(order: Order, page: Page[Customer], size: int) -> Iterator[Page[Customer]]:
    yield page
    while page.preceding:
        page = page_of(Customer.objects.all(), order, before=page.preceding, size=size)
        yield page


@each_order
@pytest.mark.parametrize("size", range(1, 15))
def test_walking_forward_shows_each_row_once(crowd: list[Customer], order: Order, size: int) -> None:
    pages = list(forward(order, size))

    seen = [row.pk for page in pages for row in page.rows]
    assert sorted(seen) == sorted(row.pk for row in crowd)
    assert all(len(page.rows) == size for page in pages[:-1])
    assert not pages[0].preceding


@each_order
@pytest.mark.parametrize("size", range(1, 15))
def test_walking_back_shows_the_same_pages(crowd: list[Customer], order: Order, size: int) -> None:
    there = list(forward(order, size))

    again = list(back(order, there[-1], size))

    first, last = again[-1].rows, again[0].rows
    assert [row.pk for page in reversed(again) for row in page.rows] == [row.pk for page in there for row in page.rows]
    assert (first[0].pk, last[-1].pk) == (there[0].rows[0].pk, there[-1].rows[-1].pk)
    assert all(page.following for page in again[1:])


@each_order
def test_rows_stand_in_order(crowd: list[Customer], order: Order) -> None:
    (page,) = forward(order, 20)

    keys = [(row.page_key, row.pk) for row in page.rows]  # type: ignore[attr-defined]
    assert all((b <= a) if order.descending else (a <= b) for a, b in pairwise(keys))


def test_never_contacted_customers_are_quiet_the_longest(crowd: list[Customer]) -> None:
    quiet = page_of(Customer.objects.all(), ORDERS["quiet"], size=50).rows
    recent = page_of(Customer.objects.all(), ORDERS["recent"], size=50).rows

    assert quiet[0].last_touchpoint_at is None
    assert recent[-1].last_touchpoint_at is None


def test_customers_without_a_due_day_come_last(crowd: list[Customer]) -> None:
    assert page_of(Customer.objects.all(), ORDERS["due"], size=50).rows[-1].next_due_on is None


@pytest.mark.parametrize("name", ["risk", "risk_up"])
def test_those_of_whom_no_risk_is_known_come_last_either_way(crowd: list[Customer], name: str) -> None:
    rows = page_of(Customer.objects.select_related("risk"), ORDERS[name], size=50).rows

    is_known = [hasattr(row, "risk") and row.risk.band != Band.UNKNOWN for row in rows]
    assert is_known == sorted(is_known, reverse=True)
    assert {True, False} == set(is_known)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("name", "customer_by_name"),
        ("name_down", "customer_by_name"),
        ("due", "customer_by_due_owner"),
        ("due_down", "customer_by_due_owner"),
        ("quiet", "customer_by_touch_owner"),
        ("recent", "customer_by_touch_owner"),
        ("since", "customer_by_since"),
        ("since_down", "customer_by_since"),
    ],
)
def test_an_index_has_the_rows_in_order_both_ways(crowd: list[Customer], name: str, index: str) -> None:
    """So that a page deep in the list costs what the first one does; the planner is asked what is possible."""
    order = ORDERS[name]
    sign = "-" if order.descending else ""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
    rows = Customer.objects.annotate(page_key=order.key).order_by(f"{sign}page_key", f"{sign}pk")

    plan = rows[:5].explain()

    assert index in plan
    assert "Sort" not in plan


@each_order
def test_a_page_is_one_query_wherever_it_lies(crowd: list[Customer], order: Order) -> None:
    for page in list(forward(order, 3)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page_of(Customer.objects.all(), order, after=page.following, size=3)
        assert len(queries) == 1
        assert "OFFSET" not in queries[0]["sql"]


def test_a_row_added_meanwhile_moves_nothing(crowd: list[Customer], owner: User) -> None:
    first = page_of(Customer.objects.all(), ORDERS["name"], size=4)
    following = [row.pk for row in page_of(Customer.objects.all(), ORDERS["name"], after=first.following, size=4).rows]
    factories.customer(owner, name="Aaron")

    again = page_of(Customer.objects.all(), ORDERS["name"], after=first.following, size=4)

    assert [row.pk for row in again.rows] == following


def test_when_the_rows_after_a_cursor_are_gone_the_first_page_shows(crowd: list[Customer]) -> None:
    first = page_of(Customer.objects.all(), ORDERS["name"], size=4)
    kept = {row.pk for row in first.rows}
    Customer.objects.exclude(pk__in=kept).delete()

    page = page_of(Customer.objects.all(), ORDERS["name"], after=first.following, size=4)

    assert {row.pk for row in page.rows} == kept
    assert (page.following, page.preceding) == ("", "")


def test_an_empty_list_has_one_empty_page(db: None) -> None:
    assert page_of(Customer.objects.all(), ORDERS["name"], size=50) == Page(rows=[])


def cursor(*content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@each_order
@pytest.mark.parametrize(
    "broken",
    [
        "x",
        "ä",
        "\x00",
        "====",
        "a" * 100_000,
        cursor(),
        cursor("name 1"),
        cursor("name 1", "1"),
        cursor("name 1", True),
        cursor("name 1", -1),
        cursor("name 1", 2**63),
        cursor(1, 1),
        cursor(None, None),
        cursor("nul \x00", 1),
        cursor("\ud800", 1),
        cursor("2026-13-45", 1),
        cursor("2026-01-01T00:00:00+99:00", 1),
        base64.urlsafe_b64encode(b"[" * 2900).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
    ids=range(19),
)
def test_a_broken_cursor_is_no_error(crowd: list[Customer], order: Order, broken: str) -> None:
    first = page_of(Customer.objects.all(), order, size=4)

    for page in (
        page_of(Customer.objects.all(), order, after=broken, size=4),
        page_of(Customer.objects.all(), order, before=broken, size=4),
    ):
        assert page.rows
        assert len(page.rows) == len(first.rows)


def test_a_moment_in_a_cursor_needs_its_offset(crowd: list[Customer]) -> None:
    first = page_of(Customer.objects.all(), ORDERS["quiet"], size=4)

    page = page_of(Customer.objects.all(), ORDERS["quiet"], after=cursor("2026-03-01T12:00:00", 1), size=4)

    assert [row.pk for row in page.rows] == [row.pk for row in first.rows]
