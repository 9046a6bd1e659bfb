"""Planning twice, late, in part, and twice at once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection

from accounts.models import Company, Role, User
from customers.handing_over import give
from customers.models import Contact
from interactions.models import Kind
from outreach.models import Message, MessageKind, Notification, NotificationKind, State, Watermark
from outreach.planning import NEWS, PLANNERS, plan, plan_as_of
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = pytest.mark.django_db
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def born(on: date, **fields: Any) -> Contact:
    return factories.contact(birthday_month=on.month, birthday_day=on.day, **fields)


def everything(owner: User) -> None:
    factories.survey()
    customer = factories.customer(owner, created_at=NOW, customer_since=TODAY, next_due_on=TODAY - timedelta(days=60))
    contact = factories.contact(customer, birthday_month=11, birthday_day=27)
    factories.interaction(customer, kind=Kind.PURCHASE, contact=contact, created_at=NOW)
    factories.follow_up(customer, due_at=NOW)
    friend = factories.contact(factories.customer(owner, customer_since=date(2021, 11, 27), next_due_on=TODAY))
    factories.dated_event(friend, day=27)


def would_recommend_us() -> None:
    survey = factories.survey(asks_after=(), asks_promoters=True)
    asked = factories.invitation(factories.contact(), survey=survey, created_at=NOW - timedelta(days=9))
    factories.response(asked, score=10, answered_at=NOW - timedelta(days=2))


def asked_a_week_ago() -> None:
    asked = factories.invitation(factories.contact(), created_at=NOW - timedelta(days=9))
    factories.message(
        asked.contact,
        kind=MessageKind.SURVEY,
        occasion=f"invitation:{asked.pk}",
        invitation=asked,
        state=State.SENT,
        finished_at=NOW - timedelta(days=7),
    )


def _all_but_what_is_planned() -> dict[str, str]:
    """What stands in each table but those of messages, what they are about, and of invitations with their queue."""
    planned = {"outreach_message", "outreach_tally", "outreach_promisemail", "surveys_invitation", "surveys_queued"}
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - planned)
        each = [f"SELECT '{table}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t" for table in tables]
        cursor.execute(" UNION ALL ".join(each))
        return dict(cursor.fetchall())


class TestRuns:
    def test_each_kind_is_planned_once_however_often_asked(self, owner: User, manager: User, company: Company) -> None:
        everything(owner)
        first = plan(at=NOW)
        again = plan(at=NOW)
        assert {kind for kind, number in first.items() if number} >= {
            "birthday",
            "anniversary",
            "event",
            "thank_you",
            "survey",
            "overdue_digest",
        }
        assert set(again.values()) == {0}
        assert Message.objects.count() == sum(first.values())

    def test_a_late_run_plans_the_same_occasions(self, owner: User, company: Company) -> None:
        everything(owner)
        plan(at=NOW)
        prompt = set(Message.objects.exclude(kind="overdue_digest").values_list("occasion", "due_at"))
        Message.objects.all().delete()
        Watermark.objects.update(through=NOW - timedelta(hours=1))
        plan(at=NOW + timedelta(hours=20))
        assert set(Message.objects.exclude(kind="overdue_digest").values_list("occasion", "due_at")) >= prompt

    def test_a_tick_with_nothing_new_leaves_the_ledger_untouched(self, owner: User, company: Company) -> None:
        everything(owner)
        plan(at=NOW)
        rows = "SELECT id, ctid::text, xmin::text, xmax::text FROM outreach_message ORDER BY id"
        drawn = "SELECT last_value FROM outreach_message_id_seq"

        def state() -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(rows)
                found = cursor.fetchall()
                cursor.execute(drawn)
                return [*found, *cursor.fetchall()]

        before = state()
        plan(at=NOW + timedelta(minutes=1))
        assert state() == before

    def test_a_tick_with_nothing_new_costs_few_queries(
        self, owner: User, manager: User, company: Company, django_assert_num_queries: Any
    ) -> None:
        everything(owner)
        plan(at=NOW)
        # The company, the lock, the watermarks and the zones; a beginning and an end, of all and of the planners; what
        # the planners ask, of which five ask more than once; and the watermarks again.
        with django_assert_num_queries(4 + 4 + 21 + 1):
            assert set(plan(at=NOW + timedelta(minutes=1)).values()) == {0}

    @pytest.mark.parametrize("broken", PLANNERS)
    def test_a_planner_that_fails_stops_no_other_and_catches_up_when_it_is_mended(
        self, owner: User, company: Company, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        everything(owner)
        asked_a_week_ago()
        would_recommend_us()
        factories.user(Role.MANAGER, team=owner.team, working_days=[TODAY.weekday()])
        factories.follow_up(factories.customer(owner), is_promise=True, due_at=NOW)
        factories.customer(owner, customer_since=TODAY - timedelta(days=45))
        factories.wish(factories.contact().customer, state="done")
        Company.objects.update(confirm_promises=True)
        factories.follow_up(factories.contact().customer, is_promise=True, due_at=NOW, done_at=NOW)
        factories.notice_for(factories.contact().customer, "mail")
        given = factories.contact().customer
        Company.objects.update(introductions_wait=False)
        give([given.pk], to=owner, by=given.owner, at=NOW, introduce=True)
        whole = PLANNERS[broken]

        def fail(window: Any) -> int:
            whole(window)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            return 0

        with monkeypatch.context() as patch:
            patch.setitem(PLANNERS, broken, fail)
            with pytest.raises(ExceptionGroup) as raised:
                plan(at=NOW)
        assert raised.group_contains(DataError, match="division by zero")
        assert not Message.objects.filter(kind=broken, state=State.PLANNED).exists()
        assert set(Watermark.objects.values_list("planner", flat=True)) == set(PLANNERS) - {broken}
        caught_up = plan(at=NOW + timedelta(hours=1))
        assert {kind for kind, number in caught_up.items() if number} == {broken}
        assert set(Message.objects.values_list("kind", flat=True)) == set(PLANNERS) - {NEWS}
        assert Notification.objects.filter(kind=NotificationKind.GIVEN).count() == 1

    def test_a_clock_a_little_behind_does_not_move_the_watermark_back(self, company: Company) -> None:
        plan(at=NOW)
        plan(at=NOW - timedelta(minutes=50))
        assert set(Watermark.objects.values_list("planner", "through")) == {(kind, NOW) for kind in PLANNERS}

    @pytest.mark.parametrize("ahead", [timedelta(minutes=50), timedelta(hours=2), timedelta(days=1)])
    def test_what_is_entered_while_a_clock_is_ahead_is_planned_once_it_is_right(
        self, owner: User, company: Company, ahead: timedelta
    ) -> None:
        plan(at=NOW - timedelta(minutes=5) + ahead)
        everything(owner)
        born(TODAY, of=factories.customer(owner, created_at=NOW, customer_since=TODAY))
        plan(at=NOW + timedelta(minutes=1) + ahead)
        after = NOW + timedelta(minutes=2)

        plan(at=after)

        # A digest of this morning would have been too early for what was entered after it.
        planned = set(Message.objects.values_list("kind", flat=True))
        assert planned >= {"birthday", "anniversary", "event", "thank_you", "survey"}
        assert Message.objects.filter(kind="birthday").count() == 2
        assert set(plan(at=after).values()) == {0}

    def test_going_back_behind_a_mark_of_a_wrong_clock_plans_nothing_twice(self, owner: User, company: Company) -> None:
        everything(owner)
        asked_a_week_ago()
        plan(at=NOW)
        Watermark.objects.update(through=NOW + timedelta(days=1))
        assert set(plan(at=NOW + timedelta(minutes=1)).values()) == {0}
        assert set(Watermark.objects.values_list("through", flat=True)) == {NOW + timedelta(minutes=1)}

    def test_as_of_a_day_plans_that_day_only_and_leaves_the_watermarks(self, owner: User, company: Company) -> None:
        factories.survey()
        history = datetime(2011, 6, 10, 9, tzinfo=UTC)
        customer = factories.customer(owner, customer_since=date(2010, 1, 1), created_at=NOW)
        factories.contact(customer, birthday_month=6, birthday_day=10)
        factories.contact(customer, birthday_month=6, birthday_day=8)
        factories.purchase(customer, happened_at=history - timedelta(hours=1), created_at=NOW)
        planned_then = plan_as_of(at=history)
        expected = {"birthday": 1, "thank_you": 1, "survey": 1, "overdue_digest": 1}
        assert planned_then == dict.fromkeys(PLANNERS, 0) | expected
        assert not Watermark.objects.exists()
        assert set(plan_as_of(at=history).values()) == {0}

    def test_as_of_a_day_changes_nothing_but_what_is_planned(
        self, owner: User, manager: User, company: Company
    ) -> None:
        everything(owner)
        factories.follow_up(factories.customer(owner), is_promise=True, due_at=NOW)
        factories.customer(owner, customer_since=TODAY - timedelta(days=45))
        given = factories.customer()
        give([given.pk], to=owner, by=given.owner, at=NOW)
        notice = factories.notice_for(factories.contact().customer, "mail")
        plan(at=NOW - timedelta(days=2))
        Message.objects.all().delete()
        factories.message(
            notice.customer.contacts.get(), kind="notice", notice_for=notice, state=State.SENT, finished_at=NOW
        )
        before = _all_but_what_is_planned()

        planned = plan_as_of(at=NOW)

        assert {kind for kind, number in planned.items() if number} >= {"birthday", "survey", "urgent", "escalation"}
        assert _all_but_what_is_planned() == before
        plan(at=NOW)
        changed = {table for table, rows in _all_but_what_is_planned().items() if rows != before[table]}
        assert changed == {"interactions_followup", "outreach_notification", "outreach_watermark"}


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_planners_at_once_plan_every_occasion_once(self, owner: User, company: Company) -> None:
        everything(owner)
        for number in range(40):
            contact = born(TODAY + timedelta(days=1), of=factories.customer(owner))
            factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW, contact=contact)
            assert number >= 0
        results = at_once(lambda: plan(at=NOW), 3)
        occasions = list(Message.objects.values_list("occasion", flat=True))
        assert len(occasions) == len(set(occasions)) == sum(sum(result.values()) for result in results)
        assert Message.objects.filter(kind=MessageKind.SURVEY).count() == 41
