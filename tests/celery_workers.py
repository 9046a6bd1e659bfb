"""Real Celery workers for tests: each a process tree of its own on the test's database and a broker of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def broker_address() -> str:
    """A database of the broker that no other process of the suite uses."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlunsplit(urlsplit(str(settings.REDIS_URL))._replace(path=f"/{number}"))


def _database() -> str:
    """The address of the database of this test, which is not the one the settings were read from."""
    return "/".join([os.environ["DATABASE_URL"].rpartition("/")[0], str(connection.settings_dict["NAME"])])


@contextmanager
def worker(name: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker tree of its own, ended with everything it started."""
    whole = {**os.environ, "DATABASE_URL": _database(), "REDIS_URL": broker_address(), **environment}
    # The checks of the settings have tests of their own; here they would be a quarter of the work of each start.
    celery = [sys.executable, "-m", "celery", "-A", "retention_crm.celery", "--skip-checks"]
    process = subprocess.Popen(
        [*celery, "worker", "-n", f"{name}@test", "-c", "1", "-l", "WARNING"],
        cwd=ROOT,
        env=whole,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_tree(process)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of the worker and its children, as when a machine loses power."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(timeout=10)
