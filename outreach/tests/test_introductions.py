"""Introductions by mail: one to each contact and hand-over, from the new owner, and none that is not true any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.handing_over import give, hand_over, take_back, tell
from customers.models import Contact, Customer, OwnerChange
from outreach import gate
from outreach.approving import ask_for
from outreach.bounces.noting import Happening, What, take_note
from outreach.deciding import approve
from outreach.models import Message, MessageKind, State
from outreach.planning import plan
from outreach.tests.gate_rulings import rule
from outreach.tests.reading import build, read, text_of
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = pytest.mark.django_db
type Login = Callable[[User], Client]
# The morning after, by a clock in Stockholm.
DUE = datetime(2026, 11, 27, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def contact(company: Company, customer: Customer) -> Contact:
    company.introductions_wait = False
    company.save()
    Customer.objects.update(country="SE", time_zone="Europe/Stockholm")
    customer.refresh_from_db()
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


def introduced(contact: Contact, to: User, by: User | None = None, at: datetime = NOW) -> OwnerChange:
    give([contact.customer_id], to=to, by=by or to, at=at, introduce=True)
    return OwnerChange.objects.latest("pk")


def planned() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.INTRODUCTION).order_by("pk"))


def sent(*, at: datetime = DUE) -> None:
    Message.objects.filter(kind=MessageKind.INTRODUCTION).update(state=State.SENT, finished_at=at)


class TestPlanning:
    def test_one_to_each_contact_at_the_next_hour_of_greetings(self, contact: Contact, teammate: User) -> None:
        second = factories.contact(contact.customer)
        change = introduced(contact, teammate)
        plan(at=NOW + HOUR)
        plan(at=NOW + 2 * HOUR)

        assert {message.contact for message in planned()} == {contact, second}
        message = Message.objects.get(contact=contact)
        assert message.occasion == f"introduction:{change.pk}:{contact.pk}"
        assert (message.owner_change, message.due_at, message.state) == (change, DUE, State.PLANNED)

    def test_early_in_the_morning_it_leaves_an_hour_to_think_again(self, contact: Contact, teammate: User) -> None:
        introduced(contact, teammate, at=DUE - timedelta(minutes=30))
        plan(at=DUE)
        assert [message.due_at for message in planned()] == [DUE + timedelta(days=1)]

    @pytest.mark.parametrize(
        ("zone", "due"),
        [
            ("Asia/Tokyo", datetime(2026, 11, 27, 0, tzinfo=UTC)),
            ("America/Chicago", datetime(2026, 11, 26, 15, tzinfo=UTC)),
        ],
    )
    def test_the_hour_is_that_of_the_contact(self, contact: Contact, teammate: User, zone: str, due: datetime) -> None:
        Contact.objects.update(time_zone=zone)
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        assert [message.due_at for message in planned()] == [due]

    def test_a_late_run_plans_the_same_and_a_very_late_one_nothing(self, contact: Contact, teammate: User) -> None:
        introduced(contact, teammate)
        plan(at=NOW + timedelta(days=3))
        assert [message.due_at for message in planned()] == [DUE]
        Message.objects.all().delete()
        plan(at=NOW + timedelta(days=11))
        assert planned() == []

    @pytest.mark.django_db(transaction=True)
    def test_two_planners_at_once_plan_one(self, contact: Contact, teammate: User) -> None:
        introduced(contact, teammate)
        at_once(lambda: plan(at=NOW + HOUR), 2)
        assert len(planned()) == 1

    def test_where_it_was_not_asked_for_there_is_none(self, contact: Contact, teammate: User) -> None:
        give([contact.customer_id], to=teammate, by=teammate, at=NOW)
        plan(at=NOW + HOUR)
        assert planned() == []

    def test_of_two_hand_overs_the_last_one_is_introduced(
        self, contact: Contact, teammate: User, outsider: User
    ) -> None:
        introduced(contact, teammate)
        plan(at=NOW + timedelta(minutes=1))
        change = introduced(contact, outsider, at=NOW + HOUR)
        plan(at=NOW + 2 * HOUR)
        first, second = planned()
        assert (first.state, first.reason) == (State.CANCELLED, "no_longer_true")
        assert (second.owner_change, second.state) == (change, State.PLANNED)

    @pytest.mark.parametrize(
        ("of_customer", "of_contact"),
        [
            ({"do_not_contact": True}, {}),
            ({"lost_on": TODAY}, {}),
            ({}, {"email": ""}),
            ({}, {"deceased": True}),
            ({}, {"do_not_contact": True}),
            ({}, {"left_on": TODAY}),
        ],
    )
    def test_who_is_not_to_be_written_to_is_not(
        self, contact: Contact, teammate: User, of_customer: dict[str, Any], of_contact: dict[str, Any]
    ) -> None:
        Customer.objects.filter(pk=contact.customer_id).update(**of_customer)
        Contact.objects.update(**of_contact)
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        assert planned() == []

    def test_it_waits_for_approval_unless_the_company_says_otherwise(
        self, contact: Contact, teammate: User, company: Company
    ) -> None:
        Company.objects.update(introductions_wait=True)
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        assert [message.state for message in planned()] == [State.PROPOSED]

    def test_and_where_the_kind_waits_in_the_segment(self, contact: Contact, teammate: User) -> None:
        ask_for([("introduction", contact.customer.segment_id)])
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        assert [message.state for message in planned()] == [State.PROPOSED]


class TestBeingTold:
    def test_who_was_written_to_knows_and_greetings_go_out_again(self, contact: Contact, teammate: User) -> None:
        change = introduced(contact, teammate)
        greeting = factories.message(Contact.objects.get(pk=contact.pk), kind=MessageKind.THANK_YOU)
        assert rule(greeting) == ("held", "owner_changed")
        plan(at=NOW + HOUR)
        assert rule(planned()[0], at=DUE) is None
        sent()
        plan(at=DUE + HOUR)
        change.refresh_from_db()
        assert change.announced_at == DUE
        assert rule(greeting) != ("held", "owner_changed")

    def test_as_long_as_one_still_waits_they_do_not(self, contact: Contact, teammate: User) -> None:
        factories.contact(contact.customer)
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        Message.objects.filter(contact=contact).update(state=State.SENT, finished_at=DUE)
        plan(at=DUE + HOUR)
        assert OwnerChange.objects.untold().exists()

    @pytest.mark.parametrize("state", [State.HELD, State.FAILED, State.UNKNOWN, State.EXPIRED, State.CANCELLED])
    def test_what_did_not_leave_tells_nobody(self, contact: Contact, teammate: User, state: State) -> None:
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        Message.objects.update(state=state, finished_at=DUE)
        plan(at=DUE + HOUR)
        assert OwnerChange.objects.untold().exists()

    def test_nor_does_what_came_back(self, contact: Contact, teammate: User) -> None:
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        sent()
        (message,) = planned()
        Message.objects.update(sent_to=contact.email)
        message.refresh_from_db()
        take_note([Happening("1", What.BOUNCED, DUE, contact.email, message=message)], at=DUE)
        plan(at=DUE + HOUR)
        assert OwnerChange.objects.untold().exists()


class TestCallingOff:
    def test_a_hand_over_that_is_taken_back_stops_what_waits_for_approval(
        self, contact: Contact, owner: User, teammate: User, administrator: User
    ) -> None:
        Company.objects.update(introductions_wait=True)
        done = hand_over(owner, to=teammate, by=administrator, at=NOW, introduce=True)
        plan(at=NOW + HOUR)
        (message,) = planned()
        take_back(done, by=administrator, at=NOW + 2 * HOUR)
        plan(at=NOW + 3 * HOUR)
        message.refresh_from_db()
        assert (message.state, message.reason) == (State.CANCELLED, "no_longer_true")
        assert approve(Message.objects.all(), by=administrator, at=NOW + 3 * HOUR) == 0

    def test_one_that_left_stays_sent(self, contact: Contact, owner: User, teammate: User, administrator: User) -> None:
        done = hand_over(owner, to=teammate, by=administrator, at=NOW, introduce=True)
        plan(at=NOW + HOUR)
        sent(at=NOW + HOUR)
        take_back(done, by=administrator, at=NOW + 2 * HOUR)
        plan(at=NOW + 3 * HOUR)
        assert [message.state for message in planned()] == [State.SENT]

    def test_between_two_ticks_the_gate_stops_it(self, contact: Contact, owner: User, teammate: User) -> None:
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        give([contact.customer_id], to=owner, by=owner, at=NOW + 2 * HOUR)
        (loaded,) = gate.load([planned()[0].pk])
        found = gate.check([loaded], at=DUE, company=Company.current())[loaded.pk]
        assert (found.state, found.rule) == (State.CANCELLED, "no_longer_true")

    def test_who_was_spoken_to_gets_no_mail(self, contact: Contact, teammate: User) -> None:
        introduced(contact, teammate)
        plan(at=NOW + HOUR)
        tell(Customer.objects.get(pk=contact.customer_id), at=NOW + HOUR)
        plan(at=NOW + 2 * HOUR)
        assert [message.reason for message in planned()] == ["no_longer_true"]


class TestAskingForIt:
    """Each place where customers are given to somebody else offers it, ticked or not by the company's setting."""

    @pytest.fixture(params=[True, False], ids=["ticked", "unticked"])
    def ticked(self, request: pytest.FixtureRequest) -> bool:
        Company.objects.update(introduces_owners=request.param)
        return bool(request.param)

    def sent(self, ticked: bool) -> dict[str, str]:
        return {"introduce": "on"} if ticked else {}

    def test_one_customer(self, contact: Contact, owner: User, teammate: User, login: Login, ticked: bool) -> None:
        customer = contact.customer
        names = ("name", "stage", "language", "time_zone", "care_note")
        data = {name: getattr(customer, name) for name in names} | {"customer_since": "2026-01-10", "cadence_days": ""}
        data |= {"segment": customer.segment_id, "owner": teammate.pk, **self.sent(ticked)}
        browser, address = login(owner), reverse("customer_edit", args=[customer.pk])
        assert browser.get(address).context["form"]["introduce"].initial is ticked
        assert browser.post(address, data).status_code == 302
        assert OwnerChange.objects.get().is_introduced is ticked
        assert browser.post(address, data | {"name": "Other"}).status_code == 302
        assert OwnerChange.objects.count() == 1

    def test_a_selection_and_its_undo(
        self, contact: Contact, teammate: User, manager: User, login: Login, ticked: bool
    ) -> None:
        data = {"pk": contact.customer_id, "action": "owner", "owner": teammate.pk, **self.sent(ticked)}
        browser = login(manager)
        shown = browser.post(reverse("bulk_new"), {"pk": contact.customer_id})
        assert shown.context["form"]["introduce"].initial is ticked
        assert browser.post(reverse("bulk_new"), data).status_code == 302
        assert OwnerChange.objects.get().is_introduced is ticked

    def test_a_whole_hand_over(
        self, contact: Contact, owner: User, teammate: User, administrator: User, login: Login, ticked: bool
    ) -> None:
        browser, address = login(administrator), reverse("person_hand_over", args=[owner.pk])
        assert browser.get(address).context["form"]["introduce"].initial is ticked
        assert browser.post(address, {"to": teammate.pk, **self.sent(ticked)}).status_code == 302
        assert OwnerChange.objects.get().is_introduced is ticked


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("tone", ["formal", "friendly"])
def test_the_mail_comes_from_the_new_one_and_names_the_old_one(
    contact: Contact, owner: User, teammate: User, language: str, tone: str
) -> None:
    Contact.objects.update(language=language, tone=tone)
    introduced(contact, teammate)
    plan(at=NOW + HOUR)
    mail = read(build(planned()[0]))
    said = text_of(mail)
    assert teammate.email in str(mail["From"])
    assert teammate.name in said and owner.name in said
    assert "{" not in said
    assert "List-Unsubscribe" not in mail
