"""Which occasions are planned, when they are due, and that asking again changes nothing."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection

from accounts.models import Company, LeapDay, Role, User, Visibility
from customers.models import Contact, Customer
from interactions.models import Kind, Outcome
from outreach.models import Message, MessageKind, State, Watermark
from outreach.overdue import digest_customers, digest_follow_ups, escalated_customers, last_told
from outreach.planning import PLANNERS, plan, plan_as_of
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def born(on: date, **fields: Any) -> Contact:
    return factories.contact(birthday_month=on.month, birthday_day=on.day, **fields)


def planned(kind: MessageKind) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("due_at", "pk"))


class TestBirthdays:
    def test_is_planned_for_nine_by_the_customers_own_clock(self, company: Company) -> None:
        contact = born(TODAY + timedelta(days=1), time_zone="America/New_York")
        plan(at=NOW)
        (message,) = planned(MessageKind.BIRTHDAY)
        assert message.occasion == f"birthday:{contact.pk}:2026"
        assert message.due_at == datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("America/New_York"))
        assert message.expires_at == datetime(2026, 11, 27, 20, tzinfo=ZoneInfo("America/New_York"))
        assert (message.contact, message.customer) == (contact, contact.customer)

    def test_the_contacts_zone_goes_before_the_customers(self, company: Company) -> None:
        customer = factories.customer(time_zone="Asia/Tokyo")
        factories.contact(customer, birthday_month=11, birthday_day=27)
        factories.contact(customer, birthday_month=11, birthday_day=27, time_zone="Europe/Paris")
        plan(at=NOW)
        assert [message.due_at for message in planned(MessageKind.BIRTHDAY)] == [
            datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("Asia/Tokyo")),
            datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("Europe/Paris")),
        ]

    @pytest.mark.parametrize(
        ("leap_day", "year", "expected"),
        [
            (LeapDay.FEBRUARY_28, 2027, date(2027, 2, 28)),
            (LeapDay.MARCH_1, 2027, date(2027, 3, 1)),
            (LeapDay.FEBRUARY_28, 2028, date(2028, 2, 29)),
            (LeapDay.MARCH_1, 2028, date(2028, 2, 29)),
        ],
    )
    def test_a_leap_day_is_greeted_once_each_year(
        self, company: Company, leap_day: LeapDay, year: int, expected: date
    ) -> None:
        Company.objects.update(leap_day=leap_day)
        factories.contact(birthday_month=2, birthday_day=29)
        for day in range(26, 32):
            plan(at=datetime(year, 2, 1, 12, tzinfo=UTC) + timedelta(days=day - 1))
        (message,) = planned(MessageKind.BIRTHDAY)
        assert clock.today("Europe/Stockholm", message.due_at) == expected

    def test_without_an_address_consent_or_welcome_nothing_is_planned(self, company: Company) -> None:
        tomorrow = TODAY + timedelta(days=1)
        born(tomorrow, email="")
        born(tomorrow, allows_greetings=False)
        born(tomorrow, deceased=True)
        born(tomorrow, do_not_contact=True)
        born(tomorrow, of=factories.customer(do_not_contact=True))
        born(tomorrow, of=factories.customer(lost_on=TODAY))
        plan(at=NOW)
        assert planned(MessageKind.BIRTHDAY) == []

    def test_someone_entered_in_the_afternoon_is_greeted_the_same_day(self, company: Company) -> None:
        plan(at=NOW)
        born(TODAY)
        plan(at=NOW + timedelta(hours=5))
        (message,) = planned(MessageKind.BIRTHDAY)
        assert message.due_at < NOW + timedelta(hours=5) < message.expires_at

    def test_a_run_that_was_missed_is_caught_up_and_what_is_too_late_can_be_seen(self, company: Company) -> None:
        plan(at=NOW)
        born(TODAY + timedelta(days=3))
        plan(at=NOW + timedelta(days=4))
        (message,) = planned(MessageKind.BIRTHDAY)
        assert message.due_at.date() == TODAY + timedelta(days=3)
        assert message.expires_at < NOW + timedelta(days=4)

    def test_a_corrected_birthday_moves_the_greeting(self, company: Company) -> None:
        contact = born(TODAY + timedelta(days=1))
        plan(at=NOW)
        Contact.objects.filter(pk=contact.pk).update(birthday_day=28)
        plan(at=NOW + timedelta(days=1))
        (message,) = planned(MessageKind.BIRTHDAY)
        assert clock.today("Europe/Stockholm", message.due_at) == date(2026, 11, 28)

    def test_another_hour_of_greetings_or_another_zone_moves_the_greeting(self, company: Company) -> None:
        contact = born(TODAY + timedelta(days=1))
        plan(at=NOW)
        Company.objects.update(greeting_time=time(10, 30))
        plan(at=NOW + timedelta(minutes=1))
        assert planned(MessageKind.BIRTHDAY)[0].due_at == datetime(2026, 11, 27, 10, 30, tzinfo=STOCKHOLM)
        Contact.objects.filter(pk=contact.pk).update(time_zone="Asia/Tokyo")
        plan(at=NOW + timedelta(minutes=2))
        (message,) = planned(MessageKind.BIRTHDAY)
        assert message.due_at == message.dated_at == datetime(2026, 11, 27, 10, 30, tzinfo=ZoneInfo("Asia/Tokyo"))

    def test_a_late_hour_of_greetings_leaves_an_hour_for_them(self, company: Company) -> None:
        Company.objects.update(greeting_time=time(21, 0))
        born(TODAY + timedelta(days=1))
        plan(at=NOW)
        (message,) = planned(MessageKind.BIRTHDAY)
        assert message.expires_at - message.due_at == timedelta(hours=1)

    def test_birthdays_on_both_sides_of_new_year_are_named_by_their_own_year(self, company: Company) -> None:
        last, first = born(date(2026, 12, 31)), born(date(2027, 1, 1))
        plan(at=datetime(2026, 12, 30, 21, 0, tzinfo=UTC))
        assert [message.occasion for message in planned(MessageKind.BIRTHDAY)] == [
            f"birthday:{last.pk}:2026",
            f"birthday:{first.pk}:2027",
        ]

    def test_a_zone_nobody_knows_stops_only_the_greeting_it_belongs_to(self, company: Company) -> None:
        tomorrow = TODAY + timedelta(days=1)
        born(tomorrow, time_zone="Mars/Olympus_Mons")
        contact = born(tomorrow)
        plan(at=NOW)
        assert [message.contact for message in planned(MessageKind.BIRTHDAY)] == [contact]

    @pytest.mark.parametrize("reason", ["no_longer_true", "no_consent", "consent_withdrawn"])
    def test_what_was_cancelled_comes_back_when_it_is_true_and_wanted_again(
        self, company: Company, reason: str
    ) -> None:
        born(TODAY + timedelta(days=1))
        plan(at=NOW)
        Message.objects.update(state=State.CANCELLED, reason=reason)
        plan(at=NOW)
        assert [message.state for message in planned(MessageKind.BIRTHDAY)] == [State.PLANNED]

    @pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.HELD, State.EXPIRED, State.SUBMITTING])
    def test_what_left_or_was_decided_is_never_planned_again(self, company: Company, state: State) -> None:
        contact = born(TODAY + timedelta(days=1))
        plan(at=NOW)
        Message.objects.update(state=state)
        Contact.objects.filter(pk=contact.pk).update(birthday_day=28)
        plan(at=NOW + timedelta(hours=1))
        assert [message.state for message in planned(MessageKind.BIRTHDAY)] == [state]

    def test_every_zone_gets_exactly_one_on_its_own_day_whatever_the_hour_of_the_run(self, company: Company) -> None:
        customer = factories.customer()
        for zone in (
            "Pacific/Kiritimati",
            "Pacific/Apia",
            "Asia/Kathmandu",
            "UTC",
            "America/Adak",
            "Pacific/Pago_Pago",
        ):
            factories.contact(customer, birthday_month=11, birthday_day=28, time_zone=zone, is_primary=False)
        for hour in range(0, 96, 5):
            plan(at=NOW + timedelta(hours=hour))
        messages = planned(MessageKind.BIRTHDAY)
        assert len(messages) == 6
        for message in messages:
            assert message.contact is not None
            local = message.due_at.astimezone(ZoneInfo(message.contact.time_zone))
            assert (local.date(), local.time()) == (date(2026, 11, 28), time(9))


class TestThanks:
    def test_a_new_customer_is_thanked_once_the_next_morning(self, company: Company) -> None:
        customer = factories.customer(created_at=NOW, customer_since=TODAY, time_zone="Europe/Paris")
        contact = factories.contact(customer)
        plan(at=NOW + timedelta(minutes=1))
        plan(at=NOW + timedelta(days=1))
        (message,) = planned(MessageKind.THANK_YOU)
        assert message.occasion == f"thank-you:customer:{customer.pk}"
        assert message.due_at == datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("Europe/Paris"))
        assert message.contact == contact

    def test_each_purchase_is_thanked_once_to_who_bought(self, company: Company) -> None:
        customer = factories.customer()
        factories.contact(customer)
        buyer = factories.contact(customer)
        named = factories.purchase(customer, contact=buyer, happened_at=NOW - timedelta(hours=2), created_at=NOW)
        unnamed = factories.purchase(customer, happened_at=NOW - timedelta(hours=1), created_at=NOW)
        plan(at=NOW)
        plan(at=NOW)
        assert {(m.occasion, m.contact_id) for m in planned(MessageKind.THANK_YOU)} == {
            (f"thank-you:{named.pk}", buyer.pk),
            (f"thank-you:{unnamed.pk}", customer.contacts.get(is_primary=True).pk),
        }

    def test_an_old_history_entered_today_thanks_nobody(self, company: Company) -> None:
        customer = factories.customer(created_at=NOW, customer_since=TODAY - timedelta(days=30))
        factories.contact(customer)
        factories.purchase(customer, happened_at=NOW - timedelta(days=4), created_at=NOW)
        plan(at=NOW)
        assert planned(MessageKind.THANK_YOU) == []

    def test_the_company_may_thank_for_one_and_not_the_other(self, company: Company) -> None:
        customer = factories.customer(created_at=NOW, customer_since=TODAY)
        factories.contact(customer)
        purchase = factories.purchase(customer, created_at=NOW)
        Company.objects.update(thank_new_customers=False)
        plan(at=NOW)
        assert [m.occasion for m in planned(MessageKind.THANK_YOU)] == [f"thank-you:{purchase.pk}"]
        Company.objects.update(thank_new_customers=True, thank_purchases=False)
        Message.objects.all().delete()
        plan(at=NOW)
        assert [m.occasion for m in planned(MessageKind.THANK_YOU)] == [f"thank-you:customer:{customer.pk}"]

    def test_a_contact_entered_hours_later_is_still_thanked(self, company: Company) -> None:
        customer = factories.customer(created_at=NOW, customer_since=TODAY)
        plan(at=NOW + timedelta(minutes=5))
        factories.contact(customer)
        plan(at=NOW + timedelta(hours=4))
        assert len(planned(MessageKind.THANK_YOU)) == 1

    def test_what_happened_after_the_hour_of_greetings_waits_for_the_next_day(self, company: Company) -> None:
        customer = factories.customer(time_zone="Asia/Tokyo")
        factories.contact(customer)
        tokyo = ZoneInfo("Asia/Tokyo")
        for hour in (8, 9, 10):
            factories.purchase(customer, happened_at=datetime(2026, 11, 26, hour, tzinfo=tokyo), created_at=NOW)
        plan(at=NOW)
        assert [message.due_at for message in planned(MessageKind.THANK_YOU)] == [
            datetime(2026, 11, 26, 9, tzinfo=tokyo),
            datetime(2026, 11, 26, 9, tzinfo=tokyo),
            datetime(2026, 11, 27, 9, tzinfo=tokyo),
        ]

    def test_consent_given_within_the_three_days_still_counts(self, company: Company) -> None:
        contact = factories.contact(allows_thanks=False)
        factories.purchase(contact.customer, created_at=NOW)
        plan(at=NOW)
        assert planned(MessageKind.THANK_YOU) == []
        Contact.objects.update(allows_thanks=True)
        plan(at=NOW + timedelta(days=2))
        assert len(planned(MessageKind.THANK_YOU)) == 1


class TestSurveys:
    def test_a_held_meeting_becomes_an_invitation_and_its_message(self, company: Company) -> None:
        factories.survey()
        contact = factories.contact()
        meeting = factories.interaction(contact.customer, kind=Kind.MEETING, contact=contact, created_at=NOW)
        plan(at=NOW)
        plan(at=NOW + timedelta(minutes=1))
        (message,) = planned(MessageKind.SURVEY)
        assert message.invitation is not None
        assert message.occasion == f"invitation:{message.invitation_id}"
        assert message.due_at == message.invitation.send_at == meeting.happened_at + timedelta(hours=2)
        assert (message.contact, message.interaction) == (contact, meeting)

    def test_a_missed_meeting_asks_nobody(self, company: Company) -> None:
        factories.survey()
        contact = factories.contact()
        factories.interaction(contact.customer, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_THEM, created_at=NOW)
        plan(at=NOW)
        assert planned(MessageKind.SURVEY) == []

    def test_the_cool_down_holds_over_meetings_and_purchases(self, company: Company) -> None:
        factories.survey()
        contact = factories.contact()
        factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW)
        plan(at=NOW)
        factories.purchase(contact.customer, happened_at=NOW + timedelta(days=5), created_at=NOW + timedelta(days=5))
        plan(at=NOW + timedelta(days=5))
        assert len(planned(MessageKind.SURVEY)) == 1


class TestDigests:
    def test_one_digest_a_person_and_working_morning_by_their_own_clock(self, owner: User, company: Company) -> None:
        User.objects.filter(pk=owner.pk).update(time_zone="America/New_York")
        for _number in range(3):
            factories.customer(owner, next_due_on=TODAY - timedelta(days=3))
        plan(at=datetime(2026, 11, 26, 12, 29, tzinfo=UTC))
        assert planned(MessageKind.OVERDUE_DIGEST) == []
        plan(at=datetime(2026, 11, 26, 12, 31, tzinfo=UTC))
        plan(at=datetime(2026, 11, 26, 13, 0, tzinfo=UTC))
        (message,) = planned(MessageKind.OVERDUE_DIGEST)
        assert message.occasion == f"overdue:{owner.pk}:2026-11-26"
        assert message.recipient == owner
        assert message.due_at == datetime(2026, 11, 26, 7, 30, tzinfo=ZoneInfo("America/New_York"))

    def test_a_follow_up_due_today_is_reason_enough(self, owner: User, customer: Customer) -> None:
        Customer.objects.update(next_due_on=TODAY + timedelta(days=10))
        factories.follow_up(customer, due_at=NOW + timedelta(hours=6))
        plan(at=NOW)
        assert [message.recipient for message in planned(MessageKind.OVERDUE_DIGEST)] == [owner]

    def test_nothing_due_means_no_mail(self, owner: User, customer: Customer) -> None:
        Customer.objects.update(next_due_on=TODAY)
        plan(at=NOW)
        assert planned(MessageKind.OVERDUE_DIGEST) == []

    def test_none_on_a_day_off_and_none_for_someone_who_left(self, owner: User, teammate: User) -> None:
        User.objects.filter(pk=owner.pk).update(working_days=[0, 1, 2])
        User.objects.filter(pk=teammate.pk).update(is_active=False)
        for user in (owner, teammate):
            factories.customer(user, next_due_on=TODAY - timedelta(days=3))
        plan(at=NOW)
        assert planned(MessageKind.OVERDUE_DIGEST) == []

    @pytest.mark.parametrize("visibility", Visibility.values)
    def test_is_planned_for_exactly_those_whose_digest_would_list_something(
        self, company: Company, visibility: str
    ) -> None:
        """Everybody has one thing, on either side of a boundary, with a customer of somebody of the own team or not."""
        Company.objects.update(visibility=visibility)
        teams = [factories.team(), factories.team(), None]
        roles = [Role.STAFF, Role.STAFF, Role.MANAGER, Role.ADMINISTRATOR]
        people = [factories.user(role, team=team) for role in roles for team in teams for _number in range(2)]
        theirs = [factories.customer(person, next_due_on=TODAY) for person in people]
        midnight = datetime(2026, 11, 27, tzinfo=STOCKHOLM)
        for number, person in enumerate(people):
            late = number % 2
            for customer in theirs[number % 5 :: 7]:
                factories.follow_up(
                    customer,
                    assignee=person,
                    due_at=midnight - timedelta(seconds=late),
                    done_at=[None, NOW][number % 3 == 2],
                )
        Customer.objects.filter(pk__in=[customer.pk for customer in theirs[::4]]).update(
            next_due_on=TODAY - timedelta(days=1)
        )
        Customer.objects.filter(pk=theirs[8].pk).update(do_not_contact=True)
        Customer.objects.filter(pk=theirs[12].pk).update(lost_on=TODAY)
        expected = {
            person
            for person in people
            if digest_customers(person, TODAY).exists() or digest_follow_ups(person, midnight).exists()
        }
        assert 0 < len(expected) < len(people)
        plan(at=NOW)
        assert {message.recipient for message in planned(MessageKind.OVERDUE_DIGEST)} == expected

    def test_takes_the_same_queries_for_one_person_and_for_many(
        self, company: Company, django_assert_num_queries: Any
    ) -> None:
        for people in (1, 5):
            for _number in range(people):
                factories.customer(next_due_on=TODAY - timedelta(days=3))
            Watermark.objects.all().delete()
            Message.objects.all().delete()
            with django_assert_num_queries(44):
                assert plan(at=NOW)["overdue_digest"] >= people


class TestEscalations:
    def test_the_manager_hears_when_one_and_a_half_times_the_cadence_has_passed(
        self, owner: User, manager: User
    ) -> None:
        segment = factories.segment(cadence_days=20)
        factories.customer(
            owner,
            segment=segment,
            last_touchpoint_on=TODAY - timedelta(days=30),
            customer_since=TODAY - timedelta(days=99),
        )
        plan(at=NOW - timedelta(days=1))
        assert planned(MessageKind.ESCALATION) == []
        plan(at=NOW)
        (message,) = planned(MessageKind.ESCALATION)
        assert message.recipient == manager

    def test_not_again_the_next_day_for_the_same_customer(self, owner: User, manager: User) -> None:
        segment = factories.segment(cadence_days=20)
        factories.customer(owner, segment=segment, last_touchpoint_on=TODAY - timedelta(days=30))
        plan(at=NOW)
        Message.objects.filter(kind=MessageKind.ESCALATION).update(state=State.SENT, finished_at=NOW)
        plan(at=NOW + timedelta(days=1))
        assert len(planned(MessageKind.ESCALATION)) == 1

    def test_is_planned_for_exactly_those_who_would_read_of_somebody(self, company: Company) -> None:
        """One customer of each team on each side of each boundary, with the segment's cadence and with an own one."""
        teams = [factories.team() for _number in range(8)]
        managers = [factories.user(Role.MANAGER, team=team) for team in [*teams, None]]
        ages = [(44, None), (45, None), (51, None), (52, None), (29, 20), (30, 20), (36, 20), (37, 20)]
        for team, (days, own) in zip(teams, ages, strict=True):
            owner = factories.user(team=team)
            segment = factories.segment(cadence_days=30)
            since = TODAY - timedelta(days=days)
            factories.customer(owner, segment=segment, cadence_days=own, customer_since=since)
        expected = [
            manager
            for manager in managers
            if escalated_customers(manager, on=TODAY, after=last_told(manager, on=TODAY)).exists()
        ]
        assert expected == [managers[number] for number in (1, 2, 5, 6, 8)]
        plan(at=NOW)
        assert {message.recipient for message in planned(MessageKind.ESCALATION)} == set(expected)


def everything(owner: User) -> None:
    factories.survey()
    customer = factories.customer(owner, created_at=NOW, customer_since=TODAY, next_due_on=TODAY - timedelta(days=60))
    contact = factories.contact(customer, birthday_month=11, birthday_day=27)
    factories.interaction(customer, kind=Kind.PURCHASE, contact=contact, created_at=NOW)
    factories.follow_up(customer, due_at=NOW)
    friend = factories.contact(factories.customer(owner, customer_since=date(2021, 11, 27), next_due_on=TODAY))
    factories.dated_event(friend, day=27)


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

    @pytest.mark.parametrize("broken", PLANNERS)
    def test_a_planner_that_fails_stops_no_other_and_catches_up_when_it_is_mended(
        self, owner: User, company: Company, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        everything(owner)
        asked_a_week_ago()
        factories.user(Role.MANAGER, team=owner.team, working_days=[TODAY.weekday()])
        factories.follow_up(factories.customer(owner), is_promise=True, due_at=NOW)
        factories.customer(owner, customer_since=TODAY - timedelta(days=45))
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
        assert set(Message.objects.values_list("kind", flat=True)) == set(PLANNERS)

    def test_a_clock_set_back_does_not_move_the_watermark_back(self, company: Company) -> None:
        plan(at=NOW)
        plan(at=NOW - timedelta(hours=2))
        assert set(Watermark.objects.values_list("planner", "through")) == {(kind, NOW) for kind in PLANNERS}

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


def at_once[T](work: Callable[[], T], number: int) -> list[T]:
    """Runs the work in threads that start together, each with a database connection of its own."""
    barrier = threading.Barrier(number)
    results: list[T] = []

    def run() -> None:
        barrier.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == number
    return results
