"""Who gets the digest of somebody who is away, and finds their customers on Today."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Absence, Company, User
from accounts.standing_in import stand_ins
from customers.models import Customer
from outreach.models import Message, MessageKind
from outreach.planning import plan
from outreach.tests.reading import a_message, build, read, text_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(owner: User, company: Company, settings: Any) -> Customer:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"
    return factories.customer(owner, name="Haddad & Söhne", next_due_on=TODAY - timedelta(days=3))


def told() -> set[str]:
    plan(at=NOW)
    rows = Message.objects.filter(kind=MessageKind.OVERDUE_DIGEST).select_related("recipient")
    return {str(message.recipient) for message in rows}


def digest(reader: User) -> str:
    return text_of(read(build(a_message(None, MessageKind.OVERDUE_DIGEST, recipient=reader), NOW)))


def test_the_deputy_gets_the_digest_and_the_person_away_does_not(
    quiet: Customer, owner: User, teammate: User, manager: User
) -> None:
    factories.follow_up(quiet, title="Send the price list", is_promise=True)
    factories.absence(owner, deputy=teammate)
    assert told() == {"Tom Falk"}
    text = digest(teammate)
    assert "For Mia Berg, who is away until 27 November (2)" in text
    assert "Haddad & Söhne: Send the price list" in text
    assert "Haddad & Söhne\n  No conversation yet" in text


def test_without_a_deputy_the_managers_of_the_team_are_told(
    quiet: Customer, owner: User, teammate: User, manager: User, administrator: User
) -> None:
    elsewhere = factories.user("manager", team=factories.team())
    factories.absence(owner)
    assert told() == {"Max Lind", "Ada Holm"}
    assert stand_ins(at=NOW).away_for(elsewhere.pk) == []


def test_a_deputy_who_is_away_or_gone_is_no_deputy(quiet: Customer, owner: User, teammate: User, manager: User) -> None:
    factories.absence(owner, deputy=teammate)
    factories.absence(teammate, deputy=owner)
    assert stand_ins(at=NOW).readers == {owner.pk: [manager.pk], teammate.pk: [manager.pk]}
    Absence.objects.filter(user=teammate).delete()
    User.objects.filter(pk=teammate.pk).update(is_active=False)
    assert stand_ins(at=NOW).told_for(owner.pk) == [manager.pk]


def test_if_nobody_is_there_the_person_is_told_after_all(quiet: Customer, owner: User) -> None:
    factories.absence(owner)
    assert stand_ins(at=NOW).told_for(owner.pk) == [owner.pk]
    assert told() == {"Mia Berg"}


def test_away_is_meant_by_their_own_calendar(owner: User, teammate: User) -> None:
    owner.time_zone = "Pacific/Auckland"
    owner.save()
    factories.absence(owner, deputy=teammate)
    began = datetime(2026, 11, 25, 11, tzinfo=UTC)
    assert stand_ins(at=began - timedelta(seconds=1)).readers == {}
    assert stand_ins(at=began).readers == {owner.pk: [teammate.pk]}
    assert stand_ins(at=began + timedelta(days=2)).readers == {}


def test_what_is_the_deputys_own_comes_first_and_nothing_is_told_of_nothing(
    quiet: Customer, owner: User, teammate: User
) -> None:
    factories.absence(owner, deputy=teammate)
    factories.customer(teammate, name="Kovács Kft", next_due_on=TODAY - timedelta(days=1))
    text = digest(teammate)
    assert text.index("Kovács Kft") < text.index("For Mia Berg")
    Customer.objects.filter(owner=owner).update(next_due_on=TODAY)
    assert "Mia Berg" not in digest(teammate)


def test_a_deputy_who_may_no_longer_see_the_customers_is_not_told_of_them(
    quiet: Customer, owner: User, teammate: User, outsider: User
) -> None:
    factories.absence(owner, deputy=teammate)
    User.objects.filter(pk=teammate.pk).update(team=outsider.team)
    assert told() == set()


@time_machine.travel(NOW, tick=False)
def test_today_of_the_deputy_shows_them_too(
    quiet: Customer, owner: User, teammate: User, login: Callable[[User], Client]
) -> None:
    assert "Haddad" not in login(teammate).get(reverse("today")).text
    factories.absence(owner, deputy=teammate)
    page = login(teammate).get(reverse("today")).text
    assert "Haddad &amp; Söhne" in page
    assert "<bdi>Mia Berg</bdi>, who is away until 27 November" in page
