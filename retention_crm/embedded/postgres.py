import contextlib
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

from .errors import EmbeddedError
from .lifeline import end_stray
from .ownership import Account
from .server import Server

DATABASE = "retention_crm"
ROLE = "retention"
START_SECONDS = 120
BLOCKED_SECONDS = 20
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
# What counts as a letter, which trigrams ask the system: without it they know none beyond ASCII, and names in other
# scripts are searched row by row. A system that has not got it makes do with C.
LETTERS = "C.UTF-8"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres(Server):
    """One PostgreSQL cluster, reached through a socket in a directory that only its account may enter."""

    name = "PostgreSQL"
    stop_signals = (signal.SIGINT, signal.SIGQUIT)
    stop_seconds = 30

    def __init__(
        self, programs: Path, home: Path, account: Account, log: Path, sockets: Path, *, durable: bool = True
    ) -> None:
        super().__init__(home, account, log)
        self._programs, self.sockets, self._durable = programs, sockets, durable

    @property
    def url(self) -> str:
        """For django-environ, which wants the socket's directory percent-encoded before the name."""
        return f"postgresql://{ROLE}@/{quote(str(self.sockets), safe='')}/{DATABASE}"

    def start(self) -> None:
        """Create the cluster and the database where missing, start, and wait until it answers."""
        self._check_version()
        if not self.home.exists():
            self._create()
        self._end_stray()
        deadline = time.monotonic() + BLOCKED_SECONDS
        while not self._answers(self._spawn(self._command())):
            if "still in use" not in self._log_end() or time.monotonic() > deadline:
                raise self._failure("did not start")
            time.sleep(0.3)
        self._make_database()

    def _check_version(self) -> None:
        written = self.home / "PG_VERSION"
        if not written.exists():
            return
        theirs = written.read_text().strip()
        banner = subprocess.run(
            [str(self._programs / "postgres"), "--version"], capture_output=True, text=True, check=True, cwd="/"
        )
        ours = banner.stdout.split()[-1].partition(".")[0]
        if theirs != ours:
            raise EmbeddedError(
                f"The data in {self.home} was written by PostgreSQL {theirs}, but this installation runs PostgreSQL "
                f"{ours}. Dump the database with PostgreSQL {theirs} (pg_dump), move that directory away, and load "
                f"the dump into the new one."
            )

    def _create(self) -> None:
        """Build the cluster beside its place and move it there whole, so that a crash leaves no half of one."""
        half = self.home.with_name("postgres.new")
        made = self._initdb(half, LETTERS)
        if made.returncode != 0:
            made = self._initdb(half, "C")
        if made.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not create its data in {half}:\n{made.stderr.strip()}")
        half.rename(self.home)

    def _initdb(self, half: Path, letters: str) -> "subprocess.CompletedProcess[str]":
        subprocess.run(["rm", "-rf", str(half)], check=True)
        options = ["--auth=trust", "--data-checksums", "--no-instructions", f"--lc-ctype={letters}"]
        if not self._durable:
            options.append("--no-sync")
        return subprocess.run(
            [str(self._programs / "initdb"), "-D", str(half), "-U", ROLE, *LOCALE, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home.parent,
            stdin=subprocess.DEVNULL,
            **self.account.credentials,
        )

    def _end_stray(self) -> None:
        """End a server left behind by a killed launcher; drop its lock when the number is a stranger's now."""
        lock = self.home / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(lock.read_text().splitlines()[0])
            end_stray(pid, f"-D {self.home}", signal.SIGINT, self.stop_seconds)
            lock.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        settings = SETTINGS | ({} if self._durable else FORGETFUL)
        settings["unix_socket_directories"] = f'"{self.sockets}"'
        options = [f"-c{name}={value}" for name, value in settings.items()]
        return [str(self._programs / "postgres"), "-D", str(self.home), *options]

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for the first connection; False when the process ends instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._reap()
                return False
            with contextlib.suppress(psycopg2.OperationalError):
                psycopg2.connect(host=str(self.sockets), user=ROLE, dbname="postgres").close()
                return True
            time.sleep(0.02)
        raise self._failure(f"did not answer within {START_SECONDS} seconds")

    def _make_database(self) -> None:
        connection = psycopg2.connect(host=str(self.sockets), user=ROLE, dbname="postgres")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
