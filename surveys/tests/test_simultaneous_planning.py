"""Two planners at once, over two connections to the database."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction

from accounts.models import Company
from interactions.models import Kind
from surveys.models import Invitation
from surveys.planning import invite
from surveys.tests.threads import together
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def settings_of_the_company() -> Company:
    factories.survey()
    return Company.objects.get_or_create(pk=1)[0]


def test_two_planners_of_one_window_ask_each_contact_once(settings_of_the_company: Company) -> None:
    for _number in range(40):
        factories.interaction(factories.contact().customer, kind=Kind.MEETING, created_at=NOW)

    def plan() -> int:
        return invite(since=NOW - HOUR, until=NOW + HOUR, at=NOW + HOUR, company=settings_of_the_company)

    assert sorted(together(plan, plan)) == [0, 40]
    assert together(plan, plan) == [0, 0]
    assert Invitation.objects.values("contact").distinct().count() == Invitation.objects.count() == 40


def test_the_cool_down_holds_between_planners_of_different_windows(settings_of_the_company: Company) -> None:
    """Different events of the same contacts: no unique key would stop the second, only what it reads."""
    contacts = [factories.contact() for _number in range(40)]
    for contact in contacts:
        factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW)
        factories.interaction(contact.customer, kind=Kind.PURCHASE, created_at=NOW + HOUR, happened_at=NOW + HOUR)

    def plan(start: int) -> int:
        since = NOW + start * HOUR
        return invite(since=since, until=since + HOUR, at=NOW + 2 * HOUR, company=settings_of_the_company)

    for _round in range(2):
        Invitation.objects.all().delete()
        assert sorted(together(lambda: plan(0), lambda: plan(1))) == [0, 40]
        assert sorted(together(lambda: plan(0), lambda: plan(1))) == [0, 0]


def test_a_planner_waits_for_one_that_has_not_committed(settings_of_the_company: Company) -> None:
    contact = factories.contact()
    factories.interaction(contact.customer, kind=Kind.MEETING, created_at=NOW)
    factories.interaction(contact.customer, kind=Kind.VISIT, created_at=NOW + HOUR, happened_at=NOW + HOUR)
    planned = Event()

    def plan(start: int) -> int:
        since = NOW + start * HOUR
        return invite(since=since, until=since + HOUR, at=NOW + 2 * HOUR, company=settings_of_the_company)

    def slow() -> int:
        with transaction.atomic():
            asked = plan(0)
            planned.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
        return asked

    def quick() -> int:
        assert planned.wait(timeout=10)
        return plan(1)

    assert together(slow, quick) == [1, 0]
