"""Days of a contact that are kept every year: entering, changing and taking them out."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Contact, Customer, DatedEvent
from tests import factories

pytestmark = pytest.mark.django_db
type Login = Callable[[User], Client]


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def given(**fields: str) -> dict[str, str]:
    return {"name": "the opening of your shop", "day": "29", "month": "2", "year": "", **fields}


def test_a_day_is_entered_on_the_contacts_page_and_shown_with_the_customer(
    contact: Contact, owner: User, login: Login
) -> None:
    browser = login(owner)
    assert reverse("event_new", args=[contact.pk]) in browser.get(reverse("contact_edit", args=[contact.pk])).text
    reply = browser.post(reverse("event_new", args=[contact.pk]), given(year="2020"))
    assert reply["Location"] == reverse("contact_edit", args=[contact.pk])
    event = contact.events.get()
    assert (event.name, event.day, event.month, event.year) == ("the opening of your shop", 29, 2, 2020)
    assert "the opening of your shop" in browser.get(reply["Location"]).text
    assert "29 February" in browser.get(reverse("customer", args=[contact.customer_id])).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "a\x00b"),
        ("day", "31"),
        ("day", "0"),
        ("day", "x"),
        ("month", "13"),
        ("month", ""),
        ("year", "2023"),
        ("year", "12"),
        ("year", "99999999999999999999"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field_and_nothing_typed_is_lost(
    contact: Contact, owner: User, login: Login, field: str, value: str
) -> None:
    reply = login(owner).post(reverse("event_new", args=[contact.pk]), given(**{field: value}))
    assert reply.status_code == 200
    assert "invalid-feedback" in reply.text
    assert not DatedEvent.objects.exists()


def test_a_name_with_marks_and_emoji_is_shown_as_it_is(contact: Contact, owner: User, login: Login) -> None:
    browser = login(owner)
    browser.post(reverse("event_new", args=[contact.pk]), given(name="<b>عيد</b> 🎉 {sender}"))
    page = browser.get(reverse("contact_edit", args=[contact.pk])).text
    assert "&lt;b&gt;عيد&lt;/b&gt; 🎉 {sender}" in page


def test_a_day_is_changed_and_taken_out_after_a_question(contact: Contact, owner: User, login: Login) -> None:
    event = factories.dated_event(contact)
    browser = login(owner)
    browser.post(reverse("event_edit", args=[event.pk]), given(day="3", month="4"))
    event.refresh_from_db()
    assert (event.day, event.month) == (3, 4)
    assert browser.get(reverse("event_delete", args=[event.pk])).status_code == 200
    assert DatedEvent.objects.exists()
    browser.post(reverse("event_delete", args=[event.pk]))
    assert not DatedEvent.objects.exists()


@pytest.mark.parametrize("page", ["event_edit", "event_delete"])
def test_only_those_who_look_after_the_customer_may_change_it(
    contact: Contact, outsider: User, teammate: User, login: Login, page: str
) -> None:
    address = reverse(page, args=[factories.dated_event(contact).pk])
    assert login(teammate).get(address).status_code == 200
    assert login(outsider).get(address).status_code == 404
    Company.objects.update(visibility=Visibility.COMPANY)
    assert login(User.objects.get(pk=outsider.pk)).get(address).status_code == 403
