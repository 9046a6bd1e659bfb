"""Taking customers and contacts away: as CSV, as a spreadsheet, as cards. What is written can be imported again."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import vobject
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, Value
from django.db.models.functions import Cast, Coalesce, Concat

from customers.importing.matching import OWN_NUMBER
from customers.importing.values import in_one_cell, unmistakable
from customers.importing.written_days import as_written
from customers.models import Contact, ContactQuerySet, CustomerQuerySet, CustomField, Tag
from customers.several import Kind, Several
from retention_crm.lib.spreadsheets import csv_of, spreadsheet_of

_AT_ONCE = 2000

# The headers stand for the fields in any language: the importer knows them, and so do people's own tables.
_CUSTOMER = {
    "Customer": F("name"),
    "Customer number": Coalesce(F("external_key"), Concat(Value(OWN_NUMBER), Cast("pk", CharField()))),
    "Owner": F("owner__email"),
    "Segment": F("segment__name"),
    "Stage": F("stage"),
    "Customer since": F("customer_since"),
    "Cadence in days": F("cadence_days"),
    "Country": F("country"),
    "Care note": F("care_note"),
    "Customer language": F("language"),
    "Customer time zone": F("time_zone"),
    "Lost on": F("lost_on"),
    "Do not contact": F("do_not_contact"),
}
_CONTACT = {
    "Name": F("contacts__name"),
    "Preferred name": F("contacts__preferred_name"),
    "Job title": F("contacts__job_title"),
    "E-mail": F("contacts__email"),
    "Phone": F("contacts__phone"),
    "Tone": F("contacts__tone"),
    "Preferred channel": F("contacts__preferred_channel"),
    "Best time": F("contacts__best_time"),
}
_BIRTHDAY = (F("contacts__birthday_year"), F("contacts__birthday_month"), F("contacts__birthday_day"))
_REST = {
    "Language": F("contacts__language"),
    "Time zone": F("contacts__time_zone"),
    "Greetings": F("contacts__allows_greetings"),
    "Thank-you notes": F("contacts__allows_thanks"),
    "Surveys": F("contacts__allows_surveys"),
    "Do not contact the person": F("contacts__do_not_contact"),
    "Deceased": F("contacts__deceased"),
    "Champion": F("contacts__is_champion"),
    "Left the company on": F("contacts__left_on"),
    "Last contact": F("last_touchpoint_on"),
    "Next due": F("next_due_on"),
}
# Notes and the numbers of other systems are ours, and a card is given to others.
_ON_CARD = {
    Kind.EMAIL.value: "email",
    Kind.PHONE.value: "tel",
    Kind.ADDRESS.value: "adr",
    Kind.WEBSITE.value: "url",
    Kind.MESSENGER.value: "impp",
}


def table(customers: CustomerQuerySet) -> Iterator[list[str]]:
    """The headers, then a line for each contact, with the customer in front; a customer without contacts has one too.

    Days are ISO, a birthday without a year is --05-17. Read in portions, so that memory stays flat.
    """
    own, several = list(CustomField.objects.used()), Several(customers)
    yield [*_CUSTOMER, *_CONTACT, "Birthday", *_REST, *several.headers(), "Tags", *(field.name for field in own)]
    tags = Tag.objects.filter(customers=OuterRef("pk")).values("name")
    fields: list[Any] = [*_CUSTOMER.values(), *_CONTACT.values(), *_BIRTHDAY, *_REST.values()]
    # The first of several is who is written to first, also when they are brought back.
    rows = customers.order_by(
        "sort_key", "pk", F("contacts__is_primary").desc(nulls_last=True), "contacts__pk"
    ).annotate(tag_names=ArraySubquery(tags), **several.columns)
    before, after = len(_CUSTOMER) + len(_CONTACT), len(fields)
    shown = rows.values_list(*fields, "tag_names", "custom", "details", "events")
    for row in shown.iterator(chunk_size=_AT_ONCE):
        birthday = _birthday(*row[before : before + 3])
        known = row[after + 1]
        yield [
            *map(_cell, row[:before]),
            birthday,
            *map(_cell, row[before + 3 : after]),
            *several.cells(row[after + 2], row[after + 3]),
            in_one_cell(row[after]),
            *(_cell(field.restored(known.get(field.key))) for field in own),
        ]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case date() | datetime():
            return value.isoformat()
        case Decimal():
            return unmistakable(format(value, "f"))
    return str(value)


def _birthday(year: int | None, month: int | None, day: int | None) -> str:
    return as_written(year, month, day) if month and day else ""


def as_csv(customers: CustomerQuerySet) -> Iterator[bytes]:
    return csv_of(table(customers))


def as_spreadsheet(customers: CustomerQuerySet) -> IO[bytes]:
    return spreadsheet_of(table(customers), "Customers")


def as_cards(contacts: ContactQuerySet) -> Iterator[bytes]:
    """vCard 3.0, which every address book reads."""
    rows = contacts.select_related("customer").prefetch_related("customer__tags", "details", "events").order_by("pk")
    for contact in rows.iterator(chunk_size=_AT_ONCE):
        yield card(contact).encode()


def card(contact: Contact) -> str:
    """The card of one contact."""
    made = vobject.vCard()
    given, _space, family = contact.name.rpartition(" ")
    made.add("n").value = vobject.vcard.Name(family=family if given else "", given=given or family)
    made.add("fn").value = contact.name
    made.add("org").value = [contact.customer.name]
    optional = {
        "nickname": contact.preferred_name,
        "title": contact.job_title,
        "email": contact.email,
        "tel": contact.phone,
        "bday": _birthday(contact.birthday_year, contact.birthday_month, contact.birthday_day),
    }
    for name, value in optional.items():
        if value:
            made.add(name).value = value
    if tags := [tag.name for tag in contact.customer.tags.all()]:
        made.add("categories").value = tags
    for detail in contact.details.all():
        if (line := _ON_CARD.get(detail.kind)) is not None:
            value = vobject.vcard.Address(street=detail.value) if line == "adr" else detail.value
            _add_named(made, line, value, detail.label)
    for event in contact.events.all():
        _add_named(made, "x-abdate", as_written(event.year, event.month, event.day), event.name)
    return str(made.serialize())


def _add_named(card: Any, name: str, value: Any, label: str) -> None:
    """With the name it has, where it has one, as address books write their own: in a group with a line of its own."""
    line = card.add(name)
    line.value = value
    if label:
        line.group = f"item{len(card.contents.get('x-ablabel', ())) + 1}"
        named = card.add("x-ablabel")
        named.group, named.value = line.group, label


def cards_of(customers: CustomerQuerySet) -> ContactQuerySet:
    """The living contacts of these customers."""
    return Contact.objects.filter(customer__in=customers.order_by().values("pk"), deceased=False)
