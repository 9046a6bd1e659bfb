"""Emptying the database of the tests whose work was committed and can not be rolled back."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

# They name the tables, which are the same for every test.
_STAY = frozenset({ContentType._meta.db_table, Permission._meta.db_table})
_MANY_BYTES = 1_000_000


def empty() -> None:
    """Takes all rows out of the tables that have any.

    A TRUNCATE gives every table and index a new file, which costs more than the few rows of most tests: it is left
    for tables that have grown. Foreign keys are checked at the end, when nothing is left to point anywhere.
    """
    full = _with_rows()
    large = [name for name, size in full.items() if size > _MANY_BYTES]
    with transaction.atomic(), connection.cursor() as cursor:
        if large:
            cursor.execute(f"TRUNCATE {', '.join(large)} CASCADE")
        for name in full.keys() - set(large):
            cursor.execute(f"DELETE FROM {name}")


def _with_rows() -> dict[str, int]:
    """The tables that have rows, with their size in bytes."""
    tables = sorted(set(connection.introspection.django_table_names()) - _STAY)
    one = "SELECT '{0}', pg_relation_size('{0}') WHERE EXISTS (SELECT FROM {0})"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in tables))
        return dict(cursor.fetchall())
