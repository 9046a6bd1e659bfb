"""Bringing files in tests, as a person does it with the pages and the worker."""

import time
from typing import Any

from accounts.models import User
from customers.importing.carrying_on import carry_on
from customers.importing.checking import last_line
from customers.importing.running import begin
from customers.importing.staging import take_in
from customers.importing.undoing import ask_to_undo
from customers.models import (
    ConsentChange,
    Contact,
    ContactDetail,
    Customer,
    DatedEvent,
    Import,
    ImportState,
    Segment,
    Tag,
)
from tests import factories
from tests.factories import NOW

PEOPLE = """Company;Name;E-Mail;Telefon;Geburtstag;Segment
Lindqvist AB;Anna Berg;anna@lindqvist.example;070-123 45 67;17.05.1980;Regular
Lindqvist AB;Bo Ek;bo@lindqvist.example;;17.05.;
;Cleo Dahl;cleo@example.com;;--02-29;
Nordlicht GmbH;;;;;
"""
OPTIONS = {"mode": "fill", "since": "2026-11-01", "language": "en", "country": "SE"}


def everything() -> tuple[list[object], ...]:
    """All that an import could touch."""
    fields = [
        "name",
        "owner_id",
        "segment_id",
        "stage",
        "language",
        "cadence_days",
        "care_note",
        "customer_since",
        "custom",
    ]
    contact = [field.name for field in Contact._meta.concrete_fields]
    return (
        list(Customer.objects.order_by("pk").values_list("pk", *fields)),
        list(Contact.objects.order_by("pk").values_list(*contact)),
        list(ContactDetail.objects.order_by("pk").values_list("pk", "value")),
        list(DatedEvent.objects.order_by("pk").values_list("pk", "name")),
        list(ConsentChange.objects.order_by("pk").values_list("pk", "granted")),
        list(Tag.objects.order_by("pk").values_list("pk", "name")),
        list(Customer.objects.order_by("pk", "tags").values_list("pk", "tags")),
    )


def work() -> None:
    """The worker, until there is nothing to do."""
    while carry_on(until=time.monotonic() + 60):
        pass


def uploaded(by: User, content: bytes | str, name: str = "people.csv") -> Import:
    """Read, with the columns as they were recognised."""
    data = content.encode() if isinstance(content, str) else content
    intake = take_in(name, [data], by=by, at=NOW)
    work()
    return refreshed(intake)


def checked(by: User, content: bytes | str, name: str = "people.csv", **options: Any) -> Import:
    """Ready to begin; `mapping` changes where columns go by their names."""
    intake = uploaded(by, content, name)
    assert intake.state == ImportState.MAPPING, intake.problem
    check_again(intake, **options)
    return intake


def check_again(intake: Import, *, mapping: dict[str, str] | None = None, order: str = "", **options: Any) -> None:
    for column, goes in zip(intake.columns, intake.mapping, strict=True):
        goes["target"] = (mapping or {}).get(column["name"], goes["target"])
        goes["order"] = goes["order"] or order
    segment = Segment.objects.first() or factories.segment(name="Regular")
    source = intake.found["layout"]
    whole = OPTIONS | {"owner": intake.created_by_id, "segment": segment.pk, "source": source} | options
    fields = {"mapping": intake.mapping, "options": whole, "total": last_line(intake)}
    assert intake.move_to(ImportState.CHECKING, frm=(ImportState.MAPPING, ImportState.READY), **fields)
    work()
    intake.refresh_from_db()
    assert intake.state == ImportState.READY, intake.problem


def imported(by: User, content: bytes | str, name: str = "people.csv", **options: Any) -> Import:
    intake = checked(by, content, name, **options)
    assert begin(intake)
    work()
    assert refreshed(intake).state == ImportState.DONE, intake.problem
    return intake


def undone(intake: Import) -> Import:
    assert ask_to_undo(intake, by=intake.created_by, at=NOW)
    work()
    assert refreshed(intake).state == ImportState.UNDONE, intake.problem
    return intake


def refreshed(intake: Import) -> Import:
    intake.refresh_from_db()
    return intake
