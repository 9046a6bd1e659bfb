"""More ways to reach a contact: entering, changing and taking them out."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import Contact, ContactDetail, Customer, Trashed
from tests import factories

pytestmark = pytest.mark.django_db
type Login = Callable[[User], Client]


@pytest.fixture
def contact(customer: Customer, company: object) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def given(**fields: str) -> dict[str, str]:
    return {"kind": "phone", "label": "Office", "value": "+46 8 555 01 02", **fields}


def test_a_number_is_entered_shown_with_the_customer_and_found_by_the_search(
    contact: Contact, owner: User, login: Login
) -> None:
    browser = login(owner)
    assert reverse("detail_new", args=[contact.pk]) in browser.get(reverse("contact_edit", args=[contact.pk])).text

    reply = browser.post(reverse("detail_new", args=[contact.pk]), given())

    assert reply["Location"] == reverse("contact_edit", args=[contact.pk])
    assert "+46 8 555 01 02" in browser.get(reply["Location"]).text
    assert 'href="tel:+46 8 555 01 02"' in browser.get(reverse("customer", args=[contact.customer_id])).text
    assert str(contact.customer) in browser.get(reverse("customers"), {"q": "5550102"}).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "pigeon"},
        {"kind": "key"},
        {"label": "x" * 101},
        {"value": ""},
        {"value": "x" * 5001},
        {"value": "1\x002"},
        {"value": "no digits"},
        {"kind": "email", "value": "nobody"},
        {"kind": "email", "value": "a@b.example\nc@d.example"},
        {"kind": "website", "value": "not a website"},
        {"kind": "website", "value": "javascript://x.example/%0aalert(1)"},
    ],
)
def test_what_can_not_be_is_refused_at_its_field_and_nothing_typed_is_lost(
    contact: Contact, owner: User, login: Login, wrong: dict[str, str]
) -> None:
    reply = login(owner).post(reverse("detail_new", args=[contact.pk]), given(**wrong))

    assert reply.status_code == 200
    assert "invalid-feedback" in reply.text
    assert "label" in wrong or "Office" in reply.text
    assert not ContactDetail.objects.exists()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "amira@second.example"),
        ("website", "www.haddad.example/about"),
        ("website", "https://haddad.example"),
        ("address", "Storgatan 1\n111 22 Stockholm"),
        ("note", "<b>عيد</b> 🎉 {sender}"),
    ],
)
def test_what_can_be_is_kept_as_it_was_typed(
    contact: Contact, owner: User, login: Login, kind: str, value: str
) -> None:
    login(owner).post(reverse("detail_new", args=[contact.pk]), given(kind=kind, value=value))

    assert contact.details.get().value == value


def test_it_is_changed_and_taken_out_and_comes_back(contact: Contact, owner: User, login: Login) -> None:
    detail, browser = factories.detail(contact), login(owner)
    browser.post(reverse("detail_edit", args=[detail.pk]), given(label="Mobile"))
    detail.refresh_from_db()
    assert (detail.label, detail.value) == ("Mobile", "+46 8 555 01 02")

    shown = browser.post(reverse("detail_delete", args=[detail.pk]), follow=True).text
    assert not ContactDetail.objects.exists()
    back = reverse("trash_restore", args=[Trashed.objects.get().pk])
    assert back in shown

    browser.post(back)
    assert ContactDetail.objects.get() == detail


def test_the_number_an_import_knows_the_contact_by_stays_one(contact: Contact, owner: User, login: Login) -> None:
    detail = factories.detail(contact, kind="key", label="Pipedrive", value="77")

    login(owner).post(reverse("detail_edit", args=[detail.pk]), given(kind="key", label="Pipedrive", value="78"))

    detail.refresh_from_db()
    assert (detail.kind, detail.value) == ("key", "78")
