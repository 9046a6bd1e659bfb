"""An import from the file to the report: what becomes of its lines, and whose they may be."""

from datetime import date, timedelta

import pytest

from accounts.models import Company, User, Visibility
from customers.importing.running import begin
from customers.models import (
    ConsentChange,
    Contact,
    Customer,
    ImportState,
)
from customers.tests.importing import (
    PEOPLE,
    checked,
    imported,
    refreshed,
    work,
)
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_a_table_becomes_customers_with_their_people(manager: User) -> None:
    intake = imported(manager, PEOPLE)

    assert intake.counts == {"created": 4, "customers": 3, "contacts": 3}
    assert set(Customer.objects.values_list("name", "contacts__name")) == {
        ("Lindqvist AB", "Anna Berg"),
        ("Lindqvist AB", "Bo Ek"),
        ("Cleo Dahl", "Cleo Dahl"),
        ("Nordlicht GmbH", None),
    }
    anna, bo, cleo = (Contact.objects.get(name=name) for name in ("Anna Berg", "Bo Ek", "Cleo Dahl"))
    assert (anna.email, anna.phone) == ("anna@lindqvist.example", "+46 70 123 45 67")
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, 1980)
    assert (bo.birthday_day, bo.birthday_month, bo.birthday_year) == (17, 5, None)
    assert (cleo.birthday_day, cleo.birthday_month) == (29, 2)
    assert (anna.is_primary, bo.is_primary, cleo.is_primary) == (True, False, True)
    lindqvist = anna.customer
    assert (lindqvist.owner, lindqvist.segment.name) == (manager, "Regular")
    assert lindqvist.next_due_on == lindqvist.customer_since + timedelta(days=lindqvist.cadence)
    assert lindqvist.risk_stale_since is not None
    assert not intake.chunks.exists()


def test_consent_is_never_assumed_and_recorded_with_its_source(manager: User) -> None:
    imported(manager, "Name,Email,Consent,Surveys\nAnna,a@x.example,,\nBo,b@x.example,yes,no\nCleo,c@x.example,no,\n")

    def allowed(name: str) -> tuple[bool, bool, bool]:
        contact = Contact.objects.get(name=name)
        return contact.allows_greetings, contact.allows_thanks, contact.allows_surveys

    assert [allowed(name) for name in ("Anna", "Bo", "Cleo")] == [
        (False, False, False),
        (True, True, False),
        (False, False, False),
    ]
    changes = ConsentChange.objects.order_by("contact__name", "kind")
    assert list(changes.values_list("contact__name", "kind", "granted", "source", "changed_by")) == [
        ("Bo", "greetings", True, "import", manager.pk),
        ("Bo", "surveys", False, "import", manager.pk),
        ("Bo", "thanks", True, "import", manager.pk),
        *[("Cleo", kind, False, "import", manager.pk) for kind in ("greetings", "surveys", "thanks")],
    ]


def test_a_withdrawn_consent_is_not_given_again_by_a_file(manager: User) -> None:
    anna = factories.contact(name="Anna", email="a@x.example", allows_surveys=False, allows_thanks=False)
    ConsentChange.objects.create(contact=anna, kind="surveys", granted=False, source="link", changed_at=NOW)

    imported(manager, "Name,Email,Consent\nAnna,a@x.example,yes\n", mode="overwrite")
    anna.refresh_from_db()
    assert (anna.allows_surveys, anna.allows_thanks) == (False, True)

    imported(manager, "Name,Email,Opt out\nAnna,a@x.example,yes\n")
    anna.refresh_from_db()
    assert not any(anna.allows(kind) for kind in ("greetings", "thanks", "surveys"))


def test_lines_are_refused_with_a_reason_each(manager: User) -> None:
    intake = checked(
        manager,
        "Name,Email,Birthday,Customer since,Segment,Stage,Owner,Cadence,Consent\n"
        "A,nobody,,,,,,,\n"
        "B,,31.02.1980,,,,,,\n"
        "C,,,01.01.2090,,,,,\n"
        "D,,,,Platinum,,,,\n"
        "E,,,,,Widowed,,,\n"
        "F,,,,,,nobody@x.example,,\n"
        "G,,,,,,,0,\n"
        "H,,,,,,,,perhaps\n"
        ",,1.1.1980,,,,,,\n"
        "I,,17.05.2090,,,,,,\n"
        f"{'x' * 201},,,,,,,,\n",
    )

    assert intake.counts == {"refused": 11}
    reasons = list(intake.rows.values_list("reason", flat=True))
    expected = [
        "e-mail",
        "no day",
        "Customer since",
        "segment",
        "stage",
        "colleague",
        "cadence",
        "neither",
        "neither a",
    ]
    for reason, words in zip(reasons, [*expected, "2090", "201 characters"], strict=True):
        assert words in reason
    assert begin(intake)
    work()
    assert refreshed(intake).state == ImportState.DONE
    assert not Customer.objects.exists()


def test_staff_bring_customers_of_their_own_and_find_no_others(company: Company, owner: User, outsider: User) -> None:
    theirs = factories.contact(factories.customer(outsider, name="Other AB"), email="a@x.example")
    intake = imported(owner, f"Company,Name,Email,Owner\nOther AB,Anna,a@x.example,\nY,Bo,,{outsider.email}\n")

    assert intake.counts == {"created": 1, "refused": 1, "customers": 1, "contacts": 1}
    assert Contact.objects.exclude(pk=theirs.pk).get().customer.owner == owner
    assert "customers of your own" in intake.rows.get(line=3).reason


def test_staff_who_may_only_read_a_customer_do_not_change_it(company: Company, owner: User, outsider: User) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    theirs = factories.contact(factories.customer(outsider, name="Other AB"), name="Anna", email="a@x.example")

    intake = imported(owner, "Company,Name,Email,Phone\nOther AB,Anna,a@x.example,08-123\n")

    assert intake.counts == {"skipped": 1, "customers": 0, "contacts": 0}
    theirs.refresh_from_db()
    assert theirs.phone == ""


def test_days_are_read_in_the_order_somebody_said(manager: User) -> None:
    imported(manager, "Name,Birthday\nAnna,03/04/1980\n", order="month")
    anna = Contact.objects.get()
    assert date(anna.birthday_year or 0, anna.birthday_month or 0, anna.birthday_day or 0) == date(1980, 3, 4)
