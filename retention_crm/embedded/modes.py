"""The environment of the demo: what a fresh checkout runs with while nobody has set anything."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from .places import data_directory, make_data_directory


def is_demo(environ: Mapping[str, str]) -> bool:
    """RETENTION_MODE decides; unset, it is the demo only while no database of one's own is named."""
    mode = environ.get("RETENTION_MODE")
    return mode == "demo" if mode else not environ.get("DATABASE_URL")


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the demo adds to the environment; what is set already stays."""
    data_dir = data_directory(environ)
    additions = {
        "RETENTION_MODE": "demo",
        "MAILBOX_DIR": str(data_dir / "mailbox"),
    }
    if not environ.get("SECRET_KEY"):
        additions["SECRET_KEY"] = secret_key(data_dir)
    return {name: value for name, value in additions.items() if not environ.get(name)}


def secret_key(data_dir: Path) -> str:
    """The demo's own secret key, made once; readable only by the account that made it."""
    make_data_directory(data_dir)
    path = data_dir / "secret_key"
    half = data_dir / f"secret_key.{os.getpid()}"
    if not path.exists():
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(half, path)
        half.unlink()
    return path.read_text().strip()
