"""Nine years of birthdays everywhere on earth: one greeting each, at nine on the day by the clock of who has it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company
from customers.models import Contact
from outreach.models import Message, MessageKind, State
from outreach.planning import plan, running
from outreach.tests.test_birthday_properties import ZONES
from retention_crm.lib import clock
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FIRST, LAST = 2024, 2032
# Besides the odd ones every fifteenth there is, which are some forty.
PLACES = sorted({*ZONES, *clock.zone_names()[::15]})
DAYS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(366)]


def test_everybody_is_greeted_once_a_year_at_nine_on_the_day(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    birthday = MessageKind.BIRTHDAY.value
    monkeypatch.setattr(running, "PLANNERS", {birthday: running.PLANNERS[birthday]})
    customer = factories.customer()
    Contact.objects.bulk_create(
        Contact(
            customer=customer,
            name="Sol",
            email="sol@example.com",
            birthday_month=day.month,
            birthday_day=day.day,
            time_zone=zone,
        )
        for day in DAYS
        for zone in PLACES
    )
    _ticks(datetime(FIRST, 1, 1, tzinfo=UTC) - timedelta(days=2), datetime(LAST + 1, 1, 1, tzinfo=UTC))
    greetings = Message.objects.filter(kind=birthday).select_related("contact")
    of_years: Counter[int] = Counter()
    for message in greetings.iterator():
        contact = message.contact
        assert contact is not None
        local = message.due_at.astimezone(ZoneInfo(contact.time_zone))
        if FIRST <= local.year <= LAST:
            of_years[local.year] += 1
        assert message.occasion == f"birthday:{contact.pk}:{local.year}"
        assert (local.hour, local.minute) == (9, 0)
        assert local.date() == clock.birthday_in(
            local.year, contact.birthday_month or 0, contact.birthday_day or 0, leap_day_on_march_1=False
        )
    # An occasion stands once in the ledger, so as many as there are birthdays means one each.
    assert of_years == dict.fromkeys(range(FIRST, LAST + 1), len(DAYS) * len(PLACES))
    assert of_years.total() > 100_000


def _ticks(at: datetime, until: datetime) -> None:
    """Beat goes on at odd hours, now and then twice at once or a day late; what is due is sent meanwhile."""
    random = Random(29)
    while at < until + timedelta(days=1):
        for _number in range(random.choice((1, 1, 1, 2))):
            plan(at=at)
        Message.objects.filter(state=State.PLANNED, due_at__lte=at).update(state=State.SENT, attempts=1, finished_at=at)
        at += timedelta(hours=random.uniform(2, 34))
