"""Who is in a file and there already, or in it twice: found, filled up, or overwritten, and nobody created anew."""

import pytest

from accounts.models import User
from customers.models import (
    Contact,
    Customer,
    OwnerChange,
)
from customers.tests.importing import PEOPLE, everything, imported, undone
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("mode", ["fill", "overwrite", "skip"])
def test_the_same_file_twice_creates_nothing(manager: User, mode: str) -> None:
    imported(manager, PEOPLE)
    before = everything()

    again = imported(manager, PEOPLE, mode=mode)

    assert again.counts == {"skipped" if mode == "skip" else "unchanged": 4, "customers": 0, "contacts": 0}
    assert everything() == before


def found(manager: User, line: str) -> Contact:
    """Anna, as she is after a file with one line about her was brought."""
    header = "Company,Name,Contact ID,Email,Phone,Job title\n"
    imported(manager, header + line)
    return Contact.objects.get(name="Anna Berg")


@pytest.mark.parametrize(
    "line",
    [
        "Lindqvist,Anna B.,,ANNA@lindqvist.example,,Buyer",
        "Lindqvist,Anna B.,,anna@home.example,,Buyer",
        "Lindqvist AB,anna berg,,,+46 70 123 45 67,Buyer",
        "Lindqvist AB,Anna Berg,,new@lindqvist.example,070-123 45 67,Buyer",
        "Lindqvist AB,ÄNNA BERG,,,,Buyer".replace("Ä", "A"),
        "Elsewhere,Anna B.,4711,,,Buyer",
    ],
    ids=["address", "second address", "telephone and name", "new address", "name at the customer", "number"],
)
def test_who_is_there_already_is_found(manager: User, line: str) -> None:
    customer = factories.customer(manager, name="Lindqvist AB")
    anna = factories.contact(
        customer, name="Anna Berg", email="" if ",," in line[-30:] and "@" not in line else "anna@lindqvist.example"
    )
    Contact.objects.filter(pk=anna.pk).update(phone="0701234567")
    factories.detail(anna, kind="email", value="Anna@home.example")
    factories.detail(anna, kind="key", label="plain", value="4711")

    assert found(manager, line).job_title == "Buyer"

    assert Contact.objects.count() == 1
    assert Customer.objects.count() == 1


def test_fill_keeps_what_stands_there_and_loses_nothing_of_the_file(manager: User) -> None:
    customer = factories.customer(manager, name="Lindqvist AB", care_note="Slowly")
    anna = factories.contact(customer, name="Anna", email="anna@x.example", phone="08-111111", job_title="Boss")
    imported(
        manager,
        "Company,Name,Email,E-mail 2,Phone,Job title,Care note,Birthday\n"
        "Lindqvist AB,Anna,anna@x.example,two@x.example,08-222222,Buyer,Fast,1980-05-17\n",
    )

    anna.refresh_from_db()
    customer.refresh_from_db()
    assert (anna.job_title, anna.phone, customer.care_note, anna.birthday_year) == ("Boss", "08-111111", "Slowly", 1980)
    assert sorted(anna.details.values_list("kind", "value")) == [
        ("email", "two@x.example"),
        ("phone", "+46 8 22 22 22"),
    ]


def test_overwrite_takes_what_the_file_says_and_keeps_the_former_number(manager: User, owner: User) -> None:
    gold = factories.segment(name="Gold")
    customer = factories.customer(manager, name="Lindqvist AB", segment=factories.segment(name="Regular"))
    anna = factories.contact(customer, name="Anna", email="anna@x.example", phone="08-111111", job_title="Boss")
    imported(
        manager,
        "Company,Name,Email,Phone,Job title,Segment,Owner\n"
        f"Lindqvist AB,Anna,anna@x.example,08-222222,,gold,{owner.email}\n",
        mode="overwrite",
    )

    anna.refresh_from_db()
    customer.refresh_from_db()
    assert (anna.job_title, anna.phone) == ("Boss", "+46 8 22 22 22")
    assert (customer.segment, customer.owner) == (gold, owner)
    assert anna.details.get().value == "08-111111"
    assert OwnerChange.objects.get().former == manager


def test_two_people_at_one_address_stay_two_people(manager: User) -> None:
    file = "Company,Name,Email\nX,Anna,info@x.example\nX,Bo,info@x.example\n"
    imported(manager, file)
    assert imported(manager, file).counts == {"unchanged": 2, "customers": 0, "contacts": 0}

    assert sorted(Contact.objects.values_list("name", flat=True)) == ["Anna", "Bo"]
    assert Customer.objects.count() == 1


def test_who_stands_in_a_file_twice_is_one_person_with_everything_both_lines_say(manager: User) -> None:
    intake = imported(
        manager,
        "Name,Email,E-mail 2,Phone,Job title\nAnna,a@x.example,,,\nBo,,,,\n"
        "Anna,A@x.example,b@x.example,08-1234567,Boss\nBo,,,,Buyer\n",
    )

    assert intake.counts == {"created": 2, "updated": 2, "customers": 2, "contacts": 2}
    anna = Contact.objects.get(name="Anna")
    assert (anna.job_title, anna.phone, anna.details.get().value) == ("Boss", "+46 8 123 45 67", "b@x.example")
    assert intake.rows.get(line=4).reason == "The same person as in line 2."
    assert undone(intake).counts["kept"] == 0
    assert not Customer.objects.exists()
