"""An import from the file to the report and back: who is created, found, filled, refused."""

import pytest

from accounts.models import User
from customers.models import Contact, Customer
from customers.tests.importing import imported, undone

pytestmark = pytest.mark.django_db

PEOPLE = """Company;Name;E-Mail;Telefon;Geburtstag;Segment
Lindqvist AB;Anna Berg;anna@lindqvist.example;070-123 45 67;17.05.1980;Regular
Lindqvist AB;Bo Ek;bo@lindqvist.example;;17.05.;
;Cleo Dahl;cleo@example.com;;--02-29;
Nordlicht GmbH;;;;;
"""


def test_a_table_becomes_customers_with_their_people(manager: User) -> None:
    intake = imported(manager, PEOPLE)

    assert intake.counts == {"created": 4, "customers": 3, "contacts": 3}, intake.counts
    assert set(Customer.objects.values_list("name", flat=True)) == {"Lindqvist AB", "Cleo Dahl", "Nordlicht GmbH"}
    anna = Contact.objects.get(name="Anna Berg")
    assert (anna.email, anna.phone) == ("anna@lindqvist.example", "+46 70 123 45 67")


def test_undo(manager: User) -> None:
    intake = undone(imported(manager, PEOPLE))
    assert intake.counts["kept"] == 0
    assert not Customer.objects.exists()
