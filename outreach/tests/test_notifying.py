"""What stands on whose bell: each thing once, whoever tells of it, however often it is planned, and at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company, User, Visibility
from customers.handing_over import give
from customers.importing.running import begin
from customers.models import ConsentChange, ConsentKind, Contact, Customer
from customers.tests.importing import checked, work
from interactions.models import Severity
from outreach.bounces.noting import give_up
from outreach.describing import matter_of, say
from outreach.erasing import erase
from outreach.merging import merge
from outreach.models import ALERT_KINDS, Message, MessageKind, Notification, NotificationKind, State, Watermark, Way
from outreach.notifying import ALERTS_KEPT_FOR, KEPT_FOR, News, choose, forget_old, notify
from outreach.planning import plan
from outreach.preferences import Wishes, wishes_of
from outreach.preferences import choose as choose_wishes
from outreach.unsubscribing import withdraw
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

Kind = NotificationKind
SOON = NOW + timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def planned_before(company: Company) -> None:
    plan(at=NOW - timedelta(hours=3))


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", email="amira@lindqvist.example")


def told(person: User | None = None) -> list[tuple[str, str, str]]:
    """In words, the oldest first: what is on somebody's bell, or on all."""
    rows = Notification.objects.filter(person=person) if person else Notification.objects.all()
    said = [say(row) for row in rows.select_related("customer", "contact", "by").order_by("pk")]
    return [(one.what, one.about, one.why) for one in said]


def pages(person: User) -> list[str]:
    return [matter_of(row) for row in Notification.objects.filter(person=person).order_by("pk")]


def quiet_for_long(owner: User) -> Customer:
    return factories.customer(owner, customer_since=TODAY - timedelta(days=45), next_due_on=TODAY - timedelta(days=15))


# ---- What the planners tell of: a function that makes it happen, and what is said then ----


def _answered(contact: Contact, by: User) -> None:
    factories.response(factories.invitation(contact), score=3)


def _complained(contact: Contact, by: User) -> None:
    factories.complaint(contact.customer, what="The machine burnt", severity=Severity.SEVERE)


def _promised(contact: Contact, by: User) -> None:
    factories.follow_up(contact.customer, title="Call back", is_promise=True, due_at=NOW)


def _given(contact: Contact, by: User) -> None:
    owner = contact.customer.owner
    Customer.objects.filter(pk=contact.customer_id).update(owner=by)
    give([contact.customer_id], to=owner, by=by, at=NOW)


def _to_be_told(contact: Contact, by: User) -> None:
    factories.notice_for(contact.customer, title="New prices")
    contact.customer.notices.get().notice.__class__.objects.update(created_by=by)


def _held(contact: Contact, by: User) -> None:
    why = {"reason": "open_complaint", "detail": "Open complaint since Monday. Call instead."}
    factories.message(contact, state=State.HELD, finished_at=NOW, **why)


HAPPENINGS: dict[Kind, tuple[Callable[[Contact, User], None], tuple[str, str, str]]] = {
    Kind.ANSWER: (_answered, ("Unhappy answer", "Lindqvist AB", "Amira Haddad scored us 3 of 10.")),
    Kind.COMPLAINT: (_complained, ("Severe complaint", "Lindqvist AB", "The machine burnt")),
    Kind.PROMISE: (_promised, ("Promise not kept in time", "Lindqvist AB", "Call back")),
    Kind.GIVEN: (_given, ("Given to you by Tom Falk", "Lindqvist AB", "")),
    Kind.FOLLOW_UP: (_to_be_told, ("To do, from Tom Falk", "Lindqvist AB", "New prices")),
    Kind.HELD: (
        _held,
        ("Call instead of writing", "Lindqvist AB", "Amira Haddad: Open complaint since Monday. Call instead."),
    ),
}
each_happening = pytest.mark.parametrize("kind", HAPPENINGS)


@each_happening
def test_it_is_told_once_however_often_and_late_it_is_planned(
    contact: Contact, owner: User, teammate: User, kind: Kind
) -> None:
    happen, words = HAPPENINGS[kind]
    happen(contact, teammate)
    plan(at=SOON)
    plan(at=SOON)
    Watermark.objects.update(through=NOW - timedelta(days=1))
    plan(at=NOW + timedelta(hours=20))
    assert told() == told(owner) == [words]
    assert Notification.objects.get().created_at == SOON


@each_happening
def test_a_planner_that_comes_late_tells_it_still(contact: Contact, owner: User, teammate: User, kind: Kind) -> None:
    happen, words = HAPPENINGS[kind]
    happen(contact, teammate)
    plan(at=NOW + timedelta(hours=30))
    assert words in told(owner)


@each_happening
def test_who_stands_in_is_told_instead_of_who_is_away(
    contact: Contact, owner: User, teammate: User, manager: User, kind: Kind
) -> None:
    factories.absence(owner, deputy=teammate)
    happen, words = HAPPENINGS[kind]
    happen(contact, manager)
    plan(at=SOON)
    assert told(owner) == []
    ((what, *rest),) = told(teammate)
    assert rest == list(words[1:])
    assert what == words[0].replace("Tom Falk", "Max Lind")


@each_happening
def test_who_switched_it_off_is_not_told(contact: Contact, owner: User, teammate: User, kind: Kind) -> None:
    choose(owner, {kind: Way.OFF})
    happen, _words = HAPPENINGS[kind]
    happen(contact, teammate)
    plan(at=SOON)
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_tell_everything_once(contact: Contact, owner: User, teammate: User) -> None:
    for happen, _words in HAPPENINGS.values():
        happen(contact, teammate)
    at_once(lambda: plan(at=SOON), 2)
    assert sorted(told(owner)) == sorted(words for _happen, words in HAPPENINGS.values())


def test_a_tick_with_nothing_new_writes_nothing(contact: Contact, teammate: User) -> None:
    for happen, _words in HAPPENINGS.values():
        happen(contact, teammate)
    plan(at=SOON)
    numbers = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
    plan(at=SOON)
    factories.complaint(contact.customer, severity=Severity.SEVERE)
    plan(at=SOON)
    assert Notification.objects.order_by("-pk").first().pk == numbers[-1] + 1  # type: ignore[union-attr]


# ---- Given by others ----


def test_many_given_at_once_are_one_thing_to_tell(three_of_tom: list[Customer], owner: User, manager: User) -> None:
    give([customer.pk for customer in three_of_tom], to=owner, by=manager, at=NOW)
    plan(at=SOON)
    assert told() == [("Given to you by Max Lind", "3 customers", "")]
    assert pages(owner) == ["/given/"]


def test_what_somebody_took_over_they_know(three_of_tom: list[Customer], owner: User, teammate: User) -> None:
    give([three_of_tom[0].pk], to=owner, by=owner, at=NOW)
    plan(at=SOON)
    assert told() == []


def test_a_deputy_is_not_told_of_what_they_did_themselves(
    three_of_tom: list[Customer], owner: User, teammate: User
) -> None:
    factories.absence(owner, deputy=teammate)
    give([three_of_tom[0].pk], to=owner, by=teammate, at=NOW)
    plan(at=SOON)
    assert told() == []


def test_what_was_given_on_before_anybody_looked_is_told_to_who_has_it(
    three_of_tom: list[Customer], owner: User, manager: User, administrator: User
) -> None:
    give([three_of_tom[0].pk], to=owner, by=manager, at=NOW)
    give([three_of_tom[0].pk], to=manager, by=administrator, at=SOON)
    plan(at=SOON)
    assert told() == told(manager)
    assert len(told()) == 1


def test_a_file_that_gives_customers_away_is_told_of_when_it_is_through(owner: User, manager: User) -> None:
    given = [factories.customer(manager) for _number in range(2)]
    intake = factories.intake(manager, state="running", began_at=NOW)
    give([given[0].pk], to=owner, by=manager, at=NOW)
    plan(at=SOON)
    assert told() == []
    give([given[1].pk], to=owner, by=manager, at=NOW)
    intake.move_to("done", frm=("running",), finished_at=SOON)  # type: ignore[arg-type]
    plan(at=SOON + timedelta(minutes=5))
    assert told(owner) == [("Given to you by Max Lind", "2 customers", "")]


@pytest.fixture
def three_of_tom(teammate: User) -> list[Customer]:
    return [factories.customer(teammate) for _number in range(3)]


def test_news_for_several_customers_is_one_thing_to_do(owner: User, manager: User, three: list[Customer]) -> None:
    first = factories.notice_for(three[0], title="New prices")
    for customer in three[1:]:
        other = factories.notice_for(customer)
        other.notice = first.notice
        other.save()
    first.notice.created_by = manager
    first.notice.save()
    plan(at=SOON)
    assert ("To do, from Max Lind", "3 customers", "New prices") in told(owner)
    assert f"/messages/notices/{first.notice_id}/" in pages(owner)


@pytest.fixture
def three(owner: User) -> list[Customer]:
    return [factories.customer(owner) for _number in range(3)]


# ---- What a contact chose, and mail that came back ----


def test_what_a_contact_chose_is_told_in_one_piece(contact: Contact, owner: User) -> None:
    wishes = Wishes(frozenset({ConsentKind.SURVEYS, ConsentKind.THANKS}), "91", "phone", "en")
    for _time in range(2):
        choose_wishes(contact, wishes, SOON)
    ((what, about, why),) = told(owner)
    assert (what, about) == ("Chose what to get from us", "Lindqvist AB")
    assert why == (
        "Amira Haddad: no more of this: Greetings, Preferred channel: Phone, How often to be called: Every three months"
    )
    assert pages(owner) == [f"/customers/{contact.customer_id}/"]


def test_choosing_what_is_so_already_is_nothing_to_tell(contact: Contact) -> None:
    choose_wishes(contact, wishes_of(contact), SOON)
    assert told() == []


@pytest.mark.parametrize("source", [ConsentChange.Source.LINK, ConsentChange.Source.PROVIDER])
def test_leaving_by_the_link_of_a_mail_or_at_the_provider_is_told(contact: Contact, owner: User, source: Any) -> None:
    for _time in range(2):
        withdraw(contact, [ConsentKind.GREETINGS], SOON, source=source)
    assert [why for _what, _about, why in told(owner)] == ["Amira Haddad: no more of this: Greetings"]


def test_what_staff_enter_they_know(contact: Contact) -> None:
    withdraw(contact, [ConsentKind.GREETINGS], SOON, source=ConsentChange.Source.STAFF)
    assert told() == []


def test_a_mail_that_came_back_asks_for_a_better_address_once(contact: Contact, owner: User) -> None:
    for _time in range(2):
        give_up(contact.email, "550 No such user", SOON)
    assert told(owner) == [
        ("The mail address does not exist", "Lindqvist AB", "Ask Amira Haddad for a better address.")
    ]


@pytest.mark.django_db(transaction=True)
def test_two_who_hear_of_it_at_once_tell_once(contact: Contact, owner: User) -> None:
    def both() -> None:
        give_up(contact.email, "550 No such user", SOON)
        withdraw(Contact.objects.get(pk=contact.pk), [ConsentKind.GREETINGS], SOON)

    at_once(both, 2)
    assert len(told(owner)) == 2


# ---- Held, finished ----


def test_only_greetings_the_gate_held_ask_for_a_call(contact: Contact, owner: User) -> None:
    held = {"state": State.HELD, "finished_at": NOW}
    factories.message(contact, kind=MessageKind.SURVEY, **held)
    factories.message(contact, decided_by=owner, **held)
    factories.message(factories.contact(factories.customer(owner, lost_on=TODAY)), **held)
    plan(at=SOON)
    assert told() == []
    message = factories.message(contact, kind=MessageKind.THANK_YOU, **held)
    plan(at=SOON)
    assert pages(owner) == [f"/messages/{message.pk}/"]


def test_an_import_that_is_through_is_told_to_who_brought_it_also_while_away(owner: User, teammate: User) -> None:
    factories.absence(owner, deputy=teammate)
    intake = checked(owner, "Company,Name,E-mail\nHaddad & Co,Amira Haddad,a@example.com\n")
    plan(at=SOON)
    assert told() == []
    begin(intake)
    work()
    intake.refresh_from_db()
    assert intake.finished_at
    for _time in range(2):
        plan(at=intake.finished_at + timedelta(seconds=1))
    assert ("Import finished", "people.csv", "1 customer") in told(owner)
    assert f"/customers/import/{intake.pk}/" in pages(owner)
    assert told(teammate) == []


# ---- Managers ----


def test_the_manager_is_told_of_customers_without_contact_once_a_morning(owner: User, manager: User) -> None:
    quiet_for_long(owner)
    for _time in range(2):
        plan(at=NOW)
        Watermark.objects.update(through=NOW - timedelta(hours=5))
    assert told(manager) == [
        ("Without contact for too long", "Customers of your team", "The list of the portfolio says which.")
    ]
    assert pages(manager) == ["/portfolio/"]
    assert Message.objects.filter(kind=MessageKind.ESCALATION).count() == 1


# ---- Whose it is, and for how long ----


@pytest.mark.parametrize("visibility", Visibility.values)
def test_those_about_customers_whom_one_may_not_see_are_not_there(
    company: Company, owner: User, teammate: User, outsider: User, manager: User, visibility: str
) -> None:
    Company.objects.update(visibility=visibility)
    alone = factories.user()
    customers = [factories.customer(person) for person in (owner, teammate, outsider, alone)]
    for person in (owner, teammate, outsider, manager, alone):
        rows = [factories.notification(person, customer) for customer in customers]
        without = factories.notification(person)
        person = User.objects.get(pk=person.pk)
        visible = set(Customer.objects.visible_to(person))
        expected = {row for row in rows if row.customer in visible} | {without}
        assert set(Notification.objects.of(person)) == expected


def test_news_for_who_left_the_company_are_for_nobody(customer: Customer, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert notify([News(Kind.COMPLAINT, "urgent:complaint:1", owner.pk, customer.pk)], at=NOW) == 0


def test_after_three_months_they_are_forgotten(owner: User) -> None:
    old = factories.notification(owner, kind=Kind.GIVEN, created_at=NOW - KEPT_FOR - timedelta(seconds=1))
    kept = factories.notification(owner, kind=Kind.GIVEN, created_at=NOW - KEPT_FOR)
    assert forget_old(NOW) == 1
    assert list(Notification.objects.all()) == [kept] != [old]


def test_alerts_are_kept_for_as_long_as_the_lists_they_stand_beside(owner: User) -> None:
    for kind in ALERT_KINDS:
        factories.notification(owner, kind=kind, created_at=NOW - ALERTS_KEPT_FOR)
        factories.notification(owner, kind=kind, created_at=NOW - ALERTS_KEPT_FOR - timedelta(seconds=1))
    assert forget_old(NOW) == len(ALERT_KINDS)
    assert {one.created_at for one in Notification.objects.all()} == {NOW - ALERTS_KEPT_FOR}


def test_they_go_with_a_contact_who_is_erased_and_move_with_a_customer_who_is_merged(
    contact: Contact, owner: User
) -> None:
    factories.notification(owner, contact.customer, kind=Kind.ANSWER, contact=contact)
    factories.notification(owner, contact.customer)
    erase(contact, by=owner, at=SOON)
    kept = Notification.objects.get()
    other = factories.customer(owner)
    merge(other, contact.customer, by=owner, at=SOON)
    kept.refresh_from_db()
    assert kept.customer == other
    assert matter_of(kept) == f"/customers/{other.pk}/"
