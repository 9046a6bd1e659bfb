"""Changing tables that are in use: nobody waits behind a migration, and an interrupted one is run again."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.db import IntegrityError, connection, models
from django.db.migrations.loader import MigrationLoader

from retention_crm.lib.live_migrations import AddIndexOnLiveTable, AddUniqueOnLiveTable
from tests import factories

PROJECT = Path(__file__).resolve().parents[3]
INDEX = "segment_for_the_test"

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def in_use(table: str, mode: str) -> Iterator[None]:
    """Somebody else holds that lock meanwhile."""
    with closing(psycopg2.connect(**connection.get_connection_params())) as other, other.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield


@pytest.fixture
def add_index() -> Iterator[AddIndexOnLiveTable]:
    yield AddIndexOnLiveTable("segment", models.Index(fields=["name", "cadence_days"], name=INDEX))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


@pytest.fixture
def add_unique() -> Iterator[AddUniqueOnLiveTable]:
    rule = models.UniqueConstraint(fields=["cadence_days"], condition=models.Q(cadence_days__gt=90), name=INDEX)
    yield AddUniqueOnLiveTable("segment", rule)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


def run(operation: AddIndexOnLiveTable | AddUniqueOnLiveTable, *, back: bool = False) -> None:
    before = MigrationLoader(connection).project_state()
    after = before.clone()
    operation.state_forwards("customers", after)
    with connection.schema_editor(atomic=False) as editor:
        if back:
            operation.database_backwards("customers", editor, after, before)
        else:
            operation.database_forwards("customers", editor, before, after)


def is_valid() -> bool | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [INDEX])
        row = cursor.fetchone()
    return row[0] if row else None


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def test_an_index_is_built_and_taken_away_and_the_timeout_is_as_before(add_index: AddIndexOnLiveTable) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()[0]
    run(add_index)
    assert is_valid()
    run(add_index, back=True)
    assert is_valid() is None
    assert setting() == before


def test_what_an_interrupted_attempt_left_is_built_anew(add_index: AddIndexOnLiveTable) -> None:
    run(add_index)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", [INDEX])
    run(add_index)
    assert is_valid()


def test_a_rule_is_kept_by_those_rows_it_is_for_and_can_be_made_again(add_unique: AddUniqueOnLiveTable) -> None:
    run(add_unique)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", [INDEX])
    before = setting()
    run(add_unique)
    assert is_valid() and setting() == before
    for days in (30, 30, 120):
        factories.segment(days)
    with pytest.raises(IntegrityError):
        factories.segment(120)
    run(add_unique, back=True)
    assert is_valid() is None
    factories.segment(120)


def test_who_writes_does_not_wait_for_a_rule_that_waits_for_another(add_unique: AddUniqueOnLiveTable) -> None:
    def build() -> None:
        run(add_unique)
        connection.close()

    with in_use("customers_segment", "ROW EXCLUSIVE"):
        builder = threading.Thread(target=build)
        builder.start()
        builder.join(0.5)
        assert builder.is_alive()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
            factories.segment(120)
            cursor.execute("RESET lock_timeout")
    builder.join(10)
    assert is_valid()


def test_the_index_waits_for_whoever_writes(add_index: AddIndexOnLiveTable) -> None:
    done = threading.Event()

    def build() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        run(add_index)
        connection.close()
        done.set()

    with in_use("customers_segment", "ROW EXCLUSIVE"):
        builder = threading.Thread(target=build)
        builder.start()
        assert not done.wait(0.5)
    builder.join(10)
    assert done.is_set()
    assert is_valid()


def test_a_change_that_does_not_get_its_lock_gives_up_and_says_so() -> None:
    name = connection.settings_dict["NAME"]
    host = connection.settings_dict["HOST"]
    environ = os.environ | {
        "DATABASE_URL": f"postgres://{connection.settings_dict['USER']}@{host.replace('/', '%2F')}/{name}",
        "PGOPTIONS": "-c lock_timeout=200ms",
    }
    with in_use("accounts_company, accounts_user", "ACCESS SHARE"):
        result = subprocess.run(
            [sys.executable, "manage.py", "migrate", "accounts", "0001"],
            cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert "run the command again" in result.stderr
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(quiet_from) FROM accounts_company")
