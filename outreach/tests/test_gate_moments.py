"""Rules of the gate about when a message reaches somebody."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from outreach.gate import Facts, moments
from outreach.models import Message, State
from outreach.tests.gate_rulings import gone_out, rule, ruling, survey, thanks
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]


def there(zone: str, **fields: Any) -> Contact:
    return factories.contact(factories.customer(time_zone=zone, **fields))


def put_off_until(message: Message, at: datetime) -> datetime | None:
    decided = ruling(message, at)
    return decided.due_at if decided else None


# ---- Quiet hours ----


def at_clock(hour: int, minute: int = 0, zone: str = "Europe/Stockholm", day: date = TODAY) -> datetime:
    return clock.moment(day, time(hour, minute), zone)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(7, 59, True), (8, 0, False), (12, 0, False), (19, 59, False), (20, 0, True), (23, 59, True), (0, 0, True)],
)
def test_no_mail_at_night(hour: int, minute: int, quiet: bool) -> None:
    at = at_clock(hour, minute)
    assert rule(thanks(), at) == (("planned", "quiet_hours") if quiet else None)


@pytest.mark.parametrize(("hour", "until"), [(23, TODAY + timedelta(days=1)), (3, TODAY)])
def test_it_waits_until_the_morning(hour: int, until: date) -> None:
    decided = ruling(thanks(), at_clock(hour))
    assert decided is not None
    assert decided.due_at == at_clock(8, day=until)
    assert decided.sentence.endswith("It waits until 08:00.")


@pytest.mark.parametrize(
    ("zone", "quiet"),
    [("Asia/Tokyo", False), ("America/Los_Angeles", True), ("Pacific/Kiritimati", True), ("Europe/Stockholm", False)],
)
def test_the_night_is_that_of_the_contact(zone: str, quiet: bool) -> None:
    contact = there("Europe/Stockholm")
    Contact.objects.update(time_zone=zone)
    contact.refresh_from_db()
    assert (rule(thanks(contact)) is not None) is quiet


def test_hours_may_be_within_one_day_or_none_at_all() -> None:
    message = thanks()
    Company.objects.update(quiet_from=time(9), quiet_until=time(11))
    assert put_off_until(message, NOW) == at_clock(11)
    assert rule(message, at_clock(23)) is None
    Company.objects.update(quiet_from=time(9), quiet_until=time(9))
    assert rule(message, NOW) is None


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_clock_that_is_changed_in_the_night_puts_nothing_off_for_a_day(day: date) -> None:
    company = Company(quiet_from=time(22), quiet_until=time(2, 30))

    def end_of_quiet(at: datetime) -> datetime | None:
        return moments.end_of_quiet("Europe/Stockholm", Facts(at=at, company=company))

    start = clock.day_bounds(day, "Europe/Stockholm")[0]
    ends = {at: end_of_quiet(at) for at in (start + timedelta(minutes=minutes) for minutes in range(0, 1440, 10))}
    assert ends[start] is not None
    assert all(end_of_quiet(end) is None and at < end <= at + timedelta(hours=6) for at, end in ends.items() if end)


def test_what_would_be_too_late_in_the_morning_is_a_call() -> None:
    message = thanks(expires_at=at_clock(8, day=TODAY + timedelta(days=1)))
    decided = ruling(message, at_clock(21))
    assert decided is not None
    assert (decided.state, decided.rule, decided.due_at) == (State.HELD, "quiet_hours", None)
    assert decided.sentence.endswith("Waiting until 08:00 would be too late; call instead.")


# ---- Days off ----

SATURDAY = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("make", [thanks, survey])
def test_notes_and_surveys_wait_for_the_next_working_morning(make: Any) -> None:
    message = make()
    assert rule(message, SATURDAY - timedelta(days=1)) is None
    decided = ruling(message, SATURDAY)
    assert decided is not None
    assert (decided.state, decided.rule) == ("planned", "holiday")
    assert decided.due_at == at_clock(9, day=date(2026, 11, 30))
    assert decided.sentence.endswith("(Saturday). It waits until 30 November 2026.")


@pytest.mark.parametrize(
    ("companys", "customers", "until"),
    [
        ("", "", None),
        ("SE", "", date(2026, 12, 28)),
        ("SE", "JP", None),
        ("JP", "GB", date(2026, 12, 29)),
        ("XX", "", None),
        ("", "SE", date(2026, 12, 28)),
    ],
)
def test_holidays_are_those_of_the_customers_country_or_else_the_companys(
    companys: str, customers: str, until: date | None
) -> None:
    """In Britain the 28th of December 2026 is kept for Boxing Day, which falls on a Saturday."""
    Company.objects.update(country=companys)
    message = thanks(there("Europe/Stockholm", country=customers), expires_at=CHRISTMAS + timedelta(days=9))
    expected = at_clock(9, day=until) if until else None
    assert put_off_until(message, CHRISTMAS) == expected


def test_the_day_is_the_contacts_own() -> None:
    friday_evening = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
    auckland, new_york = thanks(there("Pacific/Auckland")), thanks(there("America/New_York"))
    assert rule(auckland, friday_evening) == ("planned", "holiday")
    assert put_off_until(auckland, friday_evening) == at_clock(9, zone="Pacific/Auckland", day=date(2026, 11, 30))
    assert rule(new_york, friday_evening) is None


def test_a_weekend_may_be_friday_and_saturday() -> None:
    friday = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    message = thanks(there("Asia/Riyadh", country="SA"))
    assert put_off_until(message, friday) == at_clock(9, zone="Asia/Riyadh", day=date(2026, 11, 29))


def test_a_birthday_greeting_goes_out_on_its_day() -> None:
    Company.objects.update(country="SE")
    contact = factories.contact(birthday_month=12, birthday_day=25)
    message = factories.message(contact, due_at=CHRISTMAS, expires_at=CHRISTMAS + timedelta(hours=8))
    assert rule(message, CHRISTMAS) is None


# ---- One address ----


def twins(**fields: Any) -> list[Message]:
    born: dict[str, Any] = {"birthday_month": TODAY.month, "birthday_day": TODAY.day}
    one = factories.contact(name="Jonas Ek", email="family@ek.example", **born)
    two = factories.contact(name="Maria Ek", email="Family@ek.example", **born)
    return [factories.message(contact, **fields) for contact in (one, two)]


def test_of_two_greetings_to_one_address_the_one_planned_first_goes_out() -> None:
    first, second = twins()
    assert rule(first) is None
    decided = ruling(second)
    assert decided is not None
    assert (decided.state, decided.rule) == ("cancelled", "shared_address")
    assert decided.sentence == "Jonas Ek has the same e-mail address; it goes there once."


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.LEASED, State.SUBMITTING, State.PLANNED])
def test_the_other_is_cancelled_whatever_the_first_has_come_to(state: State) -> None:
    first, second = twins()
    finished = NOW if state in {State.SENT, State.UNKNOWN} else None
    Message.objects.filter(pk=first.pk).update(state=state, finished_at=finished)
    assert rule(second) == ("cancelled", "shared_address")


@pytest.mark.parametrize("state", [State.HELD, State.CANCELLED, State.FAILED, State.EXPIRED, State.PROPOSED])
def test_where_the_first_does_not_go_out_the_second_does(state: State) -> None:
    first, second = twins()
    Message.objects.filter(pk=first.pk).update(state=state)
    assert rule(second) is None


def test_the_one_that_is_due_first_goes_first() -> None:
    first, second = twins()
    Message.objects.filter(pk=first.pk).update(due_at=NOW)
    assert rule(first) == ("cancelled", "shared_address")
    assert rule(second) is None


def test_other_birthdays_other_kinds_and_the_year_before_are_not_the_same() -> None:
    first, second = twins()
    assert first.contact is not None
    Contact.objects.filter(pk=first.contact.pk).update(birthday_day=1)
    assert rule(second) is None
    Contact.objects.filter(pk=first.contact.pk).update(birthday_day=TODAY.day)
    Message.objects.filter(pk=first.pk).update(
        state=State.SENT, dated_at=NOW - timedelta(days=365), finished_at=NOW - timedelta(days=365)
    )
    assert rule(second) is None


def test_a_survey_is_asked_once_at_an_address() -> None:
    one, two = (factories.contact(email="info@ek.example") for _number in range(2))
    first, second = survey(one), survey(two)
    assert rule(first) is None
    assert rule(second) == ("cancelled", "shared_address")
    Message.objects.filter(pk=first.pk).update(
        state=State.SENT, dated_at=NOW - timedelta(days=90), finished_at=NOW - timedelta(days=90)
    )
    assert rule(second) is None


def test_contacts_without_an_address_share_none() -> None:
    first, second = twins()
    Contact.objects.update(email="")
    assert {rule(first), rule(second)} == {("held", "no_address")}


# ---- Set aside ----


def test_a_person_may_set_each_of_them_aside() -> None:
    _first, second = twins()
    Message.objects.filter(pk=second.pk).update(released_rules=["shared_address"])
    assert rule(second) is None
    message = thanks(released_rules=["quiet_hours", "holiday"])
    assert rule(message, SATURDAY.replace(hour=23)) is None
    gone_out(message)
    assert rule(message) == ("planned", "budget")
    Message.objects.filter(pk=message.pk).update(released_rules=["budget"])
    assert rule(message) is None


def test_what_nobody_may_set_aside_speaks_all_the_same() -> None:
    message = factories.message(released_rules=["do_not_contact", "no_consent", "too_late"])
    Customer.objects.update(do_not_contact=True)
    assert rule(message) == ("cancelled", "do_not_contact")
    assert rule(message, NOW + timedelta(days=1)) == ("expired", "too_late")
