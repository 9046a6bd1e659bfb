"""What both servers have in common: one child process with a log file, started, watched and stopped."""

import contextlib
import os
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from .errors import EmbeddedError
from .lifeline import LIFELINE
from .ownership import Account

LONGEST_LOG = 10_000_000
SHOWN_LOG_LINES = 8


class Server(ABC):
    """A server process that dies with the process that started it. Start it from the main thread only."""

    name: str
    stop_signals: tuple[signal.Signals, ...]
    stop_seconds: float

    def __init__(self, home: Path, account: Account, log: Path) -> None:
        self.home, self.account, self.log = home, account, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for DATABASE_URL or REDIS_URL; the same after every restart."""

    @abstractmethod
    def start(self) -> None:
        """Start and wait until the server answers; EmbeddedError says why it does not."""

    @property
    def pid(self) -> int:
        """The number of the server's main process."""
        if self._process is None:
            raise EmbeddedError(f"{self.name} was not started.")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End the server as a crash would; what it had promised to keep is there after the next start."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def ask_to_stop(self) -> None:
        """Begin an orderly stop and return at once."""
        if self.is_running:
            self._signal(self.stop_signals[0])

    def stop(self) -> None:
        """Stop in order, with more and more force when the server takes too long."""
        for number in self.stop_signals:
            if self._process is None:
                return
            self._signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self.stop_seconds)
                self._reap()
        self.kill()

    def restart(self) -> None:
        """Stop in order and start again at the same address."""
        self.stop()
        self.start()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.old"))
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=LIFELINE.in_child(self.stop_signals[0]),
                env={"PATH": os.defpath, "HOME": str(self.home), "LC_ALL": "C", "TZ": "UTC"},
                **self.account.credentials,
            )
        LIFELINE.watch(process.pid, self.stop_signals[0])
        self._process = process
        return process

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            LIFELINE.forget(self._process.pid)
            self._process = None

    def _log_end(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-SHOWN_LOG_LINES:]
            return "".join(f"\n  {line}" for line in lines)
        return ""

    def _failure(self, reason: str) -> EmbeddedError:
        return EmbeddedError(f"{self.name} {reason}. The end of {self.log}:{self._log_end()}")
