"""Who waits in the queue: until when, and from when on it is too late to be kind."""

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from surveys.models import Invitation, Occasion, Queued
from surveys.tests.test_planning import DAY, HOUR, event, plan
from tests import factories
from tests.factories import NOW


@pytest.fixture
def amira(company: Company, customer: Customer) -> Contact:
    factories.survey()
    return factories.contact(customer, name="Amira Haddad")


def test_who_is_asked_before_the_cool_down_is_over_is_asked_at_its_end(amira: Contact) -> None:
    factories.invitation(amira, send_at=NOW - 80 * DAY)
    event(amira.customer, contact=amira)
    assert [plan(), plan(at=NOW + 8 * DAY), plan(at=NOW + 9 * DAY), plan(at=NOW + 10 * DAY)] == [0, 0, 1, 0]

    assert Invitation.objects.latest("pk").send_at == NOW + 10 * DAY


@pytest.mark.parametrize(("days", "asked"), [(59, 0), (61, 1)])
def test_who_would_wait_for_more_than_thirty_days_is_not_asked(amira: Contact, days: int, asked: int) -> None:
    factories.invitation(amira, send_at=NOW - days * DAY)
    event(amira.customer, contact=amira, happened_at=NOW - 2 * HOUR)
    plan()
    row = Queued.objects.get()
    assert (row.given_up_at is None) == bool(asked)

    assert plan(at=NOW + 30 * DAY, since=NOW + 29 * DAY) == asked
    assert plan(at=NOW + 60 * DAY, since=NOW + 59 * DAY) == 0


def test_what_nobody_could_be_asked_about_for_thirty_days_is_given_up(amira: Contact) -> None:
    event(amira.customer, contact=amira)
    Occasion.objects.update(delay_hours=48)
    plan()
    Contact.objects.update(allows_surveys=False)
    assert plan(at=NOW + 3 * DAY) == 0

    Contact.objects.update(allows_surveys=True)
    assert plan(at=NOW + 33 * DAY, since=NOW + 32 * DAY) == 0
    assert Queued.objects.get().given_up_at == NOW + 33 * DAY


def test_who_may_be_asked_again_in_time_is_asked_as_of_now(amira: Contact) -> None:
    event(amira.customer, contact=amira)
    Occasion.objects.update(delay_hours=48)
    plan()
    Contact.objects.update(allows_surveys=False)
    plan(at=NOW + 3 * DAY)
    Contact.objects.update(allows_surveys=True)

    assert plan(at=NOW + 20 * DAY, since=NOW + 19 * DAY) == 1
    assert Invitation.objects.get().send_at == NOW + 20 * DAY
