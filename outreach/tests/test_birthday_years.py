"""Nine years of birthdays everywhere on earth: one greeting each, at nine on the day by the clock of who has it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.models import Company, LeapDay
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
    everybody = people(DAYS)
    only_birthdays(monkeypatch)
    tick(
        datetime(FIRST, 1, 1, tzinfo=UTC) - timedelta(days=2), datetime(LAST + 1, 1, 1, tzinfo=UTC) + timedelta(days=1)
    )
    of_years = checked(everybody, leap_day_on_march_1=False)
    # An occasion stands once in the ledger, so as many as there are birthdays means one each.
    assert of_years == dict.fromkeys(range(FIRST, LAST + 1), len(DAYS) * len(PLACES))
    assert of_years.total() > 100_000


@pytest.mark.parametrize("leap_day", list(LeapDay))
def test_who_was_born_on_29_february_is_greeted_every_year_on_the_day_the_company_chose(
    company: Company, leap_day: LeapDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    Company.objects.update(leap_day=leap_day)
    everybody = people([datetime(2024, 2, 29, tzinfo=UTC)])
    only_birthdays(monkeypatch)
    for year in range(FIRST, LAST + 1):
        tick(datetime(year, 2, 26, tzinfo=UTC), datetime(year, 3, 4, tzinfo=UTC))
    of_years = checked(everybody, leap_day_on_march_1=leap_day == LeapDay.MARCH_1)
    assert of_years == dict.fromkeys(range(FIRST, LAST + 1), len(PLACES))


def people(days: list[datetime]) -> dict[int, Contact]:
    """Somebody for each of the days in each of the places."""
    customer = factories.customer()
    made = Contact.objects.bulk_create(
        Contact(
            customer=customer,
            name="Sol",
            email="sol@example.com",
            birthday_month=day.month,
            birthday_day=day.day,
            time_zone=zone,
        )
        for day in days
        for zone in PLACES
    )
    return {contact.pk: contact for contact in made}


def only_birthdays(monkeypatch: pytest.MonkeyPatch) -> None:
    birthday = MessageKind.BIRTHDAY.value
    monkeypatch.setattr(running, "PLANNERS", {birthday: running.PLANNERS[birthday]})


def tick(at: datetime, until: datetime) -> None:
    """Beat goes on at odd hours, now and then twice at once or a day late; what is due is sent meanwhile."""
    random = Random(29)
    number = 0
    while at < until:
        if number % 200 == 0:
            _learn()
        for _time in range(random.choice((1, 1, 1, 1, 1, 2))):
            plan(at=at)
        lately = at - timedelta(days=3)
        due = Message.objects.filter(state=State.PLANNED, due_at__range=(lately, at))
        due.update(state=State.SENT, attempts=1, finished_at=at)
        number, at = number + 1, at + timedelta(hours=random.uniform(4, 34))
    assert not Message.objects.filter(state=State.PLANNED, due_at__lt=until - timedelta(days=3)).exists()


def _learn() -> None:
    """As the database does by itself at times, but not within a test."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE outreach_message, customers_contact, outreach_tally")


def checked(everybody: dict[int, Contact], *, leap_day_on_march_1: bool) -> Counter[int]:
    """How many greetings each year has, each of which is for the right person at the right moment."""
    of_years: Counter[int] = Counter()
    greetings = Message.objects.filter(kind=MessageKind.BIRTHDAY).values_list("occasion", "contact_id", "due_at")
    for occasion, pk, due_at in greetings.iterator():
        contact = everybody[pk]
        local = due_at.astimezone(ZoneInfo(contact.time_zone))
        if FIRST <= local.year <= LAST:
            of_years[local.year] += 1
        kept = clock.birthday_in(
            local.year,
            contact.birthday_month or 0,
            contact.birthday_day or 0,
            leap_day_on_march_1=leap_day_on_march_1,
        )
        assert (local.date(), local.hour, local.minute) == (kept, 9, 0)
        assert occasion == f"birthday:{pk}:{local.year}"
    return of_years
