"""Greetings on anniversaries and on special days of a contact: when, to whom, what they say, and what stops them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Anniversaries, Company, LeapDay
from customers.models import Contact, Customer, DatedEvent
from outreach import gate
from outreach.composing import Composer
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


def since(day: date, **fields: Any) -> Contact:
    """The main contact of a customer since that day."""
    customer = factories.customer(customer_since=day, next_due_on=TODAY + timedelta(days=30), **fields)
    return factories.contact(customer, name="Amira Haddad")


def planned(kind: MessageKind) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("due_at", "pk"))


def ruling(message: Message, at: datetime = NOW) -> str:
    rulings = gate.check(gate.load([message.pk]), at=at, company=Company.current())
    return rulings[message.pk].rule if rulings else ""


def written(message: Message) -> str:
    (loaded,) = gate.load([message.pk])
    mail = Composer(company=Company.current(), at=message.due_at).build(loaded)
    return f"{mail.subject}\n{mail.body}"


class TestAnniversaries:
    def test_the_main_contact_is_greeted_at_nine_by_their_own_clock(self, company: Company) -> None:
        contact = since(TOMORROW.replace(year=2021), time_zone="America/New_York")
        factories.contact(contact.customer)
        plan(at=NOW)
        (message,) = planned(MessageKind.ANNIVERSARY)
        assert message.occasion == f"anniversary:{contact.customer_id}:2026"
        assert message.contact == contact
        assert message.due_at == datetime(2026, 11, 27, 9, tzinfo=ZoneInfo("America/New_York"))
        assert message.expires_at == datetime(2026, 11, 27, 20, tzinfo=ZoneInfo("America/New_York"))

    @pytest.mark.parametrize(
        ("setting", "greeted"),
        [
            (Anniversaries.NEVER, []),
            (Anniversaries.ROUND, [1, 5, 10, 25]),
            (Anniversaries.EVERY, [1, 2, 4, 5, 9, 10, 25]),
        ],
    )
    def test_in_the_years_the_company_chose_and_never_in_the_first(
        self, company: Company, setting: Anniversaries, greeted: list[int]
    ) -> None:
        Company.objects.update(anniversaries=setting)
        contacts = {since(TOMORROW.replace(year=2026 - years)).pk: years for years in (0, 1, 2, 4, 5, 9, 10, 25)}
        plan(at=NOW)
        found = [contacts[message.contact_id or 0] for message in planned(MessageKind.ANNIVERSARY)]
        assert sorted(found) == greeted

    @pytest.mark.parametrize(
        ("leap_day", "year", "expected"),
        [
            (LeapDay.FEBRUARY_28, 2025, date(2025, 2, 28)),
            (LeapDay.MARCH_1, 2025, date(2025, 3, 1)),
            (LeapDay.MARCH_1, 2028, date(2028, 2, 29)),
        ],
    )
    def test_since_a_leap_day_is_kept_once_each_year(
        self, company: Company, leap_day: LeapDay, year: int, expected: date
    ) -> None:
        Company.objects.update(leap_day=leap_day, anniversaries=Anniversaries.EVERY)
        since(date(2024, 2, 29))
        for day in range(26, 32):
            plan(at=datetime(year, 2, 1, 12, tzinfo=UTC) + timedelta(days=day - 1))
        (message,) = planned(MessageKind.ANNIVERSARY)
        assert clock.today("Europe/Stockholm", message.due_at) == expected

    def test_without_consent_address_or_main_contact_nothing_is_planned(self, company: Company) -> None:
        day = TOMORROW.replace(year=2021)
        for fields in ({"allows_greetings": False}, {"email": ""}, {"is_primary": False}, {"deceased": True}):
            Contact.objects.filter(pk=since(day).pk).update(**fields)
        since(day, lost_on=TODAY)
        plan(at=NOW)
        assert planned(MessageKind.ANNIVERSARY) == []

    def test_a_new_main_contact_gets_it_instead(self, company: Company) -> None:
        former = since(TOMORROW.replace(year=2021))
        plan(at=NOW)
        Contact.objects.filter(pk=former.pk).update(is_primary=False)
        (message,) = planned(MessageKind.ANNIVERSARY)
        assert ruling(message) == "no_longer_true"
        new = factories.contact(former.customer)
        plan(at=NOW)
        (message,) = planned(MessageKind.ANNIVERSARY)
        assert message.contact == new
        assert ruling(message) == ""

    def test_another_day_corrected_meanwhile_is_seen_at_the_gate(self, company: Company) -> None:
        contact = since(TOMORROW.replace(year=2021))
        plan(at=NOW)
        (message,) = planned(MessageKind.ANNIVERSARY)
        assert ruling(message, message.due_at) == ""
        Customer.objects.filter(pk=contact.customer_id).update(customer_since=date(2021, 11, 28))
        assert ruling(message, message.due_at) == "no_longer_true"

    @pytest.mark.parametrize(("year", "words"), [(2025, "it is one year since"), (2016, "it is 10 years since")])
    def test_says_for_how_long(self, company: Company, year: int, words: str) -> None:
        since(TOMORROW.replace(year=year))
        plan(at=NOW)
        assert words in written(planned(MessageKind.ANNIVERSARY)[0])


class TestEvents:
    def test_the_greeting_names_the_day_and_comes_every_year(self, company: Company) -> None:
        event = factories.dated_event(day=27, name="the opening of your shop")
        plan(at=NOW)
        plan(at=NOW + timedelta(days=365))
        first, second = planned(MessageKind.EVENT)
        assert (first.occasion, second.occasion) == (f"event:{event.pk}:2026", f"event:{event.pk}:2027")
        assert (first.contact, first.dated_event) == (event.contact, event)
        assert "what day it is: the opening of your shop." in written(first)

    def test_a_name_that_looks_like_a_field_or_a_tag_stays_what_it_is(self, company: Company) -> None:
        factories.dated_event(day=27, name="{sender} <b>🎉</b>")
        plan(at=NOW)
        assert "what day it is: {sender} <b>🎉</b>." in written(planned(MessageKind.EVENT)[0])

    @pytest.mark.parametrize(("year", "count"), [(None, 1), (2020, 1), (2026, 1), (2027, 0)])
    def test_a_year_is_the_first_that_counts(self, company: Company, year: int | None, count: int) -> None:
        factories.dated_event(day=27, year=year)
        plan(at=NOW)
        assert len(planned(MessageKind.EVENT)) == count

    def test_two_days_of_one_contact_are_two_occasions(self, company: Company) -> None:
        contact = factories.contact()
        factories.dated_event(contact, day=27)
        factories.dated_event(contact, day=27, name="your wedding day")
        plan(at=NOW)
        assert len(planned(MessageKind.EVENT)) == 2

    def test_every_zone_gets_exactly_one_on_its_own_day_whatever_the_hour_of_the_run(self, company: Company) -> None:
        customer = factories.customer()
        zones = ("Pacific/Kiritimati", "Asia/Kathmandu", "UTC", "America/Adak", "Pacific/Pago_Pago")
        for zone in zones:
            factories.dated_event(factories.contact(customer, time_zone=zone, is_primary=False), day=28)
        for hour in range(0, 96, 7):
            plan(at=NOW + timedelta(hours=hour))
        messages = planned(MessageKind.EVENT)
        assert len(messages) == len(zones)
        for message in messages:
            assert message.contact is not None
            local = message.due_at.astimezone(ZoneInfo(message.contact.time_zone))
            assert (local.date(), local.hour) == (date(2026, 11, 28), 9)

    def test_a_leap_day_is_kept_once_in_a_common_year(self, company: Company) -> None:
        factories.dated_event(day=29, month=2)
        for day in range(26, 32):
            plan(at=datetime(2027, 2, 1, 12, tzinfo=UTC) + timedelta(days=day - 1))
        (message,) = planned(MessageKind.EVENT)
        assert clock.today("Europe/Stockholm", message.due_at) == date(2027, 2, 28)

    def test_moved_or_taken_out_it_is_no_longer_true(self, company: Company) -> None:
        event = factories.dated_event(day=27)
        plan(at=NOW)
        (message,) = planned(MessageKind.EVENT)
        assert ruling(message, message.due_at) == ""
        DatedEvent.objects.update(day=28)
        assert ruling(message, message.due_at) == "no_longer_true"
        event.delete()
        assert ruling(message, message.due_at) == "no_longer_true"
        message.refresh_from_db()
        assert message.state == State.PLANNED

    def test_no_greetings_means_none_on_special_days_either(self, company: Company) -> None:
        event = factories.dated_event(day=27)
        plan(at=NOW)
        Contact.objects.filter(pk=event.contact_id).update(allows_greetings=False)
        assert ruling(planned(MessageKind.EVENT)[0]) == "no_consent"


def test_two_greetings_within_a_few_days_are_one_too_many(company: Company) -> None:
    contact = since(TOMORROW.replace(year=2021))
    factories.dated_event(contact, day=27)
    plan(at=NOW)
    (anniversary,), (event,) = planned(MessageKind.ANNIVERSARY), planned(MessageKind.EVENT)
    Message.objects.filter(pk=event.pk).update(state=State.SENT, finished_at=event.due_at)
    assert ruling(anniversary, anniversary.due_at + timedelta(minutes=1)) == "budget"
