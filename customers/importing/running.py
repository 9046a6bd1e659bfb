"""Writing what was checked, batch by batch: each is written whole and once, whatever becomes of the worker."""

import json
import time
from typing import Any

from django.db import connection, transaction

from accounts.models import Company
from customers.importing.checking import last_line
from customers.importing.matching import counts_of, match
from customers.importing.staging import forget_file
from customers.importing.writing import Batch, Terms
from customers.models import Import, ImportRow, ImportState, Verdict
from retention_crm.lib import clock

_ROWS_AT_ONCE = 1000
_OUTCOMES = """
UPDATE customers_importrow r
SET verdict = new.verdict, reason = new.reason, customer_pk = new.customer_pk, contact_pk = new.contact_pk,
    changes = new.changes
FROM jsonb_to_recordset(%s) AS new (
    pk bigint, verdict text, reason text, customer_pk bigint, contact_pk bigint, changes jsonb
)
WHERE r.id = new.pk
"""


def begin(intake: Import) -> bool:
    """Asks a worker to write what is ready; whether it was."""
    return intake.move_to(ImportState.RUNNING, frm=(ImportState.READY,), began_at=clock.now(), total=last_line(intake))


def run(intake: Import, *, until: float) -> None:
    """Goes on writing until that moment of the steady clock, at least one batch; when all is written, it is done.

    To look anew whom a large file is about may take until that moment: without a batch it would be asked for ever.
    """
    if intake.position == 0:
        # Since it was checked, others may have been brought or changed.
        match(intake, user=intake.created_by)
        forget_file(intake)
    terms = _terms(intake)
    while _write_batch(intake, terms):
        if time.monotonic() >= until:
            return
    counts = {**counts_of(intake), **_made(intake)}
    intake.move_to(ImportState.DONE, frm=(ImportState.RUNNING,), counts=counts, finished_at=clock.now())


def _terms(intake: Import) -> Terms:
    options = intake.options
    company = Company.current()
    defaults: dict[str, Any] = {
        "owner_id": options["owner"],
        "segment_id": options["segment"],
        "customer_since": options["since"],
        "language": options["language"],
        "time_zone": company.time_zone,
    }
    return Terms(by=intake.created_by, at=intake.began_at or clock.now(), mode=options["mode"], defaults=defaults)


def _write_batch(intake: Import, terms: Terms) -> bool:
    """Writes the next lines with their outcomes and the place where to go on, all in one; whether there were any."""
    with transaction.atomic():
        pending = intake.rows.filter(line__gt=intake.position, verdict__in=[Verdict.CREATE, Verdict.UPDATE])
        rows = list(pending.defer("cells", "emails", "phones")[:_ROWS_AT_ONCE])
        if not rows:
            return False
        batch = Batch(
            rows,
            terms,
            customers=_brought(intake, rows, "leader", "customer_pk"),
            contacts=_brought(intake, rows, "same_as", "contact_pk"),
        )
        batch.write()
        with connection.cursor() as cursor:
            cursor.execute(_OUTCOMES, [json.dumps(list(batch.outcomes()))])
        intake.position = rows[-1].line
        Import.objects.filter(pk=intake.pk).update(position=intake.position)
    return True


def _brought(intake: Import, rows: list[ImportRow], by: str, what: str) -> dict[int, int]:
    """What lines of earlier batches brought that these rows are about, by the line."""
    lines = {line for row in rows if (line := getattr(row, by)) is not None and line < rows[0].line}
    found = intake.rows.filter(line__in=lines, **{f"{what}__isnull": False})
    return dict(found.values_list("line", what))


def _made(intake: Import) -> dict[str, int]:
    """How many customers and people were brought."""
    rows = intake.rows.filter(verdict=Verdict.CREATED)
    return {
        "customers": rows.filter(changes__has_key="new_customer").count(),
        "contacts": rows.filter(changes__has_key="new_contact").count(),
    }
