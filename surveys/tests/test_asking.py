"""Asking many customers at once: who is asked, who is not and why, and that nobody is asked twice."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from interactions.models import Kind
from surveys.asking import Standing, ask, standings
from surveys.models import Invitation, Survey
from surveys.planning import invite
from surveys.tests.threads import together
from tests import factories
from tests.factories import NOW

LATER = NOW + timedelta(minutes=30)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def survey(company: Company) -> Survey:
    return factories.survey(name="How are we doing?")


def counted() -> dict[str, int]:
    found = standings(Customer.objects.all(), send_at=LATER, company=Company.current())
    return {standing.value: number for standing, number in found.items()}


def asked(at: Any = NOW) -> dict[int, int]:
    everybody = list(Customer.objects.values_list("pk", flat=True))
    later = at + timedelta(minutes=30)
    return ask(everybody, Survey.objects.get(), send_at=later, at=at, company=Company.current())


def test_the_main_contact_is_invited_with_a_link_that_works_as_long_as_the_company_says(customer: Customer) -> None:
    Company.objects.update(survey_valid_days=12)
    amira = factories.contact(customer, name="Amira", is_primary=True)
    factories.contact(customer, name="Ben", is_primary=False)

    made = asked()

    invitation = Invitation.objects.get()
    assert made == {customer.pk: invitation.pk}
    assert (invitation.contact, invitation.customer, invitation.trigger) == (amira, customer, None)
    assert (invitation.created_at, invitation.send_at) == (NOW, LATER)
    assert invitation.expires_at == LATER + 12 * DAY
    assert len(invitation.nonce) == 32


@pytest.mark.parametrize(
    ("standing", "customer", "contact"),
    [
        ("asked", {}, {}),
        ("lost", {"lost_on": NOW.date()}, {}),
        ("left_alone", {"do_not_contact": True}, {}),
        ("left_alone", {}, {"do_not_contact": True}),
        ("no_contact", {}, {"is_primary": False}),
        ("no_contact", {}, {"deceased": True}),
        ("no_consent", {}, {"allows_surveys": False}),
        ("no_address", {}, {"email": ""}),
    ],
)
def test_who_is_asked_and_who_is_not_is_counted_before_as_it_is_done_then(
    standing: str, customer: dict[str, Any], contact: dict[str, Any]
) -> None:
    factories.contact(factories.customer(**customer), **contact)

    assert counted() == {standing: 1}
    assert len(asked()) == (standing == "asked")


@pytest.mark.parametrize(("days", "standing"), [(89, "asked_lately"), (90, "asked"), (91, "asked")])
def test_nobody_is_asked_again_before_the_cool_down_is_over(days: int, standing: str) -> None:
    factories.invitation(send_at=LATER - days * DAY)

    assert counted() == {standing: 1}
    assert len(asked()) == (standing == "asked")


def test_who_is_going_to_be_asked_soon_is_not_asked_now(customer: Customer) -> None:
    factories.invitation(factories.contact(customer), send_at=LATER + 3 * DAY)

    assert counted() == {"asked_lately": 1}
    assert asked() == {}


def test_the_same_address_is_asked_once(customer: Customer) -> None:
    factories.contact(customer, email="amira@haddad.example")
    factories.contact(factories.customer(), email="Amira@Haddad.example")

    assert counted() == {"asked": 1, "same_address": 1}
    assert list(asked()) == [customer.pk]
    assert counted() == {"asked_lately": 2}


def test_asking_again_asks_nobody_twice(customer: Customer) -> None:
    factories.contact(customer)

    assert len(asked()) == 1
    assert asked() == asked(NOW + 80 * DAY) == {}
    assert Invitation.objects.count() == 1


def test_a_meeting_after_it_asks_nobody_and_before_it_neither(customer: Customer, company: Company) -> None:
    contact = factories.contact(customer)
    asked()
    factories.interaction(customer, contact=contact, kind=Kind.MEETING, created_at=NOW, happened_at=NOW)

    window = {"since": NOW - DAY, "until": NOW + DAY, "at": NOW + DAY}
    assert invite(**window, company=company) == 0


def test_every_standing_has_words_and_is_counted_once() -> None:
    for number in range(3):
        factories.contact(factories.customer(lost_on=NOW.date() if number else None), email="")

    assert counted() == {"lost": 2, "no_address": 1}
    assert all(standing.label for standing in Standing)


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_ask_each_once() -> None:
    for _number in range(20):
        factories.contact()
    company = Company.objects.get_or_create(pk=1)[0]
    chosen, survey = list(Customer.objects.values_list("pk", flat=True)), Survey.objects.get()

    def work() -> int:
        return len(ask(chosen, survey, send_at=LATER, at=NOW, company=company))

    assert sorted(together(work, work)) == [0, 20]
    assert Contact.objects.filter(invitations__isnull=False).count() == Invitation.objects.count() == 20
