"""The merged timeline: every source once, newest first, page by page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from customers.models import ConsentChange, ConsentKind, Contact, Customer, PreferenceChange
from dashboard.timeline import SHOWN_KINDS, Entry, Place, Timeline, timeline
from interactions.models import Kind
from outreach.models import Message, MessageKind, State
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def sent(customer: Customer, at: datetime, **fields: Any) -> Message:
    values = {"kind": MessageKind.BIRTHDAY, "state": State.SENT, "finished_at": at, "occasion": f"birthday:{at}"}
    return Message.objects.create(customer=customer, due_at=at, expires_at=at, dated_at=at, **values | fields)


def consent(contact: Contact, at: datetime) -> ConsentChange:
    source = ConsentChange.Source.LINK
    return ConsentChange.objects.create(
        contact=contact, kind=ConsentKind.SURVEYS, granted=False, source=source, changed_at=at
    )


def one_of_each(customer: Customer, at: datetime = NOW) -> None:
    """Eight entries, an hour apart, the newest at `at`."""
    hours = [at - timedelta(hours=number) for number in range(8)]
    contact = factories.contact(customer)
    factories.interaction(customer, happened_at=hours[0])
    sent(customer, hours[1])
    factories.response(factories.invitation(contact), answered_at=hours[2])
    factories.follow_up(customer).finish(customer.owner, hours[3])
    consent(contact, hours[4])
    factories.complaint(customer, opened_at=hours[7], resolved_at=hours[5])
    factories.purchase(customer, happened_at=hours[6])


def names(shown: Timeline) -> list[str]:
    return [entry.source for entry in shown.entries]


def walk(customer: Customer, size: int, show: str = "") -> list[Entry]:
    """All pages one after the other."""
    entries: list[Entry] = []
    after = ""
    while True:
        page = timeline(customer, show=show, after=after, size=size)
        entries += page.entries
        after = page.older
        if not after:
            return entries


def test_every_kind_of_thing_that_happened_is_there_newest_first(customer: Customer) -> None:
    one_of_each(customer)

    shown = timeline(customer)

    assert names(shown) == [
        "interaction", "mail", "answer", "done", "consent", "resolved", "interaction", "complaint",
    ]  # fmt: skip
    assert [entry.at for entry in shown.entries] == [NOW - timedelta(hours=number) for number in range(8)]
    assert shown.older == ""


def test_wishes_are_there_with_consent_in_words(
    customer: Customer, owner: User, login: Callable[[User], Client]
) -> None:
    contact = factories.contact(customer, name="Amira Haddad")
    consent(contact, NOW)
    PreferenceChange.objects.create(contact=contact, what="cadence", former="45", chosen="91", changed_at=NOW)

    assert names(timeline(customer, show="consent")) == ["preference", "consent"]
    page = login(owner).get(f"/customers/{customer.pk}/timeline/").content.decode()
    assert "How often to be called: Every three months" in page
    assert "chosen by <bdi>Amira Haddad</bdi>, before: Every 45 days" in page


def test_what_has_not_happened_is_not_there(customer: Customer) -> None:
    factories.follow_up(customer)
    factories.invitation(factories.contact(customer))
    sent(customer, NOW, state=State.HELD)
    sent(customer, NOW, state=State.PLANNED, finished_at=None, occasion="other")

    assert timeline(customer).entries == []


def test_nothing_of_another_customer_is_there(customer: Customer) -> None:
    one_of_each(factories.customer(customer.owner))

    assert timeline(customer).entries == []


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("calls", ["interaction"]),
        ("meetings", []),
        ("messages", ["mail"]),
        ("purchases", ["interaction"]),
        ("answers", ["answer"]),
        ("done", ["done"]),
        ("complaints", ["resolved", "complaint"]),
        ("consent", ["consent"]),
        ("nonsense", ["interaction", "mail", "answer", "done", "consent", "resolved", "interaction", "complaint"]),
    ],
)
def test_it_can_be_narrowed_to_a_kind(customer: Customer, show: str, expected: list[str]) -> None:
    one_of_each(customer)

    assert names(timeline(customer, show=show)) == expected


def test_every_kind_of_interaction_can_be_chosen_once() -> None:
    chosen = [kind for _label, kinds in SHOWN_KINDS.values() for kind in kinds if kind in Kind.values]

    assert sorted(chosen) == sorted(Kind.values)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9])
def test_pages_lose_nothing_and_show_nothing_twice(customer: Customer, size: int) -> None:
    one_of_each(customer)

    assert walk(customer, size) == timeline(customer).entries


@pytest.mark.parametrize("size", [1, 2, 5])
def test_things_at_the_very_same_time_are_all_there_once(customer: Customer, size: int) -> None:
    contact = factories.contact(customer)
    for number in range(3):
        factories.interaction(customer, happened_at=NOW)
        sent(customer, NOW, occasion=f"birthday:{number}")
        consent(contact, NOW)
        factories.complaint(customer, opened_at=NOW, resolved_at=NOW)

    entries = walk(customer, size)

    assert len(entries) == len({(entry.source, entry.row.pk) for entry in entries}) == 15


def test_a_kind_is_paged_like_everything(customer: Customer) -> None:
    for number in range(5):
        factories.interaction(customer, happened_at=NOW - timedelta(hours=number))
        factories.purchase(customer, happened_at=NOW - timedelta(hours=number))

    assert len(walk(customer, 2, show="calls")) == 5


@pytest.mark.parametrize(
    "after",
    [
        "nonsense",
        "\x00",
        "2026-11-26_0_1",
        "2026-11-26T09:00:00_0_1",
        "2026-11-26T09:00:00+00:00_0_-1",
        "2026-11-26T09:00:00+00:00_0_" + "9" * 40,
        "2026-11-26T09:00:00+00:00_0_" + "9" * 5000,
        "0001-01-01T00:00:00+14:00_0_1",
        "9999-12-31T23:59:59-14:00_0_1",
        "_" * 100,
        "'; DROP TABLE--",
    ],
)
def test_a_malformed_place_means_the_beginning(customer: Customer, after: str) -> None:
    factories.interaction(customer)

    assert len(timeline(customer, after=after).entries) == 1


@given(st.text(max_size=60))
def test_no_text_is_a_place_by_accident(written: str) -> None:
    assert Place.read(written) is None


@given(
    at=st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    rank=st.integers(0, 6),
    pk=st.integers(1, 2**63 - 1),
)
def test_every_place_is_read_back(at: datetime, rank: int, pk: int) -> None:
    assert Place.read(str(Place(at, rank, pk))) == Place(at, rank, pk)


def test_fifty_of_everything_cost_as_many_queries_as_one(customer: Customer) -> None:
    """One to find the rows, one for each of the six kinds, and for conversations their recaps and what was asked."""
    one_of_each(customer)
    with CaptureQueriesContext(connection) as one:
        timeline(customer)
    for number in range(50):
        factories.interaction(customer, happened_at=NOW - timedelta(minutes=number), author=customer.owner)
    with CaptureQueriesContext(connection) as fifty:
        shown = timeline(customer, size=100)

    assert len(shown.entries) == 58
    assert len(fifty) == len(one) == 10


def test_only_what_is_there_is_asked_for(customer: Customer) -> None:
    factories.complaint(customer)
    with CaptureQueriesContext(connection) as queries:
        timeline(customer)

    assert len(queries) == 2
