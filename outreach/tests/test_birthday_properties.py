"""Birthdays in all zones while beat is off: late within the limit, or expired, and none missing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company
from outreach.delivery import deliver
from outreach.models import Message, MessageKind
from outreach.planning import plan
from tests import factories

pytestmark = pytest.mark.django_db

# From UTC-12 to UTC+14, the furthest there are, with changes of the clock in both hemispheres, half and quarter hours.
ZONES = (
    "Etc/GMT+12",
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
    plan(at=ends + timedelta(hours=9))
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


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Etc/GMT+12", datetime(2026, 11, 26, 21, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 11, 25, 19, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("of_whom", ["contact", "customer"])
def test_at_either_end_of_the_world_a_greeting_arrives_at_nine_on_the_day(
    company: Company, zone: str, due: datetime, of_whom: str
) -> None:
    customer = factories.customer(time_zone=zone if of_whom == "customer" else "Europe/Stockholm")
    own = zone if of_whom == "contact" else ""
    contact = factories.contact(customer, birthday_month=11, birthday_day=26, time_zone=own)
    # A tick every three hours, from long before the day begins anywhere until it has ended everywhere.
    for hour in range(-40, 70, 3):
        plan(at=datetime(2026, 11, 26, tzinfo=UTC) + timedelta(hours=hour))
    (greeting,) = Message.objects.filter(contact=contact)
    assert (greeting.occasion, greeting.due_at) == (f"birthday:{contact.pk}:2026", due)
    Message.objects.exclude(pk=greeting.pk).delete()
    assert deliver(now=lambda: due - timedelta(minutes=1)) == {}
    assert deliver(now=lambda: due + timedelta(minutes=1)) == {"sent": 1}
