"""Migrations of tables that are in use."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, NotInTransactionMixin
from django.db.migrations.operations import AddConstraint

# Set for the whole of `manage.py migrate`: a change of a table that does not get its lock gives up, because everything
# that wants to use the table waits behind it.
LOCK_TIMEOUT = "-c lock_timeout=5s"


class AddIndexOnLiveTable(AddIndexConcurrently):
    """Builds an index while the table is used. It blocks nobody, so it may wait for as long as others need.

    What an interrupted attempt left behind is taken away first, so the migration can simply be run again.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute("SET lock_timeout = 0")
        if _is_broken(schema_editor, self.index.name):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("RESET lock_timeout")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute("SET lock_timeout = 0")
        super().database_backwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("RESET lock_timeout")


class AddUniqueOnLiveTable(NotInTransactionMixin, AddConstraint):
    """Makes some rows unique (a UniqueConstraint with a condition, which is an index) while the table is used.

    Like AddIndexOnLiveTable it blocks nobody, and can be run again.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        schema_editor.execute("SET lock_timeout = 0")
        if _is_broken(schema_editor, self.constraint.name):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(self.constraint.name)}")
        sql = str(self.constraint.create_sql(model, schema_editor))
        schema_editor.execute(sql.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY", 1), params=None)
        schema_editor.execute("RESET lock_timeout")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        super().database_backwards(app_label, schema_editor, from_state, to_state)


def _is_broken(schema_editor: Any, name: str) -> bool:
    """Whether there is an index of that name whose building was interrupted."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [f'"{name}"'])
        row = cursor.fetchone()
    return bool(row and row[0])
