"""Loads the demo company for tests."""

from datetime import UTC, date, datetime
from io import StringIO

from django.core.management import call_command
from django.db import connection

ON = date(2026, 11, 26)
AT = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)


def seed(customers: int = 20, **options: object) -> str:
    """What the command says."""
    said = StringIO()
    # A test is one transaction; what is waiting to be checked at its end stands in the way of deleting everything.
    connection.check_constraints()
    options.setdefault("on", ON)
    call_command("seed_demo", customers=customers, stdout=said, stderr=StringIO(), **options)
    return said.getvalue()
