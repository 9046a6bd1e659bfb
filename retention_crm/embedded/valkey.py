import contextlib
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from .lifeline import end_stray
from .ownership import Account
from .server import Server

START_SECONDS = 60
ATTEMPTS = 5


class Valkey(Server):
    """One Valkey server on a loopback port, guarded by a password made anew for every launcher."""

    name = "Valkey"
    stop_signals = (signal.SIGTERM,)
    stop_seconds = 15

    def __init__(self, program: Path, home: Path, account: Account, log: Path, *, durable: bool = True) -> None:
        super().__init__(home, account, log)
        self._program, self._durable = program, durable
        self._password = secrets.token_urlsafe(24)
        self._port = 0

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start on a free port, or on the same one as before, and wait until the data is loaded."""
        if not self.home.exists():
            self.home.mkdir(mode=0o700)
            self.account.own(self.home)
        self._end_stray()
        port_is_ours_to_choose = self._port == 0
        for _attempt in range(ATTEMPTS):
            self._port = _free_port() if port_is_ours_to_choose else self._port
            if self._answers(self._spawn([str(self._program), str(self._write_settings())])):
                return
            if "in use" not in self._log_end():
                break
            time.sleep(0.2)
        raise self._failure("did not start")

    def _write_settings(self) -> Path:
        path = self.home / "valkey.conf"
        lines = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "requirepass": self._password,
            "dir": _quoted(self.home),
            "pidfile": _quoted(self.home / "valkey.pid"),
            "databases": "64",
            "save": '""',
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",
        }
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        self.account.own(path)
        return path

    def _end_stray(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.home / "valkey.pid").read_text())
            end_stray(pid, str(self.home / "valkey.conf"), signal.SIGTERM, self.stop_seconds)

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._reap()
                return False
            if self._ping() == b"+OK\r\n+PONG\r\n":
                return True
            time.sleep(0.02)
        raise self._failure(f"did not answer within {START_SECONDS} seconds")

    def _ping(self) -> bytes:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection,
        ):
            connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
            with connection.makefile("rb") as answers:
                return answers.readline() + answers.readline()
        return b""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
