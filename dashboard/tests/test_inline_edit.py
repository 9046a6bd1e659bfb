"""Changing one field where it stands."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import ConsentChange, Contact, Customer, CustomField, OwnerChange, Segment
from tests import factories
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def address(row: Customer | Contact, name: str) -> str:
    kind = "contact" if isinstance(row, Contact) else "customer"
    return reverse(f"{kind}_field", args=[row.pk, name])


def change(browser: Client, row: Customer | Contact, name: str, value: str, field: str = "", **sent: str) -> Any:
    return browser.post(address(row, name), {field or name: value, **sent}, headers=HTMX)


def test_the_form_has_the_one_field_and_what_is_stored(owner: User, customer: Customer, login: Login) -> None:
    shown = login(owner).get(address(customer, "name"), headers=HTMX).content.decode()
    assert 'value="Lindqvist AB"' in shown and shown.count("<label") == 1
    assert "<html" not in shown


def test_a_customer_and_a_contact_can_be_changed_beside_each_other(
    owner: User, customer: Customer, login: Login
) -> None:
    """They may have the same number, and must not have the same id on the page."""
    contact = factories.contact(customer, pk=customer.pk)
    browser, ids = login(owner), []
    for row in (customer, contact):
        shown = browser.get(address(row, "name"), headers=HTMX).content.decode()
        ids += re.findall(r'<input type="text"[^>]* id="([^"]+)"', shown)
    assert len(set(ids)) == 2


def test_without_script_it_is_a_page_of_its_own(owner: User, customer: Customer, login: Login) -> None:
    browser = login(owner)
    assert "<html" in browser.get(address(customer, "name")).content.decode()
    response = browser.post(address(customer, "name"), {"name": "Lindqvist & Sons"})
    assert response["Location"] == reverse("customer", args=[customer.pk])
    customer.refresh_from_db()
    assert (customer.name, customer.sort_key) == ("Lindqvist & Sons", "lindqvist & sons")


def test_saving_keeps_the_page_and_says_so(owner: User, customer: Customer, login: Login) -> None:
    response = change(login(owner), customer, "stage", "engaged")
    assert response["HX-Reswap"] == "none" and '"saved"' in response["HX-Trigger"]
    assert "Saved: Stage." in response.content.decode()
    customer.refresh_from_db()
    assert customer.stage == "engaged"


def test_only_that_field_is_written(owner: User, customer: Customer, login: Login) -> None:
    login(owner).post(address(customer, "stage"), {"stage": "engaged", "name": "Somebody else", "do_not_contact": "on"})
    customer.refresh_from_db()
    assert (customer.name, customer.do_not_contact) == ("Lindqvist AB", False)


def test_a_new_owner_counts_as_not_told(owner: User, teammate: User, customer: Customer, login: Login) -> None:
    change(login(owner), customer, "owner", str(teammate.pk))
    assert OwnerChange.objects.untold().get(customer=customer).owner == teammate


def test_the_next_due_day_follows_the_segment(owner: User, customer: Customer, login: Login) -> None:
    segment = Segment.objects.create(name="Rare", cadence_days=365)
    change(login(owner), customer, "segment", str(segment.pk))
    customer.refresh_from_db()
    assert customer.next_due_on is not None and (customer.next_due_on - customer.customer_since).days == 365


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", "", "This field is required."),
        ("name", "x" * 201, "at most 200"),
        ("stage", "divorced", "not one of the available choices"),
        ("owner", "0", "not one of the available choices"),
        ("customer_since", "yesterday", "Enter a valid date."),
        ("customer_since", "1066-10-14", "between 1900 and a year from now"),
        ("cadence_days", "-1", "greater than or equal to"),
        ("cadence_days", "1e9", "Enter a whole number."),
        ("time_zone", "Mars/Olympus", "Choose a time zone"),
        ("name", "a\x00b", "Null characters"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_kept(
    name: str, value: str, words: str, owner: User, customer: Customer, login: Login
) -> None:
    response = change(login(owner), customer, name, value)
    assert response.status_code == 422
    assert words in response.content.decode()
    customer.refresh_from_db()
    assert (customer.name, customer.stage) == ("Lindqvist AB", "acquaintance")


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen(
    owner: User, customer: Customer, login: Login
) -> None:
    browser = login(owner)
    Customer.objects.update(stage="dating")
    response = change(browser, customer, "stage", "engaged", seen="acquaintance")
    shown = response.content.decode()
    assert response.status_code == 422 and "changed this meanwhile to “Dating”" in shown
    assert 'name="seen" value="dating"' in shown and '<option value="engaged" selected>' in shown
    customer.refresh_from_db()
    assert customer.stage == "dating"

    assert change(browser, customer, "stage", "engaged", seen="dating").status_code == 200
    customer.refresh_from_db()
    assert customer.stage == "engaged"


def test_who_wrote_the_same_is_not_stopped(owner: User, customer: Customer, login: Login) -> None:
    Customer.objects.update(stage="engaged")
    assert change(login(owner), customer, "stage", "engaged", seen="acquaintance").status_code == 200


def test_a_contact_is_changed_and_its_consent_left(owner: User, customer: Customer, login: Login) -> None:
    contact = factories.contact(customer, name="Jonas", phone="+46 8 1", allows_surveys=True)
    change(login(owner), contact, "phone", "+46 8 555 12 34")
    contact.refresh_from_db()
    assert (contact.phone, contact.allows_surveys) == ("+46 8 555 12 34", True)
    assert not ConsentChange.objects.exists()
    assert change(login(owner), contact, "email", "jonas@").status_code == 422


def test_an_own_field_is_changed_and_the_others_stay(owner: User, customer: Customer, login: Login) -> None:
    colour, since = CustomField.objects.create(name="Colour"), CustomField.objects.create(name="Since", kind="date")
    Customer.objects.filter(pk=customer.pk).set_custom({colour.key: "green", since.key: TODAY.isoformat()})
    name = f"own_{colour.pk}"
    assert change(login(owner), customer, name, "teal", f"labels-{name}").status_code == 200
    customer.refresh_from_db()
    assert customer.custom == {colour.key: "teal", since.key: TODAY.isoformat()}
    late = change(login(owner), customer, name, "red", f"labels-{name}", seen="green")
    assert late.status_code == 422 and "“teal”" in late.content.decode()
    wrong = change(login(owner), customer, f"own_{since.pk}", "soon", f"labels-own_{since.pk}")
    assert wrong.status_code == 422
    change(login(owner), customer, name, "", f"labels-{name}")
    customer.refresh_from_db()
    assert customer.custom == {since.key: TODAY.isoformat()}


def test_who_may_only_read_sees_no_pencils(owner: User, outsider: User, customer: Customer, login: Login) -> None:
    assert "data-cell-edit" in login(owner).get(reverse("customer", args=[customer.pk])).content.decode()
    company = owner.company
    company.visibility = "company"
    company.save()
    browser = login(outsider)
    assert "data-cell-edit" not in browser.get(reverse("customer", args=[customer.pk])).content.decode()
    assert browser.get(address(customer, "stage")).status_code == 403
