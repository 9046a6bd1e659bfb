"""Which mornings bring a digest or an escalation to whom."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company, Role, User, Visibility
from customers.models import Customer
from outreach.models import Message, MessageKind, State, Watermark
from outreach.overdue import digest_customers, digest_follow_ups, escalated_customers, last_told
from outreach.planning import plan
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def planned(kind: MessageKind) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("due_at", "pk"))


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
            with django_assert_num_queries(33):
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
