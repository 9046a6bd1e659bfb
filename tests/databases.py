"""The databases of a suite that runs in several processes: the migrations run in one of them, the others copy it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.emptying import empty

TEMPLATE = "test_retention_crm_template"


@contextmanager
def copied(lock: Path) -> Iterator[None]:
    """Meanwhile the test database of this process is made as a copy of the template.

    The first process to take the lock makes the template, the first to leave drops it; one that comes later still
    makes it anew.
    """
    with _alone(lock):
        if not _is_there():
            _migrate()
    connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE
    yield
    with _alone(lock), connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_there() -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [TEMPLATE])
        return cursor.fetchone() is not None


def _migrate() -> None:
    names, given = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    own, names["NAME"] = names["NAME"], TEMPLATE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    # No test is the first to see what migrations put there.
    empty()
    # Nobody may look at a database that is copied.
    connection.close()
    names["NAME"] = own
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = given
