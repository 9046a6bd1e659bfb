"""Tables of figures as files, for whoever wants to reckon with them."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

from retention_crm.lib.spreadsheets import guarded


def as_csv(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> bytes:
    """Numbers stay numbers; no text is a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(guarded(str(cell)) for cell in head)
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    # Spreadsheets know by the mark that the text is UTF-8.
    return ("\ufeff" + file.getvalue()).encode()


def csv_file(name: str, content: bytes) -> HttpResponse:
    """An answer that is kept under that name."""
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
