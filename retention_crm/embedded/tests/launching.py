"""Real launchers in processes of their own, for tests that end them in every way."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import environ
import psycopg2
import redis

from retention_crm.embedded.claim import Claim
from retention_crm.embedded.lifeline import is_alive
from retention_crm.embedded.places import PROJECT

SECONDS = 15.0


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """This process's environment without the servers of the suite."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    for name in ("RETENTION_MODE", "SECRET_KEY", "MAILBOX_DIR", "PORT", "HOST"):
        kept.pop(name, None)
    return kept | {"RETENTION_DATA_DIR": str(data_dir)} | more


def eventually(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


class Launcher:
    """A process that runs the servers and has printed their addresses."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self.process, self.data_dir = process, data_dir
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _url in range(2)]
        self.urls = dict(line.split("=", 1) for line in lines)
        self.sockets = Path(environ.Env.db_url_config(self.urls["DATABASE_URL"])["HOST"])
        home = (data_dir / "servers").resolve()
        self.postgres_pid = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        self.valkey_pid = int((home / "valkey" / "valkey.pid").read_text())

    @property
    def pids(self) -> tuple[int, int]:
        return self.postgres_pid, self.valkey_pid

    def servers_are_gone(self) -> bool:
        return not any(is_alive(pid) for pid in self.pids)


@contextlib.contextmanager
def launched(data_dir: Path, code: str = "", **more: str) -> Iterator[Launcher]:
    """A launcher on this data, run as `code` where given; killed at the end if it still runs."""
    arguments = ["-c", code] if code else ["-m", "retention_crm.embedded", "servers"]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=environment(data_dir, **more),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        launcher = Launcher(process, data_dir)
        yield launcher
    finally:
        process.kill()
        process.communicate()
    eventually(launcher.servers_are_gone)
    shutil.rmtree(launcher.sockets, ignore_errors=True)
    assert Claim(data_dir).take()


class Memory:
    """Words kept in both servers, apart from those of every other test on the same data."""

    def __init__(self) -> None:
        self._key = f"memory_{secrets.token_hex(8)}"

    def write(self, urls: dict[str, str], word: str) -> None:
        """Write one word into both servers; what PostgreSQL says is committed, what Valkey says is on disk."""
        with contextlib.closing(connect(urls)) as connection, connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE IF NOT EXISTS "{self._key}" (word text)')
            cursor.execute(f'INSERT INTO "{self._key}" VALUES (%s)', [word])
            connection.commit()
        valkey: Any = redis.Redis.from_url(urls["REDIS_URL"])
        valkey.config_set("appendfsync", "always")
        valkey.rpush(self._key, word)

    def read(self, urls: dict[str, str]) -> tuple[list[str], list[str]]:
        """The words that PostgreSQL and Valkey know."""
        with contextlib.closing(connect(urls)) as connection, connection.cursor() as cursor:
            cursor.execute(f'SELECT word FROM "{self._key}"')
            rows = [row[0] for row in cursor.fetchall()]
        valkey: Any = redis.Redis.from_url(urls["REDIS_URL"], decode_responses=True)
        return rows, valkey.lrange(self._key, 0, -1)


def connect(urls: dict[str, str]) -> Any:
    """A connection to the address as django-environ understands it."""
    parsed = environ.Env.db_url_config(urls["DATABASE_URL"])
    return psycopg2.connect(host=parsed["HOST"], user=parsed["USER"], dbname=parsed["NAME"])
