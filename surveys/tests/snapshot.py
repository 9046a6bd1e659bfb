"""The content of the whole database, to see that nothing was written."""

from django.apps import apps
from django.db import connection


def database() -> dict[str, tuple[int, str | None]]:
    """For each table of the product and of Django the number of rows and a digest of all of them."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" AS t')
            found[table] = cursor.fetchone()
    return found
