"""An import from the file to the report and back: who is created, found, filled, refused."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Company, User, Visibility
from customers.importing import carrying_on, running, staging
from customers.importing.running import begin
from customers.importing.staging import take_in
from customers.models import (
    KEPT_FOR,
    ConsentChange,
    Contact,
    ContactDetail,
    Customer,
    DatedEvent,
    Import,
    ImportRow,
    ImportState,
    OwnerChange,
)
from customers.tests.importing import check_again, checked, imported, refreshed, undone, uploaded, work
from outreach.erasing import erase
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

PEOPLE = """Company;Name;E-Mail;Telefon;Geburtstag;Segment
Lindqvist AB;Anna Berg;anna@lindqvist.example;070-123 45 67;17.05.1980;Regular
Lindqvist AB;Bo Ek;bo@lindqvist.example;;17.05.;
;Cleo Dahl;cleo@example.com;;--02-29;
Nordlicht GmbH;;;;;
"""


def everything() -> tuple[list[object], ...]:
    """All that an import could touch."""
    fields = ["name", "owner_id", "segment_id", "stage", "language", "cadence_days", "care_note", "customer_since"]
    contact = [field.name for field in Contact._meta.concrete_fields]
    return (
        list(Customer.objects.order_by("pk").values_list("pk", *fields)),
        list(Contact.objects.order_by("pk").values_list(*contact)),
        list(ContactDetail.objects.order_by("pk").values_list("pk", "value")),
        list(DatedEvent.objects.order_by("pk").values_list("pk", "name")),
        list(ConsentChange.objects.order_by("pk").values_list("pk", "granted")),
    )


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


def test_a_withdrawn_consent_is_not_given_again_by_a_file(manager: User) -> None:
    anna = factories.contact(name="Anna", email="a@x.example", allows_surveys=False, allows_thanks=False)
    ConsentChange.objects.create(contact=anna, kind="surveys", granted=False, source="link", changed_at=NOW)

    imported(manager, "Name,Email,Consent\nAnna,a@x.example,yes\n", mode="overwrite")
    anna.refresh_from_db()
    assert (anna.allows_surveys, anna.allows_thanks) == (False, True)

    imported(manager, "Name,Email,Opt out\nAnna,a@x.example,yes\n")
    anna.refresh_from_db()
    assert not any(anna.allows(kind) for kind in ("greetings", "thanks", "surveys"))


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


def test_a_worker_that_dies_between_or_comes_twice_changes_nothing(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"Firm {n // 2},Person {n},p{n}@x.example\n" for n in range(25))
    monkeypatch.setattr("customers.importing.running._ROWS_AT_ONCE", 4)
    intake = checked(manager, f"Company,Name,Email\n{lines}")
    assert begin(intake)
    assert not begin(intake)

    fails = iter([False, False, True, False, True])
    real = running._write_batch

    def dies(intake: Import, terms: Any) -> bool:
        done = real(intake, terms)
        if next(fails, False):
            raise SystemExit
        return done

    monkeypatch.setattr("customers.importing.running._write_batch", dies)
    for _death in range(2):
        with pytest.raises(SystemExit):
            work()
    work()
    work()

    assert refreshed(intake).counts == {"created": 25, "customers": 13, "contacts": 25}
    assert Customer.objects.count() == 13
    assert Contact.objects.filter(is_primary=True).count() == 13
    monkeypatch.setattr("customers.importing.undoing._ROWS_AT_ONCE", 3)
    undone(intake)
    assert not Customer.objects.exists()


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


def test_columns_of_the_last_time_and_of_a_mended_file_go_where_they_went(manager: User) -> None:
    imported(manager, "Name,Nummer,Why\nAnna,7,x\n", mapping={"Nummer": "contact_key", "Why": "note"})

    again = uploaded(manager, "Name,Nummer,Why,Why it was refused\nBo,8,y,because\n")

    assert [goes["target"] for goes in again.mapping] == ["name", "contact_key", "note", ""]


def test_checking_again_begins_anew(manager: User) -> None:
    intake = checked(manager, "Name,Job title\nAnna,Boss\n")
    check_again(intake, mapping={"Job title": "company"})

    assert intake.counts == {"create": 1, "customers": 1, "contacts": 1}
    record = intake.rows.get().record
    assert record and record["customer"]["name"] == "Boss"


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


def test_an_error_of_the_program_stops_one_import_and_no_other(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = take_in("bad.csv", [b"Name\nAnna\n"], by=manager, at=NOW)
    real = staging.read

    def fails(intake: Import) -> None:
        if intake.pk == bad.pk:
            raise ValueError("never")
        real(intake)

    monkeypatch.setattr(carrying_on, "read", fails)
    good = uploaded(manager, PEOPLE)

    assert good.state == ImportState.MAPPING
    assert refreshed(bad).state == ImportState.FAILED
    assert "log of the worker" in bad.problem


def test_days_are_read_in_the_order_somebody_said(manager: User) -> None:
    imported(manager, "Name,Birthday\nAnna,03/04/1980\n", order="month")
    anna = Contact.objects.get()
    assert date(anna.birthday_year or 0, anna.birthday_month or 0, anna.birthday_day or 0) == date(1980, 3, 4)
