"""Bad news on its way: who was told and how, how far telling has come, and what is withdrawn."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from interactions.models import FollowUp, How, Interaction, Kind, Notice, NoticeFor
from outreach.models import Message, State
from outreach.planning import plan
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
TITLE = "New prices from 1 January"


# ---- Told ----


def told(browser: Client, row: NoticeFor, **data: Any) -> Any:
    return browser.post(reverse("notice_told", args=[row.follow_up_id]), data, headers=HTMX)


def test_told_logs_the_conversation_and_ends_the_task(
    owner: User, teammate: User, customer: Customer, login: Login
) -> None:
    contact = factories.contact(customer)
    row = factories.notice_for(customer, title=TITLE)
    asked = login(teammate).get(reverse("notice_told", args=[row.follow_up_id])).context["form"]
    assert (asked["kind"].value(), asked["contact"].value()) == (Kind.CALL, contact.pk)

    response = told(login(teammate), row, kind=Kind.VISIT, contact=contact.pk, note="Took it well")

    assert "Lindqvist AB was told" in response.content.decode()
    visit = Interaction.objects.get()
    assert (visit.kind, visit.author, visit.contact, visit.happened_at) == (Kind.VISIT, teammate, contact, NOW)
    assert visit.notes == f"Told: {TITLE}\nTook it well"
    row.refresh_from_db()
    assert row.told_in == visit
    assert row.follow_up and (row.follow_up.done_at, row.follow_up.done_by) == (NOW, teammate)
    customer.refresh_from_db()
    assert customer.last_touchpoint_at == NOW


def test_who_was_told_gets_no_mail(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer)
    row = factories.notice_for(customer, How.MAIL, at=NOW - timedelta(hours=2))
    plan(at=NOW)

    told(login(owner), row, kind=Kind.CALL)

    assert Message.objects.get(kind="notice").state == State.CANCELLED


def test_told_once_is_enough(owner: User, customer: Customer, login: Login) -> None:
    row = factories.notice_for(customer)
    told(login(owner), row, kind=Kind.CALL)

    assert "told before" in told(login(owner), row, kind=Kind.CALL).content.decode()
    assert Interaction.objects.count() == 1
    how = login(owner).post(reverse("notice_how", args=[row.pk]), {"how": How.MAIL}, headers=HTMX)
    assert "told before" in how.content.decode()


def test_undone_they_are_still_to_be_told(owner: User, customer: Customer, login: Login) -> None:
    row = factories.notice_for(customer)
    told(login(owner), row, kind=Kind.CALL)

    login(owner).post(reverse("follow_up_reopen", args=[row.follow_up_id]))

    row = NoticeFor.objects.get()
    assert row.is_to_be_told
    assert row.told_in is None


@pytest.mark.parametrize("data", [{}, {"kind": "purchase"}, {"kind": "call", "contact": "0"}])
def test_a_half_said_telling_gets_a_message(
    owner: User, customer: Customer, login: Login, data: dict[str, str]
) -> None:
    assert told(login(owner), factories.notice_for(customer), **data).status_code == 422
    assert not Interaction.objects.exists()


def test_a_task_that_is_no_news_has_no_such_page(owner: User, customer: Customer, login: Login) -> None:
    follow_up = factories.follow_up(customer)

    assert login(owner).get(reverse("notice_told", args=[follow_up.pk])).status_code == 404


def test_the_task_stands_on_today_with_the_title_and_asks_how_they_were_told(
    owner: User, customer: Customer, login: Login
) -> None:
    row = factories.notice_for(customer, title=TITLE, tell_by=TODAY)

    for address in ("/", reverse("customer", args=[customer.pk])):
        shown = login(owner).get(address).content.decode()
        assert TITLE in shown
        assert reverse("notice_told", args=[row.follow_up_id]) in shown
        assert reverse("follow_up_done", args=[row.follow_up_id]) not in shown


# ---- How far it has come ----


def announced(by: User, *owners: User) -> Notice:
    """News for one customer of each owner, all in one notice."""
    rows = [factories.notice_for(factories.customer(owner, name=f"Of {owner.name}")) for owner in owners]
    notice = rows[0].notice
    NoticeFor.objects.filter(pk__in=[row.pk for row in rows]).update(notice=notice)
    Notice.objects.exclude(pk=notice.pk).delete()
    Notice.objects.update(created_by=by, title=TITLE)
    return notice


def page(browser: Client, notice: Notice, **query: Any) -> Any:
    response = browser.get(reverse("notice", args=[notice.pk]), query)
    assert response.status_code == 200
    return response


def names(response: Any) -> list[str]:
    return [row.customer.name for row in response.context["page"].rows]


def test_the_page_counts_told_not_yet_and_overdue(
    owner: User, teammate: User, outsider: User, manager: User, login: Login
) -> None:
    notice = announced(manager, owner, teammate, outsider)
    tasks = {task.customer.name: task for task in FollowUp.objects.select_related("customer")}
    tasks["Of Mia Berg"].finish(owner, NOW)
    tasks["Of Tom Falk"].move(NOW - timedelta(days=1))

    shown = page(login(manager), notice)

    assert "1 of 3 told" in shown.content.decode()
    assert shown.context["figures"].untold == 2
    assert shown.context["figures"].overdue == 1
    assert [str(person) for person, _numbers in shown.context["of_owners"]] == ["Mia Berg", "Olga Ek", "Tom Falk"]
    assert names(shown) == ["Of Olga Ek", "Of Tom Falk"]
    assert names(page(login(manager), notice, show="overdue")) == ["Of Tom Falk"]
    assert names(page(login(manager), notice, show="told")) == ["Of Mia Berg"]
    assert len(names(page(login(manager), notice, show="all"))) == 3
    assert names(page(login(manager), notice, show="all", owner=outsider.pk)) == ["Of Olga Ek"]


def test_staff_see_their_teams_part_of_it(owner: User, outsider: User, manager: User, login: Login) -> None:
    notice = announced(manager, owner, outsider)

    shown = page(login(owner), notice, show="all")

    assert names(shown) == ["Of Mia Berg"]
    assert shown.context["figures"].total == 1
    assert "0 of 1 told" in login(owner).get("/messages/notices/").content.decode()


def test_who_may_only_read_sees_no_buttons(owner: User, outsider: User, customer: Customer, login: Login) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    row = factories.notice_for(customer)

    shown = page(login(outsider), row.notice).content.decode()

    assert "Lindqvist AB" in shown
    assert reverse("notice_told", args=[row.follow_up_id]) not in shown
    assert "withdraw" not in shown


@pytest.mark.parametrize("query", [{"show": "x"}, {"owner": "x"}, {"owner": "9" * 30}, {"after": "x"}, {"before": "%"}])
def test_an_address_that_means_nothing_shows_the_list(
    owner: User, customer: Customer, login: Login, query: dict[str, str]
) -> None:
    page(login(owner), factories.notice_for(customer).notice, **query)


@pytest.mark.parametrize("address", ["notice", "notices", "today"])
def test_three_rows_cost_as_many_queries_as_one(manager: User, login: Login, address: str) -> None:
    browser = login(manager)
    counts = []
    for rows in (1, 3):
        Notice.objects.all().delete()
        FollowUp.objects.all().delete()
        owners = [factories.user(team=manager.team) for _row in range(rows)]
        notice = announced(manager, *owners)
        for row in notice.customers.all():
            factories.message(factories.contact(row.customer), kind="notice", notice_for=row)
        FollowUp.objects.update(assignee=manager, due_at=NOW)
        arguments = [notice.pk] if address == "notice" else []
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse(address, args=arguments), {"show": "all"})
        counts.append(len(queries))

    assert counts[0] == counts[1]


# ---- Withdrawn ----


def test_what_is_withdrawn_is_told_to_nobody_else(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer)
    row = factories.notice_for(customer, How.MAIL, at=NOW - timedelta(hours=2))
    plan(at=NOW)
    asked = login(owner).get(reverse("notice_withdraw", args=[row.notice_id]))
    assert asked.status_code == 200

    response = login(owner).post(reverse("notice_withdraw", args=[row.notice_id]), follow=True)

    assert "Nobody else is told" in response.content.decode()
    assert "need not be told" in response.content.decode()
    assert not FollowUp.objects.exists()
    assert Message.objects.get(kind="notice").state == State.CANCELLED
    assert plan(at=NOW)["notice"] == 0


def test_who_was_told_before_stays_known(owner: User, customer: Customer, login: Login) -> None:
    row = factories.notice_for(customer)
    told(login(owner), row, kind=Kind.CALL)

    assert (
        "1 customer was told already"
        in login(owner).get(reverse("notice_withdraw", args=[row.notice_id])).content.decode()
    )
    login(owner).post(reverse("notice_withdraw", args=[row.notice_id]))

    assert page(login(owner), row.notice).context["figures"].told == 1
    assert FollowUp.objects.get().done_at == NOW
