"""Statements the database plans once a session and runs many times.

For a statement that is run for one row at a time thousands of times, reading and planning it takes as long as running
it. The text names its parameters as elsewhere, `%(name)s`.
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any
from weakref import WeakSet

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import DuplicatePreparedStatement, InvalidSqlStatementName

_PARAMETER = re.compile(r"%\((\w+)\)s")


class Prepared:
    """One statement, prepared anew in each session that runs it."""

    def __init__(self, sql: str, parameters: str) -> None:
        """`parameters` are their names and types in PostgreSQL: "pk bigint, name text"."""
        self.sql = sql
        names, types = zip(*(parameter.split() for parameter in parameters.split(",")), strict=True)
        numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
        # A session that several share, as some poolers do it, never runs the statement of another version.
        self._name = f"retention_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
        self._prepare = f"PREPARE {self._name} ({', '.join(types)}) AS {numbered}"
        self._execute = f"EXECUTE {self._name} ({', '.join(f'%({name})s' for name in names)})"
        self._sessions: WeakSet[Any] = WeakSet()
        self._is_possible = True

    def run(self, parameters: Mapping[str, Any]) -> int:
        """The number of rows it reached. Outside a transaction it is one of its own, like any statement."""
        with connection.cursor() as cursor:
            if self._is_possible:
                try:
                    return self._run_prepared(cursor, parameters)
                except Exception as error:
                    if not isinstance(error.__cause__, DuplicatePreparedStatement | InvalidSqlStatementName):
                        raise
                    # Behind a pooler each statement may meet another session: then it is planned each time.
                    self._is_possible = False
            cursor.execute(self.sql, parameters)
            return int(cursor.rowcount)

    def _run_prepared(self, cursor: CursorWrapper, parameters: Mapping[str, Any]) -> int:
        # Within a transaction, what meets the wrong session must not take the rest with it.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            if connection.connection not in self._sessions:
                cursor.execute(self._prepare)
                self._sessions.add(connection.connection)
            cursor.execute(self._execute, parameters)
            return int(cursor.rowcount)
