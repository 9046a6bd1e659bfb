"""Rules of the gate about when a message reaches somebody."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from outreach.gate import Facts, moments
from outreach.models import Message, MessageKind, State
from outreach.tests.gate_rulings import rule, ruling, survey_mail
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
WEEK = timedelta(days=7)
FAR = NOW + timedelta(days=20)


def thanks(contact: Any = None, **fields: Any) -> Message:
    return factories.message(
        contact or factories.contact(), kind=MessageKind.THANK_YOU, **{"expires_at": FAR, **fields}
    )


def survey(contact: Any = None, **fields: Any) -> Message:
    return survey_mail(contact, **{"expires_at": FAR, **fields})


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
    assert decided.sentence.endswith("(Saturday). It waits until Nov. 30, 2026.")


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


# ---- The budget ----


def gone_out(like: Message, days: float = 1, state: State = State.SENT, **fields: Any) -> Message:
    at = NOW - timedelta(days=days)
    values = {"kind": MessageKind.SURVEY, "due_at": at, "finished_at": at, "state": state, **fields}
    return factories.message(values.pop("contact", like.contact), **values)


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN])
@pytest.mark.parametrize("make", [thanks, survey])
def test_a_second_message_waits_until_a_week_has_passed(make: Any, state: State) -> None:
    message = make()
    first = gone_out(message, days=2, state=state)
    decided = ruling(message)
    assert decided is not None
    assert (decided.state, decided.rule) == ("planned", "budget")
    assert decided.due_at == first.finished_at + WEEK  # type: ignore[operator]
    assert "Nov. 24, 2026 (Survey invitation). It waits until Dec. 1, 2026." in decided.sentence


def test_where_it_would_be_too_late_then_it_is_a_call() -> None:
    message = thanks(expires_at=NOW + timedelta(days=5))
    gone_out(message, days=2)
    assert rule(message) == ("held", "budget")
    gone_out(message, days=1.99)
    Message.objects.filter(pk=message.pk).update(expires_at=NOW + timedelta(days=5.02))
    assert rule(message) == ("planned", "budget")


@pytest.mark.parametrize(
    ("budget", "days", "speaks"), [(7, 7, False), (7, 6.999, True), (30, 29, True), (0, 0, False), (1, 1.001, False)]
)
def test_the_budget_is_the_companys(budget: int, days: float, speaks: bool) -> None:
    Company.objects.update(budget_days=budget)
    message = thanks()
    gone_out(message, days=days)
    assert (rule(message) is not None) is speaks


@pytest.mark.parametrize("state", [State.PLANNED, State.HELD, State.CANCELLED, State.EXPIRED, State.FAILED])
def test_what_never_reached_them_does_not_count(state: State) -> None:
    message = thanks()
    gone_out(message, state=state)
    assert rule(message) is None


def test_it_counts_for_the_whole_customer_and_for_everybody_with_the_address() -> None:
    colleague, stranger = thanks(), thanks()
    gone_out(colleague, contact=factories.contact(colleague.customer))
    assert rule(colleague) == ("planned", "budget")
    gone_out(stranger, contact=factories.contact())
    assert rule(stranger) is None
    assert stranger.contact is not None
    gone_out(stranger, contact=factories.contact(email=stranger.contact.email.upper()))
    assert rule(stranger) == ("planned", "budget")


def test_nobody_is_thanked_twice_in_a_week() -> None:
    message = thanks()
    gone_out(message, kind=MessageKind.THANK_YOU)
    decided = ruling(message)
    assert decided is not None
    assert (decided.state, decided.rule) == ("cancelled", "budget")
    assert decided.sentence == "They were thanked on Nov. 25, 2026 already."


def test_a_birthday_waits_for_no_survey_and_a_survey_waits_for_the_birthday() -> None:
    greeting = factories.message()
    gone_out(greeting, kind=MessageKind.SURVEY)
    gone_out(greeting, kind=MessageKind.THANK_YOU)
    gone_out(greeting, kind=MessageKind.BIRTHDAY, contact=factories.contact(greeting.customer))
    assert rule(greeting) is None
    question = survey()
    gone_out(question, kind=MessageKind.BIRTHDAY)
    assert rule(question) == ("planned", "budget")


def test_the_survey_about_a_meeting_does_not_wait_because_of_its_recap() -> None:
    question = survey()
    gone_out(question, days=0.1, kind=MessageKind.RECAP)
    assert rule(question) is None
    gone_out(question, days=0.1, kind=MessageKind.LETTER)
    assert rule(question) == ("planned", "budget")


def test_two_birthdays_at_one_address_within_the_week_are_one_mail_and_one_call() -> None:
    greeting = factories.message()
    assert greeting.contact is not None
    wife = factories.contact(email=greeting.contact.email, birthday_month=11, birthday_day=24)
    gone_out(greeting, days=2, kind=MessageKind.BIRTHDAY, contact=wife)
    assert rule(greeting) == ("held", "budget")


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
