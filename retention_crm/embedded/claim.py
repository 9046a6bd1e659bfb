"""Who runs the servers of a data directory, and what others need to use them too."""

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from .errors import EmbeddedError


@dataclass
class Notice:
    """What the launcher that runs the servers tells every other command."""

    pid: int
    command: str
    sockets: str = ""
    environment: dict[str, str] = field(default_factory=dict)


class Claim:
    """The right to run the servers of one data directory: a lock that ends with its holder, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "launcher.lock"
        self._notice = data_dir / "launcher.json"
        self._lock: IO[bytes] | None = None

    def take(self) -> bool:
        """Try to get the right without waiting."""
        try:
            lock = self._path.open("ab")
        except PermissionError as error:
            raise EmbeddedError(
                f"{self._path} belongs to another account; run this command as the account that began here."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._notice.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def publish(self, notice: Notice) -> None:
        """Say that the servers are ready; only this account may read it, for it holds a password."""
        half = self._notice.with_suffix(".new")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(notice), file, indent=2)
        half.replace(self._notice)

    def read(self) -> Notice | None:
        """The last notice, also one that a killed launcher left behind."""
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            return Notice(**json.loads(self._notice.read_text()))
        return None

    def forget_stale(self) -> Notice | None:
        """Remove and return what a killed launcher left; to be called by the holder before it begins."""
        stale = self.read()
        self._notice.unlink(missing_ok=True)
        return stale
