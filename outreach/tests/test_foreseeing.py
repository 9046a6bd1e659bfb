"""What Tomorrow and a message's own page say ahead: what each check would say when the message is due."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach import gate
from outreach.foreseeing import forecast
from outreach.models import Message, State
from outreach.tests.gate_rulings import FAR, gone_out, survey, thanks
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


def there(hour: int, day: date = TODAY, zone: str = "Europe/Stockholm") -> datetime:
    return clock.moment(day, time(hour), zone)


def said(*messages: Message) -> list[tuple[str, str] | None]:
    """(state, rule) foreseen of each, or None where it would go out."""
    found = forecast(gate.load([message.pk for message in messages]), at=NOW, company=Company.current())
    return [(found[m.pk].state.value, found[m.pk].rule) if m.pk in found else None for m in messages]


def at(due_at: datetime, **fields: Any) -> dict[str, Any]:
    return {"due_at": due_at, "dated_at": due_at, "expires_at": FAR, **fields}


def test_what_is_due_at_night_would_wait_and_what_is_due_by_day_would_not() -> None:
    assert said(thanks(**at(there(22))), thanks(**at(there(15)))) == [("planned", "quiet_hours"), None]


def test_that_it_is_night_now_is_no_matter(time_machine: Any) -> None:
    message = thanks(**at(there(9, date(2026, 11, 27))))
    found = forecast(gate.load([message.pk]), at=there(23), company=Company.current())
    assert found == {}


def test_what_is_due_on_a_day_off_would_wait() -> None:
    Company.objects.update(country="SE")
    friday, saturday = date(2026, 11, 27), date(2026, 11, 28)
    assert said(thanks(**at(there(9, friday))), thanks(**at(there(9, saturday)))) == [None, ("planned", "holiday")]


def test_what_went_out_so_lately_that_there_is_no_room_when_it_is_due() -> None:
    soon, later = thanks(**at(NOW + timedelta(hours=3))), thanks(**at(NOW + timedelta(hours=30)))
    for message in (soon, later):
        gone_out(message, days=6)
    assert said(soon, later) == [("planned", "budget"), None]


def test_what_goes_out_before_counts_and_is_said_to_be_still_to_come() -> None:
    first = survey(**at(NOW + timedelta(hours=3)))
    second = thanks(first.contact, **at(NOW + timedelta(hours=5)))
    assert said(second, first) == [("planned", "budget"), None]
    (ruling,) = forecast(gate.load([first.pk, second.pk]), at=NOW, company=Company.current()).values()
    assert ruling.sentence.startswith("They get another message on 26 November 2026 (Survey invitation).")


def test_a_second_thank_you_of_the_same_days_is_cancelled_then() -> None:
    first = thanks(**at(NOW + timedelta(hours=3)))
    second = thanks(first.contact, **at(NOW + timedelta(hours=5)))
    assert said(first, second) == [None, ("cancelled", "budget")]
    (ruling,) = forecast(gate.load([first.pk, second.pk]), at=NOW, company=Company.current()).values()
    assert ruling.sentence == "They are thanked on 26 November 2026."


@pytest.mark.parametrize("state", [State.PROPOSED, State.HELD])
def test_what_perhaps_never_goes_out_does_not_count(state: State) -> None:
    first = survey(**at(NOW + timedelta(hours=3), state=state))
    second = thanks(first.contact, **at(NOW + timedelta(hours=5)))
    assert said(first, second) == [None, None]


def test_what_would_not_go_out_does_not_count_either() -> None:
    first = survey(**at(there(22)))
    second = thanks(first.contact, **at(there(23)))
    assert said(first, second) == [("planned", "quiet_hours"), ("planned", "quiet_hours")]


def test_what_goes_out_later_takes_no_room_before() -> None:
    first = survey(**at(NOW + timedelta(hours=5)))
    second = thanks(first.contact, **at(NOW + timedelta(hours=3)))
    assert said(first, second) == [("planned", "budget"), None]


def test_what_is_planned_for_the_customer_counts_though_it_is_not_on_the_page() -> None:
    first = survey(**at(NOW + timedelta(hours=3)))
    second = thanks(first.contact, **at(NOW + timedelta(hours=5)))
    survey(factories.contact(first.customer), **at(NOW + timedelta(hours=6)))
    assert said(second) == [("planned", "budget")]
    assert said(first) == [None]


def test_of_two_at_one_address_the_later_one_is_cancelled_then() -> None:
    born: dict[str, Any] = {"birthday_month": 11, "birthday_day": 26, "email": "family@ek.example"}
    one, two = (factories.message(factories.contact(**born), **at(NOW + timedelta(hours=h))) for h in (3, 4))
    assert said(two, one) == [("cancelled", "shared_address"), None]


def test_a_promise_that_falls_due_before_would_be_in_the_way() -> None:
    message = thanks(**at(NOW + timedelta(hours=5)))
    promise = factories.follow_up(message.customer, is_promise=True, due_at=NOW + timedelta(hours=4))
    assert said(message) == [("held", "overdue_promise")]
    promise.move(NOW + timedelta(hours=6))
    assert said(message) == [None]


def test_a_bad_answer_whose_rest_is_over_by_then_is_not_in_the_way() -> None:
    message = thanks(**at(NOW + timedelta(hours=5)))
    assert message.contact is not None
    invitation = factories.invitation(message.contact)
    answer = factories.response(invitation, score=2, answered_at=NOW - timedelta(days=30) + timedelta(hours=4))
    assert said(message) == [None]
    type(answer).objects.update(answered_at=NOW - timedelta(days=30) + timedelta(hours=6))
    assert said(message) == [("held", "detractor")]


def test_a_survey_whose_link_ends_before_would_be_cancelled() -> None:
    message = survey(**at(NOW + timedelta(hours=5)))
    assert message.invitation is not None
    type(message.invitation).objects.update(expires_at=NOW + timedelta(hours=4))
    assert said(message) == [("cancelled", "no_longer_true")]


def test_nothing_is_written() -> None:
    message = thanks(**at(there(22)))
    before = Message.objects.values().get()
    said(message)
    assert Message.objects.values().get() == before


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def test_tomorrow_says_what_would_wait_and_until_when(contact: Contact, owner: User, login: Login) -> None:
    thanks(contact, **at(there(22)))
    page = login(owner).get("/messages/tomorrow/").content.decode()
    assert "Would wait:" in page
    assert "These are quiet hours where Amira Haddad is." in page


def test_a_message_s_own_page_says_the_same(contact: Contact, owner: User, login: Login) -> None:
    survey(contact, **at(NOW + timedelta(hours=3)))
    second = thanks(contact, **at(NOW + timedelta(hours=5)))
    page = login(owner).get(f"/messages/{second.pk}/").content.decode()
    assert "Would wait:" in page
    assert "They get another message on" in page


def test_costs_the_same_for_one_row_and_for_three(owner: User, login: Login) -> None:
    browser, counts = login(owner), []
    for number in (1, 2):
        for _number in range(number):
            of = factories.contact(factories.customer(owner))
            survey(of, **at(NOW + timedelta(hours=3)))
            thanks(of, **at(there(22)))
            gone_out(thanks(of, **at(NOW + timedelta(hours=6), state=State.HELD)), days=3)
        with CaptureQueriesContext(connection) as queries:
            browser.get("/messages/tomorrow/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
