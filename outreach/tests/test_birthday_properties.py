"""Birthdays of many people in all zones over nine years: each has exactly one greeting a year, on the right day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company, LeapDay
from customers.models import Contact
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from retention_crm.lib import clock
from tests import factories

pytestmark = pytest.mark.django_db

# From UTC-11 to UTC+14, the furthest that may be stored (nobody lives at UTC-12), with changes of the clock in both
# hemispheres, half and quarter hours.
ZONES = (
    "Pacific/Midway",
    "Pacific/Pago_Pago",
    "America/St_Johns",
    "America/New_York",
    "America/Santiago",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Stockholm",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
YEARS = range(2024, 2033)
_ALL_DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]


def people() -> dict[int, Contact]:
    """Somebody with a birthday on each day of a leap year in each zone."""
    customer = factories.customer(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    made = Contact.objects.bulk_create(
        Contact(
            customer=customer,
            name=f"{zone} {day}",
            email=f"{number}.{day:%m%d}@x.example",
            birthday_month=day.month,
            birthday_day=day.day,
            time_zone=zone,
        )
        for number, zone in enumerate(ZONES)
        for day in _ALL_DAYS
    )
    return {contact.pk: contact for contact in made}


@pytest.mark.slow
@pytest.mark.parametrize("leap_day", list(LeapDay))
def test_each_has_exactly_one_greeting_a_year_on_the_day_by_the_own_clock(company: Company, leap_day: LeapDay) -> None:
    Company.objects.update(leap_day=leap_day)
    everybody = people()
    at = datetime(2023, 12, 31, tzinfo=UTC)
    # Ticks at odd hours, so that they fall before, into and after every change of a clock.
    while at < datetime(2033, 1, 2, tzinfo=UTC):
        plan(at=at)
        at += timedelta(hours=17, minutes=13)
    found: Counter[tuple[int, int]] = Counter()
    rows = Message.objects.filter(kind=MessageKind.BIRTHDAY).values_list("contact_id", "due_at", "expires_at", "state")
    for pk, due_at, expires_at, state in rows:
        contact = everybody[pk]
        local = due_at.astimezone(ZoneInfo(contact.time_zone))
        if local.year not in YEARS:
            continue
        assert contact.birthday_month is not None and contact.birthday_day is not None
        kept = clock.birthday_in(
            local.year,
            contact.birthday_month,
            contact.birthday_day,
            leap_day_on_march_1=leap_day == LeapDay.MARCH_1,
        )
        assert (local.date(), local.hour, state) == (kept, 9, State.PLANNED)
        assert timedelta(hours=10) <= expires_at - due_at <= timedelta(hours=12)
        found[pk, local.year] += 1
    assert len(found) == len(everybody) * len(YEARS) == 46_116
    assert set(found.values()) == {1}


def test_without_beat_for_36_hours_a_greeting_is_late_but_within_the_limit_or_expired_and_none_is_missing(
    company: Company,
) -> None:
    begins, ends = datetime(2026, 11, 25, 3, tzinfo=UTC), datetime(2026, 11, 26, 15, tzinfo=UTC)
    customer = factories.customer()
    for zone in ZONES:
        for day in (25, 26):
            factories.contact(customer, birthday_month=11, birthday_day=day, time_zone=zone)
    plan(at=begins)
    plan(at=ends)
    # In the far west it is not nine yet.
    plan(at=ends + timedelta(hours=8))
    greetings = Message.objects.filter(kind=MessageKind.BIRTHDAY).select_related("contact")
    assert greetings.count() == len(ZONES) * 2
    late = [message for message in greetings if message.expires_at <= ends]
    in_time = [message for message in greetings if message.due_at <= ends < message.expires_at]
    assert late and in_time
    for message in greetings:
        assert message.contact is not None
        local = message.due_at.astimezone(ZoneInfo(message.contact.time_zone))
        assert (local.day, local.hour) == (message.contact.birthday_day, 9)
        assert message.expires_at.astimezone(ZoneInfo(message.contact.time_zone)).date() == local.date()
