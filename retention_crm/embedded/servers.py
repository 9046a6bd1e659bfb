"""PostgreSQL and Valkey for as long as somebody needs them."""

import contextlib
import fcntl
import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from .claim import Claim, Notice
from .errors import EmbeddedError
from .ownership import Account, server_account
from .places import (
    EPHEMERAL_PREFIX,
    OWNER_LOCK,
    data_directory,
    make_data_directory,
    private_directory,
    remove_abandoned_ephemerals,
    server_home,
)
from .postgres import Postgres
from .programs import postgres_programs, valkey_program
from .server import Server
from .valkey import Valkey

BORROW_SECONDS = 120
URLS = ("DATABASE_URL", "REDIS_URL")


class Servers:
    """The embedded servers of one data directory; a context manager.

    A server whose URL is set in `environ` is not started. Servers that another command runs already on the same
    data are used with it (`borrowed`), unless `borrow` is false: then EmbeddedError says who runs them.
    `ephemeral` makes fast, forgetful servers in a temporary directory that goes with them.
    Start them from the main thread: on Linux they end with the thread that started them.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        ephemeral: bool = False,
        borrow: bool = True,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        self.given = {name: environ[name] for name in URLS if environ.get(name)}
        self.data_dir = data_dir or data_directory(environ)
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.borrowed: Notice | None = None
        self._ephemeral, self._may_borrow = ephemeral, borrow
        self._claim: Claim | None = None
        self._sockets: Path | None = None
        self._owner_lock: IO[bytes] | None = None
        self._announced: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL, and whatever else the running launcher announced."""
        if self.borrowed is not None:
            return self.borrowed.environment | self.given
        urls = {name: server.url for name, server in zip(URLS, (self.postgres, self.valkey), strict=True) if server}
        return self._announced | urls | self.given

    @property
    def postgres_pid(self) -> int:
        return self._own(self.postgres).pid

    @property
    def valkey_pid(self) -> int:
        return self._own(self.valkey).pid

    @property
    def running(self) -> list[Server]:
        """The servers that this object started."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start what is needed, or find it running; EmbeddedError says what is in the way."""
        if len(self.given) == len(URLS):
            return
        try:
            if self._ephemeral:
                self._start_ephemeral()
            elif self._take_or_borrow():
                self._start_durable()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what this object started; a second Ctrl-C meanwhile ends it at once, without loss."""
        try:
            for server in self.running:
                server.ask_to_stop()
            for server in self.running:
                server.stop()
        except (KeyboardInterrupt, SystemExit):
            for server in self.running:
                server.kill()
        self.postgres = self.valkey = self.borrowed = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None
        if self._owner_lock is not None:
            self._owner_lock.close()
            self._owner_lock = None

    def announce(self, environment: Mapping[str, str]) -> None:
        """Tell other commands on the same data how to reach what runs beside the servers."""
        self._announced = dict(environment)
        self._publish()

    def _publish(self) -> None:
        if self._claim is not None:
            command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
            self._claim.publish(Notice(os.getpid(), command, str(self._sockets or ""), self.environment))

    def _start_ephemeral(self) -> None:
        remove_abandoned_ephemerals()
        account = server_account(None)
        self._sockets = home = private_directory(EPHEMERAL_PREFIX, account)
        self._owner_lock = (home / OWNER_LOCK).open("ab")
        fcntl.flock(self._owner_lock, fcntl.LOCK_EX)
        self._start_servers(home, account, durable=False)

    def _start_durable(self) -> None:
        link = self.data_dir / "servers"
        account = server_account(link)
        home = server_home(link, account)
        self._sockets = private_directory("retention-crm-", account)
        self._start_servers(home, account, durable=True)
        self._publish()

    def _start_servers(self, home: Path, account: Account, *, durable: bool) -> None:
        sockets = self._sockets or home
        if "REDIS_URL" not in self.given:
            program = valkey_program(account)
            self.valkey = Valkey(program, home / "valkey", account, home / "valkey.log", durable=durable)
            self.valkey.start()
        if "DATABASE_URL" not in self.given:
            programs = postgres_programs(account)
            log = home / "postgres.log"
            self.postgres = Postgres(programs, home / "postgres", account, log, sockets, durable=durable)
            self.postgres.start()

    def _take_or_borrow(self) -> bool:
        """True with the right to start the servers; False when those of another command are borrowed."""
        make_data_directory(self.data_dir)
        claim = Claim(self.data_dir)
        deadline = time.monotonic() + BORROW_SECONDS
        while not claim.take():
            notice = claim.read()
            if notice is not None:
                self._borrow(notice)
                return False
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Another command has been starting the servers of {self.data_dir} for too long.")
            time.sleep(0.1)
        self._claim = claim
        stale = claim.forget_stale()
        if stale is not None and stale.sockets:
            shutil.rmtree(stale.sockets, ignore_errors=True)
        return True

    def _borrow(self, notice: Notice) -> None:
        if not self._may_borrow:
            address = notice.environment.get("SITE_URL")
            where = f" at {address}" if address else ""
            raise EmbeddedError(
                f"Retention CRM already runs on {self.data_dir}{where}: process {notice.pid}, `{notice.command}`. "
                f"Stop that first, or set RETENTION_DATA_DIR to another directory."
            )
        self.borrowed = notice

    @staticmethod
    def _own(server: Server | None) -> Server:
        if server is None:
            raise EmbeddedError("This server was not started here.")
        return server


def announced_environment(data_dir: Path) -> dict[str, str]:
    """The environment of the launcher that runs on this data right now; empty when none does."""
    claim = Claim(data_dir)
    with contextlib.suppress(EmbeddedError, FileNotFoundError):
        if claim.take():
            claim.release()
            return {}
    notice = claim.read()
    return notice.environment if notice is not None else {}
