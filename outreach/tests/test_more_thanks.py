"""Thank-you notes for referrals, and for the patience with which a complaint was borne."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company
from customers.models import Contact
from interactions.models import Complaint, Kind
from outreach import gate
from outreach.composing import Composer
from outreach.models import Message, MessageKind
from outreach.planning import plan
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def contact(company: Company) -> Contact:
    return factories.contact(factories.customer(time_zone="Europe/Paris"))


def planned() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.THANK_YOU).order_by("due_at", "pk"))


def body(message: Message) -> str:
    (loaded,) = gate.load([message.pk])
    return str(Composer(company=Company.current(), at=message.due_at).build(loaded).body)


def put_right(contact: Contact, at: datetime = NOW) -> Complaint:
    opened_at = at - timedelta(days=4)
    return factories.complaint(contact.customer, opened_at=opened_at, resolved_at=at, outcome="Sent a new one")


def test_each_referral_is_thanked_once_to_who_gave_it(contact: Contact) -> None:
    second = factories.contact(contact.customer)
    first = factories.interaction(contact.customer, kind=Kind.REFERRAL, created_at=NOW)
    named = factories.interaction(contact.customer, kind=Kind.REFERRAL, contact=second, created_at=NOW)
    plan(at=NOW)
    plan(at=NOW + timedelta(hours=20))
    assert {(message.occasion, message.contact_id) for message in planned()} == {
        (f"thank-you:{first.pk}", contact.pk),
        (f"thank-you:{named.pk}", second.pk),
    }
    assert "thank you for recommending us." in body(planned()[0])


def test_a_referral_is_no_conversation(contact: Contact) -> None:
    given = factories.interaction(contact.customer, kind=Kind.REFERRAL)
    assert not given.is_touchpoint
    contact.customer.refresh_from_db()
    assert contact.customer.last_touchpoint_at is None


def test_a_complaint_put_right_is_thanked_for_a_day_later_in_the_morning(contact: Contact) -> None:
    complaint = put_right(contact)
    plan(at=NOW)
    (message,) = planned()
    assert message.occasion == f"thank-you:complaint:{complaint.pk}"
    assert message.due_at == datetime(2026, 11, 28, 9, tzinfo=PARIS)
    assert message.contact == contact
    assert "thank you for your patience while we put things right." in body(message)


def test_it_is_planned_once_late_or_not(contact: Contact) -> None:
    put_right(contact)
    for hours in (1, 30, 60, 71, 90):
        plan(at=NOW + timedelta(hours=hours))
    (message,) = planned()
    assert message.due_at == datetime(2026, 11, 28, 9, tzinfo=PARIS)


def test_a_run_after_a_long_pause_does_not_go_back_further_than_is_kind(contact: Contact) -> None:
    put_right(contact)
    plan(at=NOW + timedelta(days=4, minutes=1))
    assert planned() == []


def test_nobody_is_thanked_while_another_complaint_is_open(contact: Contact) -> None:
    put_right(contact)
    factories.complaint(contact.customer, opened_at=NOW + timedelta(hours=1))
    plan(at=NOW + timedelta(hours=2))
    assert planned() == []


def test_a_complaint_opened_after_planning_holds_the_note(contact: Contact) -> None:
    put_right(contact)
    plan(at=NOW)
    factories.complaint(contact.customer, opened_at=NOW + timedelta(hours=1))
    (message,) = planned()
    rulings = gate.check(gate.load([message.pk]), at=message.due_at, company=Company.current())
    assert rulings[message.pk].rule == "open_complaint"


@pytest.mark.parametrize("switch", ["thank_referrals", "thank_recoveries"])
def test_the_company_may_thank_for_one_and_not_the_other(contact: Contact, switch: str) -> None:
    put_right(contact)
    factories.interaction(contact.customer, kind=Kind.REFERRAL, created_at=NOW)
    Company.objects.update(**{switch: False})
    plan(at=NOW)
    (message,) = planned()
    assert message.is_recovery == (switch == "thank_referrals")


def test_without_consent_nobody_is_thanked(contact: Contact) -> None:
    Contact.objects.update(allows_thanks=False)
    put_right(contact)
    factories.interaction(contact.customer, kind=Kind.REFERRAL, created_at=NOW)
    plan(at=NOW)
    assert planned() == []


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_thank_once(contact: Contact) -> None:
    put_right(contact)
    factories.interaction(contact.customer, kind=Kind.REFERRAL, created_at=NOW)
    at_once(lambda: plan(at=NOW), 2)
    assert len(planned()) == 2
