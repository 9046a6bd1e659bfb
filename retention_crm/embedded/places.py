"""Where the servers keep their data, their sockets and, where needed, a copy of their programs.

Everything lies in `.data` beside manage.py. Started as root from a project that the servers' account cannot
reach (below /root, for example), `.data/servers` is a symbolic link to a directory of /var/lib/retention-crm.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import EmbeddedError
from .ownership import Account

PROJECT = Path(__file__).resolve().parents[2]
SYSTEM_HOME = Path("/var/lib/retention-crm")
SYSTEM_TEMPORARY = Path("/tmp")  # noqa: S108 - the directories made in it are private and have random names
# A socket's path may have 103 bytes on the strictest system, and its name takes 15 of them.
LONGEST_SOCKET_DIRECTORY = 88
EPHEMERAL_PREFIX = "retention-crm-test-"
OWNER_LOCK = "owner.lock"


def data_directory(environ: Mapping[str, str]) -> Path:
    """The directory of everything this installation keeps: RETENTION_DATA_DIR, or .data beside manage.py."""
    return Path(environ.get("RETENTION_DATA_DIR") or PROJECT / ".data").absolute()


def make_data_directory(path: Path) -> None:
    """Create the data directory; EmbeddedError when the system refuses."""
    try:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"The data directory {path} cannot be created ({error.strerror}). Set RETENTION_DATA_DIR."
        ) from error


def server_home(link: Path, account: Account) -> Path:
    """The directory of the servers' files: `link` itself, or where it points to; created when missing."""
    if link.is_symlink() and not link.exists():
        raise EmbeddedError(
            f"{link} points to {link.readlink()}, which does not exist. Bring that directory back, "
            f"or delete {link} to begin with empty data."
        )
    if not link.exists():
        _create_home(link, account)
    home = link.resolve()
    if not account.can_enter(home):
        raise EmbeddedError(
            f"The servers run as the account {account.name}, which cannot reach {home}. Move that directory "
            f"below {SYSTEM_HOME} and put a symbolic link to it at {link}."
        )
    return home


def _create_home(link: Path, account: Account) -> None:
    link.mkdir(mode=0o700)
    account.own(link)
    if account.can_enter(link):
        return
    link.rmdir()
    SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    away = Path(tempfile.mkdtemp(prefix=f"{link.parent.parent.name}-", dir=SYSTEM_HOME))
    account.own(away)
    link.symlink_to(away)


def private_directory(prefix: str, account: Account) -> Path:
    """A fresh 0700 directory for the account, with a path that can stand for a host: short and without a comma."""
    for base in (Path(tempfile.gettempdir()), SYSTEM_TEMPORARY):
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        account.own(path)
        if account.can_enter(path) and len(os.fsencode(path)) <= LONGEST_SOCKET_DIRECTORY and "," not in str(path):
            return path
        path.rmdir()
    raise EmbeddedError(f"Neither {tempfile.gettempdir()} nor {SYSTEM_TEMPORARY} can hold the servers' sockets.")


def remove_abandoned_ephemerals() -> None:
    """Delete the directories of test servers whose owner was killed: nobody holds their lock any more."""
    for base in {Path(tempfile.gettempdir()), SYSTEM_TEMPORARY}:
        for path in base.glob(f"{EPHEMERAL_PREFIX}*"):
            with contextlib.suppress(OSError), (path / OWNER_LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
