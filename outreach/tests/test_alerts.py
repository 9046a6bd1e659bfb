"""Single alerts to staff: about what, to whom, when, and that each is told once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company, User
from customers.models import Customer
from interactions.complaining import reopen, resolve, take_in
from interactions.models import Complaint, FollowUp, Severity
from outreach.composing import Unwritable
from outreach.delivery import deliver
from outreach.models import Message, MessageKind, Notification
from outreach.planning import plan
from outreach.planning.urgent import when_told
from outreach.tests.reading import build, html_of, read, text_of
from surveys.models import Response
from tests import factories, smtp_sink
from tests.factories import NOW
from tests.smtp_sink import Sink
from tests.threads import at_once

pytestmark = pytest.mark.django_db
STOCKHOLM = ZoneInfo("Europe/Stockholm")
SOON = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def sender(company: Company, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"
    plan(at=NOW - timedelta(hours=3))


def alerts(at: datetime = SOON) -> dict[str, Message]:
    """By the name of the reader, what was planned at that moment."""
    Message.objects.filter(kind=MessageKind.URGENT).delete()
    plan(at=at)
    rows = Message.objects.filter(kind=MessageKind.URGENT).select_related("recipient")
    assert len({message.recipient_id for message in rows}) == len(rows)
    return {str(message.recipient): message for message in rows}


def unhappy(customer: Customer, score: int = 3, **fields: Any) -> Response:
    contact = factories.contact(customer, name="Amira Haddad")
    return factories.response(factories.invitation(contact), score=score, comment="Nobody called back", **fields)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


def what_became_of(message: Message, sink: Sink) -> tuple[str, str, int]:
    """Its state and the reason, and how often it left, after a worker had it in hand."""
    deliver(now=lambda: SOON)
    message.refresh_from_db()
    return message.state, message.reason, sum(message.mail_key.hex in sent for sent in sink.message_ids)


def severe(customer: Customer, **fields: Any) -> None:
    factories.complaint(customer, what="The machine burnt", severity=Severity.SEVERE, **fields)


def test_an_unhappy_answer_is_told_to_the_owner_at_once(customer: Customer, owner: User, manager: User) -> None:
    answer = unhappy(customer)
    (message,) = alerts().values()
    assert message.occasion == f"urgent:answer:{answer.pk}:{owner.pk}"
    assert message.due_at == SOON
    mail = read(build(message, SOON))
    assert mail["Subject"] == "Unhappy answer: Lindqvist AB"
    assert "Lindqvist AB: Amira Haddad\n  Scored us 3 of 10. Nobody called back\n" in text_of(mail)
    assert f"/customers/{customer.pk}/" in html_of(mail)


def test_a_content_answer_is_no_alert_until_it_is_edited_to_a_bad_one(customer: Customer) -> None:
    answer = unhappy(customer, score=9)
    assert alerts() == {}
    Response.objects.filter(pk=answer.pk).update(score=2, edited_at=NOW + timedelta(hours=20))
    assert len(alerts(NOW + timedelta(hours=20, minutes=1))) == 1


def test_a_severe_complaint_is_told_to_who_has_it_in_hand_and_to_the_manager(
    customer: Customer, teammate: User, manager: User, administrator: User
) -> None:
    severe(customer, owner=teammate)
    factories.complaint(customer, severity=Severity.SERIOUS)
    told = alerts()
    assert set(told) == {"Tom Falk", "Max Lind"}
    text = text_of(read(build(told["Max Lind"], SOON)))
    assert "Lindqvist AB: The machine burnt\n  In the hands of Tom Falk. Looked after by Mia Berg.\n" in text


def test_a_second_complaint_is_told_and_once_more_if_it_was_not_put_right_after_all(
    customer: Customer, manager: User
) -> None:
    first = factories.complaint(customer, severity=Severity.MINOR)
    assert alerts() == {}
    second = take_in(Complaint(customer=customer, owner=customer.owner, what="Late again", opened_at=NOW), at=NOW)
    told = alerts()
    assert set(told) == {"Mia Berg", "Max Lind"}
    assert read(build(told["Max Lind"], SOON))["Subject"] == "Another complaint: Lindqvist AB"
    assert {note.words for note in Notification.objects.all()} == {"Late again"}

    for complaint in (first, second):
        resolve(complaint, at=NOW + timedelta(hours=2))
    back = NOW + timedelta(hours=3)
    reopen(second, at=back)
    plan(at=back + timedelta(minutes=1))
    plan(at=back + timedelta(minutes=2))
    again = Message.objects.filter(kind=MessageKind.URGENT, recipient=manager).order_by("-pk")
    assert len(again) == 2
    assert read(build(again[0], back))["Subject"] == "Complaint taken up again: Lindqvist AB"


def test_who_is_named_already_is_not_named_twice(customer: Customer, manager: User) -> None:
    severe(customer)
    text = text_of(read(build(alerts()["Max Lind"], SOON)))
    assert "The machine burnt\n  In the hands of Mia Berg.\n" in text
    assert "Looked after" not in text


def test_where_the_team_has_no_manager_those_without_a_team_hear_of_it(
    customer: Customer, owner: User, administrator: User
) -> None:
    severe(customer)
    assert set(alerts()) == {"Mia Berg", "Ada Holm"}


def test_a_promise_is_told_the_moment_it_is_broken_and_again_if_it_is_put_off_and_broken_again(
    customer: Customer, owner: User
) -> None:
    promise = factories.follow_up(customer, title="Call back", is_promise=True, due_at=NOW + timedelta(hours=1))
    factories.follow_up(customer, due_at=NOW)
    assert alerts() == {}
    plan(at=NOW + timedelta(hours=1))
    plan(at=NOW + timedelta(hours=1, minutes=5))
    promise.move(NOW + timedelta(hours=3))
    plan(at=NOW + timedelta(hours=3, minutes=1))
    plan(at=NOW + timedelta(hours=3, minutes=2))
    first, second = Message.objects.filter(kind=MessageKind.URGENT).order_by("pk")
    assert first.due_at == NOW + timedelta(hours=1)
    text = text_of(read(build(second, NOW + timedelta(hours=3, minutes=2))))
    assert "Lindqvist AB: Call back\n  Mia Berg promised it by Thursday 26 November, 13:00.\n" in text


def test_what_is_settled_by_then_is_not_told(customer: Customer, owner: User) -> None:
    promise = factories.follow_up(customer, is_promise=True, due_at=NOW)
    (message,) = alerts().values()
    promise.finish(owner, SOON)
    with pytest.raises(Unwritable, match="settled"):
        build(message, SOON)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "mend",
    [
        lambda: FollowUp.objects.get().move(SOON + timedelta(days=1)),
        lambda: FollowUp.objects.get().move(NOW + timedelta(seconds=30)),
        lambda: FollowUp.objects.update(is_promise=False),
        lambda: FollowUp.objects.update(done_at=NOW),
        lambda: FollowUp.objects.all().delete(),
    ],
)
def test_a_promise_that_is_not_broken_any_more_is_not_told(
    customer: Customer, sink: Sink, mend: Callable[[], Any]
) -> None:
    factories.follow_up(customer, is_promise=True, due_at=NOW)
    (message,) = alerts().values()
    mend()
    assert what_became_of(message, sink) == ("cancelled", "nothing_to_say", 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "mend",
    [
        lambda: Complaint.objects.update(severity=Severity.SERIOUS),
        lambda: Complaint.objects.update(resolved_at=NOW),
        lambda: Complaint.objects.all().delete(),
    ],
)
def test_a_complaint_that_is_not_severe_any_more_is_not_told(
    customer: Customer, sink: Sink, mend: Callable[[], Any]
) -> None:
    severe(customer)
    (message,) = alerts().values()
    mend()
    assert what_became_of(message, sink) == ("cancelled", "nothing_to_say", 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mend", [lambda: Response.objects.update(score=9), lambda: Response.objects.all().delete()])
def test_an_answer_that_is_not_unhappy_any_more_is_not_told(
    customer: Customer, sink: Sink, mend: Callable[[], Any]
) -> None:
    unhappy(customer)
    (message,) = alerts().values()
    mend()
    assert what_became_of(message, sink) == ("cancelled", "nothing_to_say", 0)


@pytest.mark.django_db(transaction=True)
def test_what_is_still_so_is_told(customer: Customer, sink: Sink) -> None:
    factories.follow_up(customer, is_promise=True, due_at=NOW)
    (message,) = alerts().values()
    assert what_became_of(message, sink) == ("sent", "", 1)


def test_the_deputy_is_told_instead_of_who_is_away(customer: Customer, owner: User, teammate: User) -> None:
    factories.absence(owner, deputy=teammate)
    unhappy(customer)
    told = alerts()
    assert set(told) == {"Tom Falk"}
    assert "Looked after by Mia Berg." in text_of(read(build(told["Tom Falk"], SOON)))


def test_an_old_history_alarms_nobody(customer: Customer) -> None:
    long_ago = NOW - timedelta(days=3)
    unhappy(customer, answered_at=long_ago)
    severe(customer, opened_at=long_ago)
    factories.follow_up(customer, is_promise=True, due_at=long_ago)
    assert alerts() == {}


def test_a_late_run_tells_what_happened_meanwhile_once(customer: Customer) -> None:
    unhappy(customer)
    severe(customer)
    for hours in (30, 31, 60):
        plan(at=NOW + timedelta(hours=hours))
    assert Message.objects.filter(kind=MessageKind.URGENT).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_tell_once(customer: Customer) -> None:
    unhappy(customer)
    at_once(lambda: plan(at=SOON), 2)
    assert Message.objects.filter(kind=MessageKind.URGENT).count() == 1


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 11, 26, 6, 59, tzinfo=STOCKHOLM), datetime(2026, 11, 26, 7, tzinfo=STOCKHOLM)),
        (datetime(2026, 11, 26, 7, 0, tzinfo=STOCKHOLM), datetime(2026, 11, 26, 7, tzinfo=STOCKHOLM)),
        (datetime(2026, 11, 26, 19, 59, tzinfo=STOCKHOLM), datetime(2026, 11, 26, 19, 59, tzinfo=STOCKHOLM)),
        (datetime(2026, 11, 26, 20, 0, tzinfo=STOCKHOLM), datetime(2026, 11, 27, 7, tzinfo=STOCKHOLM)),
        # Friday evening, Saturday, and Sunday by their clock while it is Saturday still in UTC.
        (datetime(2026, 11, 27, 20, 0, tzinfo=STOCKHOLM), datetime(2026, 11, 30, 7, tzinfo=STOCKHOLM)),
        (datetime(2026, 11, 28, 12, 0, tzinfo=STOCKHOLM), datetime(2026, 11, 30, 7, tzinfo=STOCKHOLM)),
        (datetime(2026, 11, 28, 23, 30, tzinfo=UTC), datetime(2026, 11, 30, 7, tzinfo=STOCKHOLM)),
    ],
)
def test_at_once_in_working_hours_else_the_next_working_morning(owner: User, at: datetime, told: datetime) -> None:
    assert when_told(owner, at) == told


def test_who_works_on_every_day_is_told_on_sundays(owner: User) -> None:
    owner.working_days = []
    sunday = datetime(2026, 11, 29, 12, tzinfo=STOCKHOLM)
    assert when_told(owner, sunday) == sunday
