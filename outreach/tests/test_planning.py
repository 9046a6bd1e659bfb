"""Which occasions of customers are planned, when they are due, and that asking again changes nothing."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company, LeapDay
from customers.models import Contact
from interactions.models import Kind, Outcome
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
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
