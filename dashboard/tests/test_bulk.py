"""Changing many customers at once: who is changed, how far it gets, and taking it back."""

from collections.abc import Callable, Collection
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Company, User, Visibility
from customers.models import Customer, OwnerChange, Segment, Tag
from dashboard import bulk_changing, tasks
from dashboard.bulk_changing import ask_to_undo, begin, go_on
from dashboard.models import BulkChange, BulkRow
from dashboard.models.bulk import UNDOABLE_FOR
from interactions.models import FollowUp
from tests import factories
from tests.factories import NOW

type Login = Callable[[User], Client]
Action, State = BulkChange.Action, BulkRow.State

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_of_the_company(company: Company) -> None:
    """Every test has a company."""


def started(action: str, by: User, rows: Any = None, **parameters: Any) -> BulkChange:
    rows = Customer.objects.all() if rows is None else rows
    return begin(rows, action=action, parameters=parameters, words="Changed", by=by, at=NOW)


def through(change: BulkChange, at: Any = NOW) -> dict[str, int]:
    """Everything of it done, or taken back; how many customers are in which state now."""
    while go_on(change, at=at):
        pass
    return {state: number for state, number in change.counts().items() if number}


def undone(change: BulkChange) -> dict[str, int]:
    assert ask_to_undo(change, at=NOW)
    return through(change)


def post(browser: Client, chosen: Collection[Customer] | str, query: str = "", **form: Any) -> Any:
    who: dict[str, Any] = {"all": "on"} if chosen == "all" else {"pk": [row.pk for row in chosen]}  # type: ignore[union-attr]
    return browser.post(f"{reverse('bulk_new')}?{query}", who | form)


# ---- What each action does, and how it is taken back ----


def test_customers_are_given_away_with_a_record_and_back_without_a_trace_to_tell(
    three: list[Customer], owner: User, teammate: User, manager: User
) -> None:
    Customer.objects.filter(pk=three[0].pk).update(owner=teammate)
    change = started(Action.OWNER, manager, id=teammate.pk)

    assert through(change) == {"changed": 2, "same": 1, "total": 3}
    assert set(Customer.objects.values_list("owner", flat=True)) == {teammate.pk}
    assert set(OwnerChange.objects.values_list("former", "owner", "changed_by")) == {
        (owner.pk, teammate.pk, manager.pk)
    }
    assert OwnerChange.objects.untold().count() == 2

    assert undone(change) == {"taken_back": 2, "same": 1, "total": 3}
    assert set(Customer.objects.values_list("pk", "owner")) == {
        (three[0].pk, teammate.pk),
        (three[1].pk, owner.pk),
        (three[2].pk, owner.pk),
    }
    # They never heard of anybody else.
    assert not OwnerChange.objects.untold().exists()


def test_customers_of_another_segment_fall_due_by_its_cadence(three: list[Customer], manager: User) -> None:
    former, often = three[0].segment, factories.segment(cadence_days=7)
    Customer.objects.all().recompute_due()
    before = set(Customer.objects.values_list("pk", "next_due_on"))
    change = started(Action.SEGMENT, manager, id=often.pk)

    assert through(change)["changed"] == 3
    for row in Customer.objects.all():
        assert row.segment == often
        assert row.next_due_on == row.customer_since + timedelta(days=7)
        assert row.risk_stale_since == NOW

    undone(change)
    assert set(Customer.objects.values_list("segment", flat=True)) == {former.pk, *(c.segment_id for c in three)}
    assert set(Customer.objects.values_list("pk", "next_due_on")) == before


def test_a_tag_is_added_to_those_without_it_and_taken_from_those_alone(three: list[Customer], manager: User) -> None:
    tag = Tag.objects.create(name="Fair")
    three[0].tags.add(tag)
    change = started(Action.ADD_TAG, manager, id=tag.pk)

    assert through(change) == {"changed": 2, "same": 1, "total": 3}
    assert tag.customers.count() == 3
    assert undone(change) == {"taken_back": 2, "same": 1, "total": 3}
    assert list(tag.customers.all()) == [three[0]]


def test_a_tag_is_taken_away_and_given_back(three: list[Customer], manager: User) -> None:
    tag = Tag.objects.create(name="Fair")
    tag.customers.set(three[:2])
    change = started(Action.REMOVE_TAG, manager, id=tag.pk)

    assert through(change) == {"changed": 2, "same": 1, "total": 3}
    assert not tag.customers.exists()
    undone(change)
    assert set(tag.customers.all()) == set(three[:2])


def test_a_follow_up_with_each_goes_to_who_looks_after_them(
    three: list[Customer], owner: User, teammate: User, manager: User
) -> None:
    Customer.objects.filter(pk=three[0].pk).update(owner=teammate)
    due = NOW + timedelta(days=3)
    change = started(Action.FOLLOW_UP, manager, title="Ask for a reference", due_at=due.isoformat())

    assert through(change) == {"changed": 3, "total": 3}
    planned = FollowUp.objects.all()
    assert {(row.customer_id, row.assignee_id) for row in planned} == {
        (three[0].pk, teammate.pk),
        (three[1].pk, owner.pk),
        (three[2].pk, owner.pk),
    }
    assert {(row.title, row.due_at, row.is_promise) for row in planned} == {("Ask for a reference", due, False)}
    FollowUp.objects.get(customer=three[0]).finish(teammate, NOW)
    FollowUp.objects.get(customer=three[1]).move(due + timedelta(days=1))

    assert undone(change) == {"taken_back": 1, "kept": 2, "total": 3}
    assert {row.customer_id for row in FollowUp.objects.all()} == {three[0].pk, three[1].pk}


# ---- Taking back, late and between ----


def test_whom_somebody_changed_since_stays_changed(
    three: list[Customer], owner: User, teammate: User, manager: User
) -> None:
    change = started(Action.OWNER, manager, id=teammate.pk)
    through(change)
    Customer.objects.filter(pk=three[1].pk).update(owner=manager)

    assert undone(change) == {"taken_back": 2, "kept": 1, "total": 3}
    assert Customer.objects.get(pk=three[1].pk).owner == manager


def test_what_waits_when_it_is_taken_back_is_never_done(
    three: list[Customer], owner: User, teammate: User, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_changing, "BATCH", 1)
    change = started(Action.OWNER, manager, id=teammate.pk)
    go_on(change, at=NOW)

    assert undone(change) == {"taken_back": 3, "total": 3}
    assert set(Customer.objects.values_list("owner", flat=True)) == {owner.pk}


def test_it_is_taken_back_once_and_within_a_week(three: list[Customer], teammate: User, manager: User) -> None:
    change = started(Action.OWNER, manager, id=teammate.pk)
    through(change)
    change.refresh_from_db()

    assert change.may_be_undone(NOW + UNDOABLE_FOR - timedelta(seconds=1))
    assert not ask_to_undo(change, at=NOW + UNDOABLE_FOR)
    assert ask_to_undo(change, at=NOW)
    assert not ask_to_undo(change, at=NOW)


def test_a_tag_that_is_gone_meanwhile_changes_nobody(three: list[Customer], manager: User) -> None:
    tag = Tag.objects.create(name="Fair")
    change = started(Action.ADD_TAG, manager, id=tag.pk)
    tag.delete()

    assert through(change) == {"refused": 3, "total": 3}


def test_somebody_who_left_meanwhile_is_given_nobody(three: list[Customer], owner: User, manager: User) -> None:
    gone = factories.user()
    change = started(Action.OWNER, manager, id=gone.pk)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    assert through(change) == {"refused": 3, "total": 3}


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_was_before_is_there_again(owner: User, teammate: User, manager: User, data: st.DataObject) -> None:
    Customer.objects.all().delete()
    owners, segments = [owner, teammate, manager], [factories.segment() for _number in range(2)]
    tags = Tag.objects.named(["one", "two"])
    for number in range(data.draw(st.integers(1, 6))):
        row = factories.customer(
            data.draw(st.sampled_from(owners)), name=f"C{number}", segment=data.draw(st.sampled_from(segments))
        )
        row.tags.set(data.draw(st.sets(st.sampled_from(tags))))

    def everything() -> set[tuple[Any, ...]]:
        return {
            (row.pk, row.owner_id, row.segment_id, frozenset(tag.pk for tag in row.tags.all()))
            for row in Customer.objects.prefetch_related("tags")
        }

    before = everything()
    action = data.draw(st.sampled_from([Action.OWNER, Action.SEGMENT, Action.ADD_TAG, Action.REMOVE_TAG]))
    targets: dict[str, list[Any]] = {Action.OWNER: owners, Action.SEGMENT: segments}
    change = started(action, manager, id=data.draw(st.sampled_from(targets.get(action, tags))).pk)
    through(change)
    undone(change)

    assert everything() == before


# ---- Who may ----


def test_only_whom_the_person_may_change_is_changed(
    login: Login, owner: User, outsider: User, customer: Customer
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    foreign = factories.customer(outsider, name="Petrova GmbH")
    browser = login(owner)

    asked = post(browser, [customer, foreign])
    assert (asked.context["number"], asked.context["left_out"]) == (1, 1)
    assert "1 more you may read but not change" in asked.content.decode()
    post(browser, [customer, foreign], action="add_tag", new_tag="Fair")

    assert list(Tag.objects.get().customers.all()) == [customer]


def test_who_is_not_seen_can_not_be_chosen(login: Login, owner: User, outsider: User, customer: Customer) -> None:
    foreign = factories.customer(outsider, name="Petrova GmbH")

    response = post(login(owner), [foreign], action="add_tag", new_tag="Fair")

    assert response.status_code == 302
    assert not BulkChange.objects.exists()


def test_who_was_given_away_meanwhile_is_left_alone(
    three: list[Customer], owner: User, outsider: User, teammate: User
) -> None:
    change = started(Action.OWNER, owner, id=teammate.pk)
    Customer.objects.filter(pk=three[0].pk).update(owner=outsider)

    assert through(change) == {"changed": 2, "refused": 1, "total": 3}
    assert Customer.objects.get(pk=three[0].pk).owner == outsider


def test_staff_give_customers_to_their_own_team_only(
    login: Login, owner: User, outsider: User, customer: Customer
) -> None:
    response = post(login(owner), [customer], action="owner", owner=outsider.pk)

    assert response.status_code == 422
    assert "owner" in response.context["form"].errors


# ---- Twice, late and at once ----


def test_the_task_runs_twice_and_late_without_harm(three: list[Customer], teammate: User, manager: User) -> None:
    change = started(Action.OWNER, manager, id=teammate.pk)

    assert tasks.change() == 3
    assert tasks.change() == 0
    assert OwnerChange.objects.count() == 3
    change.refresh_from_db()
    assert change.finished_at is not None


def test_a_change_that_fails_keeps_no_other_waiting(
    three: list[Customer], teammate: User, manager: User, caplog: pytest.LogCaptureFixture
) -> None:
    started(Action.FOLLOW_UP, manager, title="Call", due_at="nonsense")
    later = started(Action.OWNER, manager, id=teammate.pk)

    assert tasks.change() == 3

    assert "failed" in caplog.text
    assert later.counts()["changed"] == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_change_each_customer_once(
    owner: User, teammate: User, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_changing, "BATCH", 2)
    segment = Segment.objects.create(name="S", cadence_days=9)
    for number in range(20):
        factories.customer(owner, name=f"C{number}", segment=segment)
    change = started(Action.OWNER, manager, id=teammate.pk)
    start = Barrier(3)

    def work() -> None:
        start.wait()
        try:
            through(change)
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert OwnerChange.objects.count() == 20
    assert change.counts()["changed"] == 20
