"""Taking an import back, and forgetting it: what it brought goes, and what others did since stays."""

from datetime import timedelta

import pytest

from accounts.models import User
from customers.importing import carrying_on
from customers.models import (
    KEPT_FOR,
    Contact,
    Customer,
    Import,
    ImportRow,
)
from customers.tests.importing import PEOPLE, everything, imported, refreshed, undone, uploaded
from outreach.erasing import erase
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_undo_brings_back_what_was(manager: User) -> None:
    customer = factories.customer(manager, name="Lindqvist AB")
    factories.contact(customer, name="Anna", email="anna@x.example")
    before = everything()
    intake = imported(
        manager,
        "Company,Name,Email,E-mail 2,Phone,Segment,Customer since,Anniversary,Consent,Care note\n"
        "Lindqvist AB,Anna,anna@x.example,b@x.example,08-222222,Regular,2001-01-01,2010-06-01,no,Tea\n"
        "Lindqvist AB,Bo,bo@x.example,,,,,,yes,\n"
        "New AB,Cleo,c@x.example,,,,,,,\n",
        mode="overwrite",
    )
    assert everything() != before

    assert undone(intake).counts["kept"] == 0

    assert everything() == before


def test_undo_leaves_what_was_used_or_changed_since_and_says_why(manager: User) -> None:
    factories.contact(factories.customer(manager, name="Old AB"), name="Olga", email="o@x.example")
    intake = imported(
        manager,
        "Company,Name,Email,Job title,Phone\nOld AB,Olga,o@x.example,Boss,08-123456\n"
        "Used AB,Anna,a@x.example,,\nChanged AB,Bo,b@x.example,,\n"
        "Gone AB,Cleo,c@x.example,,\nFree AB,Dan,d@x.example,,\n",
    )
    factories.interaction(Customer.objects.get(name="Used AB"), contact=Contact.objects.get(name="Anna"))
    Contact.objects.filter(name="Bo").update(job_title="Buyer")
    Contact.objects.filter(name="Olga").update(job_title="Head")
    Customer.objects.get(name="Gone AB").delete()

    assert undone(intake).counts["kept"] == 4

    assert set(Customer.objects.values_list("name", flat=True)) == {"Old AB", "Used AB", "Changed AB"}
    olga = Contact.objects.get(name="Olga")
    assert (olga.job_title, olga.phone) == ("Head", "")
    kept = dict(intake.rows.exclude(kept_because="").values_list("line", "kept_because"))
    assert kept[2] == "“job title” was changed since."
    assert "in use" in kept[3]
    assert kept[4].startswith("The contact was changed since.")
    assert "deleted" in kept[5]


def test_who_is_erased_is_erased_from_imports(manager: User) -> None:
    intake = imported(manager, "Name,Email\nAnna,a@x.example\n")
    erase(Contact.objects.get(), by=manager, at=NOW)

    row = intake.rows.get()
    assert (row.cells, row.record, row.emails, row.changes) == ([], None, [], None)


def test_lines_are_forgotten_after_a_month(manager: User) -> None:
    done, unbegun = imported(manager, PEOPLE), uploaded(manager, PEOPLE)
    carrying_on.forget_old(NOW + KEPT_FOR - timedelta(minutes=1))
    assert ImportRow.objects.count() == 8
    carrying_on.forget_old(NOW + KEPT_FOR + timedelta(minutes=1))

    assert not ImportRow.objects.exists()
    assert list(Import.objects.all()) == [done]
    assert not Import.objects.filter(pk=unbegun.pk).exists()
    assert refreshed(done).counts["contacts"] == 3
