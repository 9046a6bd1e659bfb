"""What other programs write is brought without losing a field: each value stands somewhere, or its column is said to be
left out."""

import io
import re

import pytest

from accounts.models import User
from customers.importing.vcard_files import open_vcard
from customers.models import Contact, Import
from customers.tests import import_files as files
from customers.tests.importing import imported, uploaded

pytestmark = pytest.mark.django_db


def all_words(contact: Contact) -> str:
    """Everything that is known of a contact, in one text."""
    customer = contact.customer
    own = [contact.name, contact.preferred_name, contact.job_title, contact.email, contact.phone, contact.language]
    days = [contact.birthday_day, contact.birthday_month, contact.birthday_year]
    details = [f"{detail.label}: {detail.value}" for detail in contact.details.all()]
    events = [f"{event.name}: {event.day} {event.month} {event.year}" for event in contact.events.all()]
    return "\n".join(map(str, [*own, *days, contact.time_zone, customer.name, customer.time_zone, *details, *events]))


def details(contact: Contact, kind: str) -> set[tuple[str, str]]:
    return set(contact.details.filter(kind=kind).values_list("label", "value"))


def left_out(intake: Import) -> set[str]:
    pairs = zip(intake.columns, intake.mapping, strict=True)
    return {column["name"] for column, goes in pairs if column["filled"] and not goes["target"]}


# Read as days, numbers and words of ours, and looked at one by one.
_INTERPRETED = {"birthday", "event", "phone", "language", "email", "label", "tags"}


def unmentioned(intake: Import, row: files.Row, contact: Contact) -> list[str]:
    """The columns whose value is nowhere to be found."""
    words = all_words(contact)
    targets = {column["name"]: goes["target"] for column, goes in zip(intake.columns, intake.mapping, strict=True)}
    kept = {name: value for name, value in row.items() if value and targets[name] not in {"", *_INTERPRETED}}
    assert len(kept) > 8
    return [name for name, value in kept.items() if value.strip() not in words]


@pytest.mark.parametrize(
    ("row", "layout", "ignored"),
    [
        (files.GOOGLE, "google", {"Photo"}),
        (files.GOOGLE_OF_OLD, "google", {"IM 1 - Service"}),
        (
            files.OUTLOOK,
            "outlook",
            {"E-mail Type", "E-mail 2 Type", "Gender", "Initials", "Priority", "Private", "Sensitivity"},
        ),
        (files.OUTLOOK_GERMAN, "outlook", {"E-Mail-Typ"}),
    ],
    ids=["google", "google of old", "outlook", "outlook in german"],
)
def test_no_field_is_lost(manager: User, row: files.Row, layout: str, ignored: set[str]) -> None:
    intake = imported(manager, files.as_csv(row), order="month", country="DE" if "Anrede" in row else "SE")

    assert intake.found["layout"] == layout
    assert left_out(intake) == ignored
    assert intake.counts == {"created": 1, "customers": 1, "contacts": 1}, intake.rows.get().reason
    contact = Contact.objects.get()
    assert unmentioned(intake, row, contact) == []
    is_tagged = "Key accounts" in "".join(row.values())
    assert [tag.name for tag in contact.customer.tags.all()] == ["Key accounts"] * is_tagged


def test_google(manager: User) -> None:
    imported(manager, files.as_csv(files.GOOGLE))
    anna = Contact.objects.get()

    assert (anna.name, anna.preferred_name) == ("Dr. Anna Maria Berg MBA", "Annie")
    assert (anna.customer.name, anna.job_title) == ("Lindqvist AB", "Head of buying")
    assert (anna.email, anna.phone) == ("anna@lindqvist.example", "+46 70 123 45 67")
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, 1980)
    assert details(anna, "email") == {("Home", "anna@home.example")}
    assert details(anna, "phone") == {("Work Fax", "+46 8 123 45 99")}
    assert details(anna, "address") == {
        ("Work", "Storgatan 1\nBox 12\nStockholm, 111 22\nSE, Uppland, Floor 3"),
    }
    assert details(anna, "website") == {("Blog", "https://anna.example/blog")}
    assert {("Spouse", "Nils Berg"), ("Shoe size", "39"), ("Notes", files.GOOGLE["Notes"])} <= details(anna, "note")
    event = anna.events.get()
    assert (event.name, event.day, event.month, event.year) == ("Anniversary", 1, 6, None)


def test_google_of_old(manager: User) -> None:
    imported(manager, files.as_csv(files.GOOGLE_OF_OLD))
    anna = Contact.objects.get()

    assert (anna.name, anna.language, anna.customer.language) == ("Dr. Anna Maria Berg MBA", "", "sv")
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, None)
    assert details(anna, "email") == {("Work", "a.berg@lindqvist.example"), ("Home", "anna@home.example")}
    assert details(anna, "phone") == {("Mobile", "+46 70 999 99 99")}
    assert details(anna, "messenger") == {("Skype name", "anna.berg.skype")}
    assert details(anna, "address") == {("Home", "Lilla gatan 2\nUppsala, Sweden")}


def test_outlook_needs_to_be_told_the_order_of_days_only_where_it_does_not_show(manager: User) -> None:
    intake = uploaded(manager, files.as_csv(files.OUTLOOK))
    orders = {column["name"]: goes["order"] for column, goes in zip(intake.columns, intake.mapping, strict=True)}

    assert (orders["Birthday"], orders["Anniversary"]) == ("month", "month")


def test_outlook(manager: User) -> None:
    imported(manager, files.as_csv(files.OUTLOOK))
    anna = Contact.objects.get()

    assert (anna.name, anna.customer.name) == ("Dr. Anna Maria Berg MBA", "Lindqvist AB")
    assert (anna.email, anna.phone) == ("anna@lindqvist.example", "+46 8 123 45 67")
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, 1980)
    assert dict(details(anna, "address")) == {
        "Business": "Storgatan 1, Floor 3, Stockholm, Uppland, 111 22, Sweden",
        "Home": "Lilla gatan 2, Uppsala, 753 10, Sweden",
        "Other": "Sommarvägen 3, Visby",
    }
    phones = dict(details(anna, "phone"))
    assert (phones["Mobile Phone"], phones["Business Fax"]) == ("+46 70 123 45 67", "+46 8 123 45 02")
    assert len(phones) == 10
    event = anna.events.get()
    assert (event.name, event.day, event.month, event.year) == ("Anniversary", 13, 6, 2010)


def test_outlook_in_german(manager: User) -> None:
    data = files.as_csv(files.OUTLOOK_GERMAN, ";").encode("cp1252")
    intake = imported(manager, data, country="DE")
    aenne = Contact.objects.get()

    assert intake.found["encoding"] == "cp1252"
    assert (aenne.name, aenne.customer.name) == ("Frau Änne Groß", "Südwind GmbH")
    assert (aenne.phone, aenne.customer.language) == ("+49 89 123456", "de")
    assert dict(details(aenne, "phone")) == {"Mobiltelefon": "+49 171 1234567", "Fax geschäftlich": "+49 89 123457"}
    assert dict(details(aenne, "address")) == {
        "Geschäftlich": "Hauptstraße 1, München, 80331",
        "Privat": "Gasse 2, Augsburg",
    }
    assert not aenne.events.exists()


CRM_FILES = {
    "hubspot": (
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Job Title,Company Name,"
        "Associated Company,City,Unsubscribed from all email\n"
        "101,Anna,Berg,a@x.example,+46 70 123 45 67,Max Lind,Customer,Boss,,Lindqvist AB,Stockholm,true\n"
    ),
    "salesforce": (
        "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing Country,Phone,Mobile,"
        "Email,Account Owner,Contact ID,Birthdate\n"
        "Ms.,Anna,Berg,Boss,Lindqvist AB,Storgatan 1,Stockholm,Sweden,+46 70 123 45 67,,a@x.example,Max Lind,"
        "003XX,17.05.1980\n"
    ),
    "pipedrive": (
        "Person - ID,Person - Name,Person - Organization,Person - Email - Work,Person - Phone - Work,Person - Owner,"
        "Person - Job title\n"
        "7,Anna Berg,Lindqvist AB,a@x.example,+46 70 123 45 67,Max Lind,Boss\n"
    ),
}


@pytest.mark.parametrize("layout", CRM_FILES)
def test_exports_of_other_crms(manager: User, layout: str) -> None:
    intake = imported(manager, CRM_FILES[layout])
    anna = Contact.objects.get()

    assert (intake.found["layout"], left_out(intake)) == (layout, set())
    assert anna.name.endswith("Anna Berg")
    assert (anna.customer.name, anna.customer.owner, anna.job_title) == ("Lindqvist AB", manager, "Boss")
    assert (anna.email, anna.phone) == ("a@x.example", "+46 70 123 45 67")
    assert [label for label, _key in details(anna, "key")] == [layout]


CARDS = {
    "iphone": (files.IOS, "SE"),
    "android": (files.ANDROID, "DE"),
    "thunderbird": (files.THUNDERBIRD, "SE"),
}


@pytest.mark.parametrize("program", CARDS)
def test_no_property_of_a_card_is_lost(manager: User, program: str) -> None:
    card, country = CARDS[program]
    intake = imported(manager, card, "people.vcf", country=country)

    assert left_out(intake) <= {"PHOTO"}
    words = "\n".join(all_words(contact) for contact in Contact.objects.all())
    for row in intake.rows.all():
        targets = [(goes["target"], cell) for goes, cell in zip(intake.mapping, row.cells, strict=False)]
        kept = [cell for target, cell in targets if cell and target not in {"", *_INTERPRETED}]
        assert [cell for cell in kept if cell not in words] == []


def test_a_card_of_an_iphone(manager: User) -> None:
    imported(manager, files.IOS, "anna.vcf")
    anna = Contact.objects.get()

    assert (anna.name, anna.preferred_name) == ("Dr. Anna Maria Berg MBA", "Annie")
    assert (anna.customer.name, anna.job_title) == ("Lindqvist AB", "Head of buying")
    assert (anna.email, anna.phone) == ("anna@lindqvist.example", "+46 70 123 45 67")
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, None)
    assert details(anna, "email") == {("Home", "anna@home.example"), ("Sailing club", "anna@boat.example")}
    assert details(anna, "website") == {("HomePage", "https://lindqvist.example")}
    assert ("Spouse", "Nils Berg") in details(anna, "note")
    assert ("NOTE", "Likes tea, strong.\nNever on Mondays.") in details(anna, "note")
    assert anna.events.get().name == "Anniversary"
    assert details(anna, "key") == {("vcard", "5C1D7A1E-0000-4000-8000-00000000A11A")}


def test_cards_of_android(manager: User) -> None:
    imported(manager, files.ANDROID, "contacts.vcf", country="DE")
    aenne, bo = Contact.objects.order_by("-name")

    assert (aenne.name, aenne.customer.name) == ("Änne Groß", "Südwind GmbH")
    assert (aenne.email, aenne.phone) == ("aenne@suedwind.example", "+49 171 1234567")
    assert set(details(aenne, "phone")) == {("Work", "+49 89 123456"), ("Büro", "+49 8999")}
    assert any("München" in value for _label, value in details(aenne, "address"))
    assert any(value == "Mag Tee\nNie montags" for _label, value in details(aenne, "note"))
    assert (bo.name, bo.birthday_day, bo.birthday_month, bo.birthday_year) == ("Bo", 29, 2, None)


def test_a_card_of_outlook_in_its_own_letters(manager: User) -> None:
    imported(manager, files.OUTLOOK_CARD.encode("cp1252"), "groß.vcf", country="DE")
    aenne = Contact.objects.get()

    assert (aenne.name, aenne.customer.name) == ("Frau Änne Groß", "Südwind GmbH")
    assert (aenne.birthday_day, aenne.birthday_month, aenne.birthday_year) == (17, 5, 1980)
    assert re.search("Hauptstraße 1.*München", all_words(aenne))
    assert aenne.events.get().year == 2010


def test_a_card_of_thunderbird(manager: User) -> None:
    imported(manager, files.THUNDERBIRD, "anna.vcf")
    anna = Contact.objects.get()

    assert (anna.name, anna.email, anna.phone) == ("Anna Berg", "anna@lindqvist.example", "+46 70 123 45 67")
    assert details(anna, "phone") == {("Home", "+46 18 12 34 56")}
    assert (anna.birthday_day, anna.birthday_month, anna.birthday_year) == (17, 5, None)
    assert (anna.customer.language, anna.customer.time_zone) == ("sv", "Europe/Stockholm")
    assert ("X-CUSTOM1", "first field") in details(anna, "note")


def test_a_damaged_card_costs_itself_only(manager: User) -> None:
    cut = "BEGIN:VCARD\nVERSION:3.0\nFN:Cut off\n"
    intake = uploaded(manager, files.THUNDERBIRD + cut + files.ANDROID, "mixed.vcf")

    assert intake.rows.count() == 4
    assert list(intake.rows.filter(is_broken=True).values_list("reason", flat=True)) == [
        "The card is damaged and can not be read."
    ]


def test_the_columns_of_cards_are_complete_when_all_are_read() -> None:
    table = open_vcard(io.BytesIO((files.ANDROID + files.THUNDERBIRD).encode()))
    lines = list(table.lines)

    assert len(lines) == 3
    assert {"FN", "Company", "E-mail 2", "E-mail 2: kind", "LANG"} <= set(table.columns)
