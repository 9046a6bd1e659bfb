"""Birthdays in all zones while beat is off: late within the limit, or expired, and none missing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company
from outreach.models import Message, MessageKind
from outreach.planning import plan
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
