"""Looking through all lines before anything is written: what they mean, whom they are about, what is wrong."""

import json
import time
from typing import Any

from django.db import connection
from django.db.models import Max

from customers.importing.interpreting import Interpreter, Known
from customers.importing.matching import counts_of, match
from customers.importing.records import Record, Refused
from customers.importing.telephones import last_digits
from customers.models import Import, ImportRow, ImportState, Verdict
from retention_crm.lib import text

_ROWS_AT_ONCE = 2000
_WRITE = """
UPDATE customers_importrow r
SET record = new.record, emails = new.emails, phones = new.phones, verdict = new.verdict, reason = new.reason,
    customer_pk = NULL, contact_pk = NULL, leader = NULL, same_as = NULL
FROM jsonb_to_recordset(%s) AS new (pk bigint, record jsonb, emails text[], phones text[], verdict text, reason text)
WHERE r.id = new.pk
"""


def check(intake: Import, *, until: float) -> None:
    """Goes on with the lines not looked at yet until that moment of the steady clock; when all are, it is ready."""
    known = Known(intake.created_by)
    interpreter = Interpreter(intake.columns, intake.mapping, intake.options, known)
    while time.monotonic() < until:
        rows = list(
            intake.rows.filter(line__gt=intake.position).only("line", "cells", "is_broken", "reason")[:_ROWS_AT_ONCE]
        )
        if not rows:
            match(intake, user=intake.created_by)
            intake.move_to(ImportState.READY, frm=(ImportState.CHECKING,), counts=counts_of(intake))
            return
        _write([_checked(row, interpreter) for row in rows])
        intake.position = rows[-1].line
        Import.objects.filter(pk=intake.pk).update(position=intake.position)


def last_line(intake: Import) -> int:
    return intake.rows.aggregate(last=Max("line"))["last"] or 0


def _checked(row: ImportRow, interpreter: Interpreter) -> dict[str, Any]:
    found: dict[str, Any] = {"pk": row.pk, "record": None, "emails": [], "phones": [], "reason": ""}
    if row.is_broken:
        return found | {"verdict": Verdict.REFUSED, "reason": row.reason}
    try:
        record = interpreter.record(row.cells)
    except Refused as reason:
        return found | {"verdict": Verdict.REFUSED, "reason": str(reason)}
    record.customer["sort_key"] = text.sort_key(record.customer["name"])[:400]
    return found | {
        "record": record.stored(),
        "emails": _all(record, "email", str.lower),
        "phones": _all(record, "phone", last_digits),
        "verdict": Verdict.CREATE,
    }


def _all(record: Record, kind: str, form: Any) -> list[str]:
    """All addresses or numbers of the person, in the form in which they are compared."""
    first = [record.contact[kind]] if kind in record.contact else []
    others = [value for of, _label, value in record.details if of == kind]
    return [known for value in (*first, *others) if (known := form(value))]


def _write(found: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps(found)])
