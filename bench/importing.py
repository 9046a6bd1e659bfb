"""The import of a large file: how long each step takes, and how much more memory it needs."""

import csv
import io
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Model

from accounts.models import Role, User
from bench.planning import make_scratch
from customers.importing.carrying_on import carry_on
from customers.importing.checking import last_line
from customers.importing.running import begin
from customers.importing.staging import take_in
from customers.importing.undoing import ask_to_undo
from customers.models import Contact, ContactDetail, Customer, CustomField, Import, ImportState, Segment
from retention_crm.lib import clock

OWN_FIELD = "Machines"
HEADER = [
    *("Company", "Name", "Job title", "E-mail", "E-mail 2", "Phone", "Birthday", "Street", "City", "Notes"),
    *("Tags", OWN_FIELD),
]
# What an import of such lines writes, in the order in which rows may refer to others.
_WRITTEN: tuple[type[Model], ...] = (Customer, Contact, ContactDetail, Customer.tags.through)


def measure(rows: int) -> dict[str, Any]:
    """Brings that many people at a third as many companies, brings them again, and takes them back.

    Between that the rows that were written are inserted once more without thinking, into tables like theirs.
    """
    by = User.objects.get_queryset().filter(role=Role.ADMINISTRATOR).order_by("pk")[0]
    CustomField.objects.get_or_create(name=OWN_FIELD, kind=CustomField.Kind.NUMBER)
    known = {model: model._base_manager.aggregate(last=Max("pk"))["last"] or 0 for model in _WRITTEN}
    figures: dict[str, Any] = {"rows": rows, "megabytes_before": _memory(), "seconds": {}}
    with connection.cursor() as cursor:
        for model in _WRITTEN:
            make_scratch(cursor, model._meta.db_table, _scratch(model))
    intake = _timed(figures, "upload", lambda: take_in("people.csv", _pieces(rows), by=by, at=clock.now()))
    _timed(figures, "read", _work)
    _say_columns(_fresh(intake))
    _timed(figures, "check", _work)
    begin(_fresh(intake))
    _timed(figures, "write", _work)
    figures["created"] = _fresh(intake).counts.get("created", 0)
    figures["written"] = _timed(figures, "bare", lambda: _bare_insert(known))
    again = take_in("people.csv", _pieces(rows), by=by, at=clock.now())
    _work()
    _say_columns(_fresh(again))
    _timed(figures, "check again", _work)
    begin(_fresh(again))
    _timed(figures, "write again", _work)
    figures["unchanged"] = _fresh(again).counts.get("unchanged", 0)
    ask_to_undo(_fresh(intake), by=by, at=clock.now())
    _timed(figures, "undo", _work)
    figures["kept"] = _fresh(intake).counts["kept"]
    figures["megabytes"] = _memory()
    Import.objects.all().delete()
    return figures


def _scratch(model: type[Model]) -> str:
    return f"bench_{model._meta.db_table}"


def _bare_insert(known: dict[type[Model], int]) -> int:
    """Inserts what the import wrote in one statement for each table, all in one transaction; how many rows that is."""
    written = 0
    with connection.cursor() as cursor:
        with transaction.atomic():
            for model, last in known.items():
                fields = [field.attname for field in model._meta.concrete_fields if not field.generated]
                columns = ", ".join(map(connection.ops.quote_name, fields))
                table = model._meta.db_table
                cursor.execute(
                    f"INSERT INTO {_scratch(model)} ({columns}) SELECT {columns} FROM {table} WHERE id > %s",  # noqa: S608
                    [last],
                )
                written += cursor.rowcount
        for model in known:
            cursor.execute(f"DROP TABLE {_scratch(model)}")
    return written


def _timed(figures: dict[str, Any], name: str, work: Any) -> Any:
    began = time.monotonic()
    result = work()
    figures["seconds"][name] = time.monotonic() - began
    return result


def _work() -> None:
    while carry_on(until=time.monotonic() + 60):
        pass


def _fresh(intake: Import) -> Import:
    return Import.objects.select_related("created_by").get(pk=intake.pk)


def _say_columns(intake: Import) -> None:
    options = {
        "mode": "fill",
        "owner": intake.created_by_id,
        "segment": Segment.objects.all()[0].pk,
        "since": (clock.now() - timedelta(days=7)).date().isoformat(),
        "language": "en",
        "country": "SE",
        "source": "bench",
    }
    intake.move_to(
        ImportState.CHECKING,
        frm=(ImportState.MAPPING,),
        mapping=intake.mapping,
        options=options,
        total=last_line(intake),
    )


def _pieces(rows: int) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(rows):
        writer.writerow(
            [
                f"Import {number // 3} AB",
                f"Given{number} Family{number % 977}",
                "Buyer",
                f"person{number}@import{number // 3}.example",
                f"private{number}@home.example",
                f"070-{number % 1000:03d} {number // 1000 % 100:02d} {number // 7 % 100:02d}",
                f"{1950 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}",
                f"Street {number % 300}",
                "Stockholm",
                "Met at the fair; likes fishing" if number % 5 == 0 else "",
                ("VIP", "Fair, VIP", "")[number % 3],
                str(number % 9) if number % 4 == 0 else "",
            ]
        )
        if text.tell() > 500_000:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _memory() -> int:
    """The most memory this process ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
