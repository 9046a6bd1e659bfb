"""Gives a management command its servers for as long as it runs."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType

from .errors import EmbeddedError
from .modes import demo_environment, is_demo
from .places import data_directory
from .servers import Servers, announced_environment

WITHOUT_SERVERS = frozenset(
    {
        "",
        "--help",
        "-h",
        "--version",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "startapp",
        "version",
    }
)
UNREACHABLE = {
    "DATABASE_URL": "postgresql:///%2Fnonexistent/retention_crm",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


@contextlib.contextmanager
def servers_for(arguments: Sequence[str]) -> Iterator[None]:
    """Prepare the environment of `manage.py` called with these arguments, and the servers it needs.

    Leaves the process with a sentence and status 1 when the servers cannot be had.
    """
    if is_demo(os.environ):
        os.environ.update(demo_environment(os.environ))
    name = arguments[1] if len(arguments) > 1 else ""
    if name in WITHOUT_SERVERS or {"--help", "-h"} & set(arguments):
        _complete(announced_environment(data_directory(os.environ)) or UNREACHABLE)
        yield
        return
    end_on_signals()
    servers = Servers()
    try:
        servers.start()
    except EmbeddedError as error:
        sys.exit(str(error))
    try:
        _complete(servers.environment)
        yield
    finally:
        servers.stop()


def end_on_signals() -> None:
    """Make SIGTERM and a closed terminal end the process the orderly way, as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _complete(additions: dict[str, str]) -> None:
    for name, value in additions.items():
        if not os.environ.get(name):
            os.environ[name] = value
