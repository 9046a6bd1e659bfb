"""At once, in the morning digest, or not at all: what each person chose for each kind, with the real planners."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from accounts.models import Company, User
from customers.handing_over import give
from customers.models import Customer
from interactions.models import Severity
from outreach import gate
from outreach.composing import Unwritable
from outreach.ignoring import ignored_digests
from outreach.models import (
    DEFAULT_WAYS,
    Message,
    MessageKind,
    Notification,
    NotificationChoice,
    NotificationKind,
    State,
    Watermark,
    Way,
)
from outreach.notifying import choose
from outreach.planning import plan
from outreach.tests.reading import build, read, text_of
from tests import factories
from tests.factories import NOW, TODAY

Kind = NotificationKind
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(company: Company, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"
    settings.SITE_URL = "https://crm.example.com"
    plan(at=NOW - timedelta(minutes=5))


@pytest.fixture
def customer(owner: User) -> Customer:
    """Nothing is due with them for a while."""
    return factories.customer(owner, name="Lindqvist AB", next_due_on=TODAY + 30 * DAY)


def mails(kind: MessageKind) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("pk"))


def severe(customer: Customer, at: Any = NOW, what: str = "The machine burnt") -> None:
    factories.complaint(customer, what=what, severity=Severity.SEVERE, opened_at=at)


def sent_digest(at: Any) -> EmailMessage:
    """The one digest planned for that morning, as it is sent then."""
    (message,) = Message.objects.filter(kind=MessageKind.OVERDUE_DIGEST, state=State.PLANNED)
    mail = read(build(message, at))
    message.state, message.finished_at = State.SENT, at
    message.save()
    return mail


def test_at_once_is_a_mail_and_on_the_bell_and_not_in_the_digest(customer: Customer, owner: User) -> None:
    severe(customer)
    plan(at=NOW)
    assert len(mails(MessageKind.URGENT)) == Notification.objects.filter(person=owner).count() == 1
    plan(at=NOW + DAY)
    assert mails(MessageKind.OVERDUE_DIGEST) == []


def test_in_the_morning_is_on_the_bell_and_in_the_next_digest_alone(customer: Customer, owner: User) -> None:
    choose(owner, {Kind.COMPLAINT: Way.DIGEST})
    severe(customer)
    plan(at=NOW)
    assert mails(MessageKind.URGENT) == []
    notification = Notification.objects.get()

    plan(at=NOW + DAY)
    mail = sent_digest(NOW + DAY)
    assert mail["Subject"] == "Friday 27 November: 1 piece of news"
    assert (
        "News (1)\n\n- Severe complaint: Lindqvist AB\n  The machine burnt\n"
        f"  https://crm.example.com/notifications/{notification.pk}/\n"
    ) in text_of(mail)
    (message,) = mails(MessageKind.OVERDUE_DIGEST)
    assert message.occasion == f"news:{owner.pk}:2026-11-27"

    # Monday: Friday's digest told it.
    plan(at=NOW + 4 * DAY)
    assert len(mails(MessageKind.OVERDUE_DIGEST)) == 1
    severe(customer, at=NOW + 4 * DAY, what="It burnt again")
    plan(at=NOW + 4 * DAY + timedelta(minutes=1))
    plan(at=NOW + 5 * DAY)
    text = text_of(sent_digest(NOW + 5 * DAY))
    assert "It burnt again" in text
    assert "The machine burnt" not in text


def test_it_stands_below_what_is_due_in_the_same_digest(customer: Customer, owner: User) -> None:
    choose(owner, {Kind.COMPLAINT: Way.DIGEST})
    severe(customer)
    plan(at=NOW)
    factories.follow_up(customer, title="Send the offer", due_at=NOW + DAY)
    plan(at=NOW + DAY)
    (message,) = mails(MessageKind.OVERDUE_DIGEST)
    assert message.occasion == f"overdue:{owner.pk}:2026-11-27"
    mail = sent_digest(NOW + DAY)
    assert mail["Subject"] == "Friday 27 November: 1 thing to do, 1 piece of news"
    text = text_of(mail)
    assert text.index("Send the offer") < text.index("The machine burnt")


def test_there_is_one_digest_a_morning_whatever_comes_to_be_due_after_it(customer: Customer, owner: User) -> None:
    choose(owner, {Kind.COMPLAINT: Way.DIGEST})
    severe(customer)
    plan(at=NOW)
    plan(at=NOW + DAY)
    factories.follow_up(customer, due_at=NOW + DAY)
    plan_again_from(NOW)
    plan(at=NOW + DAY)
    assert [message.occasion for message in mails(MessageKind.OVERDUE_DIGEST)] == [f"news:{owner.pk}:2026-11-27"]


def plan_again_from(at: Any) -> None:
    Watermark.objects.update(through=at)


def test_what_was_seen_before_the_morning_is_not_in_its_digest(customer: Customer, owner: User) -> None:
    choose(owner, {Kind.COMPLAINT: Way.DIGEST})
    severe(customer)
    plan(at=NOW)
    Notification.objects.all().mark_seen(NOW)
    plan(at=NOW + DAY)
    assert mails(MessageKind.OVERDUE_DIGEST) == []


def test_what_is_seen_before_the_digest_leaves_leaves_nothing_to_say(customer: Customer, owner: User) -> None:
    choose(owner, {Kind.COMPLAINT: Way.DIGEST})
    severe(customer)
    plan(at=NOW)
    plan(at=NOW + DAY)
    Notification.objects.all().mark_seen(NOW + DAY)
    with pytest.raises(Unwritable, match="settled"):
        sent_digest(NOW + DAY)


def test_not_at_all_is_neither(customer: Customer, owner: User) -> None:
    choose(owner, {Kind.COMPLAINT: Way.OFF})
    severe(customer)
    plan(at=NOW)
    plan(at=NOW + DAY)
    assert Message.objects.count() == Notification.objects.count() == 0


def test_each_reader_of_the_same_matter_has_a_choice_of_their_own(
    customer: Customer, owner: User, manager: User
) -> None:
    choose(owner, {Kind.COMPLAINT: Way.OFF})
    severe(customer)
    plan(at=NOW)
    assert [message.recipient for message in mails(MessageKind.URGENT)] == [manager]
    assert [row.person for row in Notification.objects.all()] == [manager]


def test_what_has_no_mail_is_usually_in_the_digest_and_at_once_only_on_the_bell(
    customer: Customer, owner: User, teammate: User
) -> None:
    choose(teammate, {Kind.GIVEN: Way.AT_ONCE})
    theirs = factories.customer(owner, next_due_on=TODAY + 30 * DAY)
    manager = factories.user(name="Max Lind")
    give([theirs.pk], to=teammate, by=manager, at=NOW)
    Customer.objects.filter(pk=customer.pk).update(owner=manager)
    give([customer.pk], to=owner, by=manager, at=NOW)
    plan(at=NOW)
    assert {row.person for row in Notification.objects.all()} == {owner, teammate}
    plan(at=NOW + DAY)
    assert [message.recipient for message in mails(MessageKind.OVERDUE_DIGEST)] == [owner]
    assert "- Given to you by Max Lind: Lindqvist AB\n  https://" in text_of(sent_digest(NOW + DAY))


def test_twenty_are_listed_and_the_rest_is_a_link(customer: Customer, owner: User) -> None:
    for _number in range(23):
        factories.notification(owner, customer, kind=Kind.BOUNCE, contact=None, created_at=NOW)
    plan(at=NOW + DAY)
    text = text_of(sent_digest(NOW + DAY))
    assert "News (23)" in text
    assert text.count("/notifications/") == 21
    assert "- and 3 more\n  https://crm.example.com/notifications/\n" in text


# ---- Changed their mind ----


def ruled(message: Message) -> tuple[str, str] | None:
    rulings = gate.check(gate.load([message.pk]), at=NOW, company=Company.current())
    ruling = rulings.get(message.pk)
    return (ruling.state, ruling.rule) if ruling else None


@pytest.mark.parametrize("way", [Way.DIGEST, Way.OFF])
def test_a_mail_that_is_planned_is_not_sent_to_who_chose_otherwise_since(
    customer: Customer, owner: User, manager: User, way: Way
) -> None:
    severe(customer)
    plan(at=NOW)
    to_owner, to_manager = mails(MessageKind.URGENT)
    if to_owner.recipient != owner:
        to_owner, to_manager = to_manager, to_owner
    assert ruled(to_owner) is None
    choose(owner, {Kind.COMPLAINT: way, Kind.ANSWER: Way.AT_ONCE})
    assert ruled(to_owner) == (State.CANCELLED, "chosen_otherwise")
    assert ruled(to_manager) is None
    plan(at=NOW + DAY)
    digests = [message.recipient for message in mails(MessageKind.OVERDUE_DIGEST)]
    assert digests == ([owner] if way == Way.DIGEST else [])


def test_a_choice_about_another_kind_stops_nothing(customer: Customer, owner: User) -> None:
    severe(customer)
    plan(at=NOW)
    choose(owner, {Kind.ANSWER: Way.OFF, Kind.ESCALATION: Way.OFF})
    assert ruled(mails(MessageKind.URGENT)[0]) is None


def test_what_is_usual_is_not_kept_and_going_back_to_it_forgets_the_choice(owner: User, teammate: User) -> None:
    choose(teammate, {Kind.RED: Way.OFF})
    choose(owner, dict(DEFAULT_WAYS) | {Kind.RED: Way.DIGEST})
    choose(owner, dict(DEFAULT_WAYS) | {Kind.RED: Way.OFF})
    assert NotificationChoice.objects.ways([owner.pk]) == {(owner.pk, Kind.RED): Way.OFF}
    choose(owner, DEFAULT_WAYS)
    assert NotificationChoice.objects.ways([owner.pk, teammate.pk]) == {(teammate.pk, Kind.RED): Way.OFF}


# ---- Managers ----


def quiet(owner: User, days: int) -> Customer:
    since = TODAY - timedelta(days=days)
    return factories.customer(owner, segment=factories.segment(cadence_days=30), customer_since=since)


@pytest.fixture
def morning() -> Any:
    """Before the digests of NOW's day."""
    Watermark.objects.update(through=NOW - timedelta(hours=5))
    return NOW


def test_a_manager_who_wants_it_in_the_morning_gets_one_mail_and_hears_of_each_once(
    owner: User, manager: User, morning: Any
) -> None:
    choose(manager, {Kind.ESCALATION: Way.DIGEST})
    quiet(owner, 45)
    plan(at=morning)
    assert mails(MessageKind.ESCALATION) == []
    (digest,) = [message for message in mails(MessageKind.OVERDUE_DIGEST) if message.recipient == manager]
    text = text_of(read(build(digest, morning)))
    assert "- Without contact for too long: Customers of your team\n" in text
    plan(at=morning + DAY)
    assert Notification.objects.filter(person=manager).count() == 1
    # It will be half as long again as agreed on the day after tomorrow.
    quiet(owner, 43)
    plan(at=morning + 4 * DAY)
    assert Notification.objects.filter(person=manager).count() == 2


def test_a_manager_who_goes_back_to_mail_is_not_told_again_of_what_the_digest_told(
    owner: User, manager: User, morning: Any
) -> None:
    choose(manager, {Kind.ESCALATION: Way.DIGEST})
    quiet(owner, 45)
    plan(at=morning)
    choose(manager, DEFAULT_WAYS)
    plan(at=morning + DAY)
    assert mails(MessageKind.ESCALATION) == []


def test_a_manager_who_wants_to_hear_nothing_of_it_hears_nothing(owner: User, manager: User, morning: Any) -> None:
    choose(manager, {Kind.ESCALATION: Way.OFF})
    quiet(owner, 45)
    plan(at=morning)
    assert mails(MessageKind.ESCALATION) == []
    assert not Notification.objects.filter(person=manager).exists()


def test_nobody_leaves_news_unanswered(customer: Customer, owner: User) -> None:
    for days, word in ((3, "news"), (2, "news"), (1, "overdue")):
        factories.message(
            recipient=owner,
            kind=MessageKind.OVERDUE_DIGEST,
            occasion=f"{word}:{owner.pk}:{days}",
            state=State.SENT,
            due_at=NOW - days * DAY,
            finished_at=NOW - days * DAY,
        )
    assert ignored_digests(at=NOW) == []
    factories.message(
        recipient=owner,
        kind=MessageKind.OVERDUE_DIGEST,
        occasion=f"overdue:{owner.pk}:0",
        state=State.SENT,
        due_at=NOW,
        finished_at=NOW,
    )
    assert [pair.person for pair in ignored_digests(at=NOW)] == [owner.pk]
