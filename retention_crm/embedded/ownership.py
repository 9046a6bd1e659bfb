"""The account that the servers run as.

PostgreSQL refuses to run as root. Started as root, both servers therefore run as the account that owns their
data already, else as `postgres` where the system has it, else as `nobody`. No account is ever created.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from .errors import EmbeddedError

CANDIDATES = ("postgres", "nobody")


class Credentials(TypedDict, total=False):
    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True)
class Account:
    """Who runs the servers; `drops` is whether that is somebody else than the launcher."""

    name: str
    uid: int
    gid: int
    drops: bool

    @property
    def credentials(self) -> Credentials:
        """What subprocess needs to start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}

    def own(self, path: Path) -> None:
        """Hand a file or directory over to this account."""
        if self.drops:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Whether this account may enter the directory; asked of the system, not read from mode bits."""
        if not self.drops:
            return os.access(directory, os.X_OK)
        probe = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)]
        return _succeeds(probe, self.credentials)

    def can_run(self, program: Path) -> bool:
        """Whether this account may run the program and everything it is linked with."""
        return _succeeds([str(program), "--version"], self.credentials)


def _succeeds(command: list[str], credentials: Credentials) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **credentials).returncode == 0
    except OSError:
        return False


def server_account(data: Path | None) -> Account:
    """The account for servers whose data lies in `data`, which need not exist yet.

    Raises EmbeddedError when the data belongs to somebody this process cannot become.
    """
    owner = data.stat().st_uid if data is not None and data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedError(
                f"{data} belongs to the account {_name_of(owner)}; run this command as that account or as root."
            )
        return Account(_name_of(os.geteuid()), os.geteuid(), os.getegid(), drops=False)
    names = CANDIDATES if not owner else (_name_of(owner), *CANDIDATES)
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, drops=True)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this system has neither the account postgres nor nobody. "
        "Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own."
    )


def _name_of(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)
