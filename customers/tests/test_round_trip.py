"""What is taken away can be brought back: an export is read by the importer, without a hand in between."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accounts.models import Company, User
from customers.exporting import as_cards, as_csv, as_spreadsheet, cards_of, table
from customers.models import (
    Channel,
    Contact,
    ContactDetail,
    Customer,
    CustomField,
    DatedEvent,
    Segment,
    Stage,
    Tag,
    Tone,
)
from customers.tests.importing import everything, imported, undone
from retention_crm.lib import text
from tests import factories

pytestmark = pytest.mark.django_db

Kind = CustomField.Kind
NAMES = [
    "=1+1",
    "+46 8 465 004",
    "-2",
    "@SUM(A1)",
    "'=quoted",
    "''-twice",
    "'plain'=not",
    "a,b;c|d\te",
    'say "hi" to ""',
    '"',
    "日本 🦊 👩‍🔧",
    "مرحبا بالعالم",
    "שלום (א) 12",
    "Ünïcödé ß",
    "#N/A",
    "_x0041_",
    "0012",
    "1e5",
    "TRUE",
    "2026-11-27",
    "sep=;",
    "x" * 200,
]
# What somebody has more than one of; the last person has a further number and no first one.
MORE = [
    ("email", "", "bo@home.example"),
    ("email", "=old", "b.ek@example.org"),
    ("phone", "Fax", "+46 8 2"),
    ("address", "Home", "Storgatan 1\n111 22 Stockholm, Sweden"),
    ("website", "", "https://ek.example/?a=1;b"),
    ("messenger", "Signal", "+46 70 3"),
    ("note", "", "Met at the fair"),
    ("note", "Assistant", "-Noor; Mondays"),
]
# Of the two one is empty for who was never spoken to; both are computed.
LEFT_OUT = ["Next due"]


@pytest.fixture
def full(company: Company, manager: User, owner: User) -> list[str]:
    """Customers with every value an export has, and names that other programs take for something else."""
    own = [
        CustomField.objects.create(name="=Umsatz", kind=Kind.NUMBER),
        CustomField.objects.create(name="Renewal", kind=Kind.DATE),
        CustomField.objects.create(name="Tier", kind=Kind.CHOICE, choices=["Gold, plated", "Silver"]),
        CustomField.objects.create(name="Member", kind=Kind.YES_NO),
        CustomField.objects.create(name="Country", kind=Kind.TEXT),
        CustomField.objects.create(name="Größe"),
        CustomField.objects.create(name="Grösse"),
    ]
    values = ["1.234", "2027-03-01", "Gold, plated", False, "-1 000", "=x", '"y"; z']
    custom = {field.key: value for field, value in zip(own, values, strict=True)}
    gold = factories.segment(name="+Gold")
    lindqvist = factories.customer(
        owner,
        name="Lindqvist AB",
        segment=gold,
        stage=Stage.ENGAGED,
        customer_since=date(2020, 2, 29),
        cadence_days=45,
        country="SE",
        care_note='=Speaks slowly,\n\n"give him time"; | tab\there\n- and tea',
        language="sv",
        time_zone="America/New_York",
        external_key="import:hubspot:K-1",
        custom=custom,
    )
    lindqvist.tags.set(Tag.objects.named(["Fair, autumn", 'He said "no"', "Café", "=1", "a;b"]))
    person: dict[str, Any] = {"preferred_name": "-Amira", "job_title": "@Head", "email": "Amira@lindqvist.example"}
    day = {"birthday_day": 29, "birthday_month": 2}
    amira = factories.contact(
        lindqvist, name="Amira Haddad", phone="08-465 004 ext. 5", language="sv", is_primary=False, **person, **day
    )
    manner = {"tone": Tone.FRIENDLY, "preferred_channel": Channel.IN_PERSON, "best_time": "=after 10, not on Fridays"}
    bo = factories.contact(
        lindqvist, name="Bo Ek", email="bo@lindqvist.example", birthday_year=1980, is_primary=True, **day, **manner
    )
    for kind, label, value in MORE:
        ContactDetail.objects.create(contact=bo, kind=kind, label=label, value=value)
    ContactDetail.objects.create(contact=amira, kind="phone", label="", value="+46 8 1")
    factories.dated_event(bo, name="the opening of your shop", day=29, month=2, year=None)
    factories.dated_event(bo, name="=wedding", day=17, month=5, year=2001)
    factories.contact(
        lindqvist,
        name="Cleo",
        is_primary=False,
        do_not_contact=True,
        deceased=True,
        is_champion=True,
        left_on=date(2026, 3, 1),
        language="de",
        time_zone="Asia/Tokyo",
    )
    ContactDetail.objects.create(contact=Contact.objects.get(name="Cleo"), kind="phone", label="", value="+81 3 1")
    factories.customer(owner, name="Gone AB", lost_on=date(2026, 1, 2), do_not_contact=True, language="de")
    # The same person, by address and name, at two customers; two customers of one name.
    for number in range(2):
        twin = factories.customer(manager, name="Haddad", customer_since=date(2019, 1, 1 + number))
        factories.contact(twin, name="Amira Haddad", email="same@x.example", phone="+46 8 1", job_title=f"Job {number}")
        factories.contact(twin, name="Noor", is_primary=False, birthday_year=1988 + 4 * number, **day)
    for name in NAMES:
        customer = factories.customer(owner, name=name, custom={own[5].key: text.clean_line(name)}, care_note=name)
        customer.tags.set(Tag.objects.named([name[:40]]))
        factories.contact(customer, name=name, job_title=name[:100], phone=name[:40], is_primary=True)
    assert amira.customer == lindqvist
    return [field.name for field in own]


def csv_file() -> bytes:
    return b"".join(as_csv(Customer.objects.all()))


def spreadsheet() -> bytes:
    with as_spreadsheet(Customer.objects.all()) as file:
        return file.read()


DETAILS = ContactDetail.objects.order_by("contact__name", "kind", "value")
DETAIL = ("contact__name", "kind", "label", "value")
FILES = {"list.csv": csv_file, "list.xlsx": spreadsheet}


def left_out(columns: list[dict[str, Any]], mapping: list[dict[str, str]]) -> list[str]:
    return [
        column["name"] for column, goes in zip(columns, mapping, strict=True) if column["filled"] and not goes["target"]
    ]


@pytest.mark.parametrize("mode", ["fill", "overwrite", "skip"])
@pytest.mark.parametrize("name", FILES)
def test_brought_back_to_the_same_company_nothing_changes(manager: User, full: list[str], name: str, mode: str) -> None:
    before, lines = everything(), len(list(table(Customer.objects.all()))) - 1

    intake = imported(manager, FILES[name](), name, mode=mode)

    assert left_out(intake.columns, intake.mapping) == LEFT_OUT
    reasons = list(intake.rows.exclude(reason="").values_list("line", "reason"))
    changes = list(intake.rows.filter(changes__isnull=False).values_list("record", "changes"))
    assert changes == []
    assert intake.counts == {"skipped" if mode == "skip" else "unchanged": lines, "customers": 0, "contacts": 0}, (
        reasons
    )
    assert everything() == before


@pytest.mark.parametrize("name", FILES)
def test_brought_to_an_emptied_company_everything_is_as_it_was(manager: User, full: list[str], name: str) -> None:
    before, file = list(table(Customer.objects.all())), FILES[name]()
    fields = ["name", "language", "time_zone", "is_primary", "deceased", "do_not_contact", "customer__lost_on"]
    people = list(Contact.objects.order_by("customer__sort_key", "name", "job_title").values_list(*fields))
    details = list(DETAILS.values_list(*DETAIL))
    Customer.objects.all().delete()
    Tag.objects.all().delete()

    intake = imported(manager, file, name)

    assert list(DETAILS.values_list(*DETAIL)) == details
    assert intake.counts["created"] == len(before) - 1
    assert list(table(Customer.objects.all())) == before
    assert list(Contact.objects.order_by("customer__sort_key", "name", "job_title").values_list(*fields)) == people
    assert undone(intake).counts["kept"] == 0
    assert not Customer.objects.exists()


def test_a_customer_of_the_same_number_elsewhere_is_not_taken_for_ours(manager: User, company: Company) -> None:
    ours = factories.customer(manager, name="Lindqvist AB")
    file = csv_file()
    Customer.objects.filter(pk=ours.pk).update(name="Petrova", sort_key="petrova")

    imported(manager, file, "list.csv", mode="overwrite")

    assert set(Customer.objects.values_list("name", flat=True)) == {"Petrova", "Lindqvist AB"}


def test_that_somebody_is_to_be_left_alone_is_taken_over_and_not_taken_back(manager: User) -> None:
    silent = factories.contact(name="Anna", email="a@x.example", do_not_contact=True, deceased=True)
    factories.contact(name="Bo", email="b@x.example")
    file = "Name,Email,Do not contact the person,Deceased\nAnna,a@x.example,no,no\nBo,b@x.example,yes,yes\n"
    targets = {"Do not contact the person": "not_them", "Deceased": "deceased"}

    imported(manager, file, mapping=targets, mode="overwrite")
    imported(manager, file, mapping=targets)

    silent.refresh_from_db()
    assert set(Contact.objects.values_list("do_not_contact", "deceased")) == {(True, True)}


def cards() -> bytes:
    return b"".join(as_cards(cards_of(Customer.objects.all())))


def people() -> list[tuple[Any, ...]]:
    """What is on a card."""
    fields = ["customer__name", "name", "preferred_name", "job_title", "email"]
    rows = Contact.objects.order_by("customer__sort_key", "name", "job_title")
    days = rows.values_list(*fields, "birthday_day", "birthday_month", "birthday_year")
    return [
        (*day, number.replace(" ", "")) for day, number in zip(days, rows.values_list("phone", flat=True), strict=True)
    ]


@pytest.fixture
def on_cards(company: Company, owner: User, manager: User) -> Callable[[], bytes]:
    tags = Tag.objects.named(["VIP", "Fair, autumn", "a;b"])
    for name in [*NAMES, "Anna Maria Berg", "a\\b", "1: 2"]:
        customer = factories.customer(manager, name=name)
        customer.tags.set(tags)
        factories.contact(
            customer,
            name=name,
            preferred_name=name[:100],
            job_title=name[:100],
            email=f"{customer.pk}@x.example",
            phone="+46 8 465 004",
            birthday_day=29,
            birthday_month=2,
            birthday_year=1980 if customer.pk % 2 else None,
        )
    anna = Contact.objects.get(name="Anna Maria Berg")
    for kind, label, value in MORE:
        if kind != "note":
            ContactDetail.objects.create(contact=anna, kind=kind, label=label, value=value)
    factories.dated_event(anna, name="the opening of your shop", day=29, month=2, year=None)
    factories.dated_event(anna, name="wedding: 1", day=17, month=5, year=2001)
    return cards


@pytest.mark.parametrize("mode", ["fill", "overwrite"])
def test_cards_brought_back_change_nothing(manager: User, on_cards: Callable[[], bytes], mode: str) -> None:
    before = everything()

    intake = imported(manager, on_cards(), "people.vcf", mode=mode)

    assert list(intake.rows.filter(changes__isnull=False).values_list("record", "changes")) == []
    assert left_out(intake.columns, intake.mapping) == []
    assert everything() == before


def test_cards_brought_to_an_emptied_company_are_the_same_people(manager: User, on_cards: Callable[[], bytes]) -> None:
    before, file, details = people(), on_cards(), list(DETAILS.values_list(*DETAIL))
    days = list(DatedEvent.objects.order_by("month").values_list("name", "day", "month", "year"))
    Customer.objects.all().delete()
    Tag.objects.all().delete()

    imported(manager, file, "people.vcf")

    assert people() == before
    assert list(DETAILS.values_list(*DETAIL)) == details
    assert list(DatedEvent.objects.order_by("month").values_list("name", "day", "month", "year")) == days
    assert set(Tag.objects.values_list("name", flat=True)) == {"VIP", "Fair, autumn", "a;b"}
    assert Segment.objects.exists()
