"""Real servers for the test suite, running before Django's settings are read.

Loaded with `-p` from pytest.ini. The processes of pytest-xdist inherit the servers of the process that started
them. Servers named by DATABASE_URL and REDIS_URL are used instead.
"""

import os
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from .command import end_on_signals
from .errors import EmbeddedError
from .servers import Servers

TEST_ENVIRONMENT = {
    "RETENTION_MODE": "test",
    "SECRET_KEY": "a-key-for-tests-only-that-guards-nothing-at-all-0123456789",
    "SITE_URL": "http://testserver",
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start the servers before pytest-django, whose hook of the same name reads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _prepare(early_config)
    return (yield)


def _prepare(config: pytest.Config) -> None:
    os.environ.update(TEST_ENVIRONMENT)
    for name in ("EMAIL_URL", "EMAIL_PROVIDER"):
        os.environ.pop(name, None)
    mailbox = tempfile.TemporaryDirectory(prefix="retention-crm-mailbox-", ignore_cleanup_errors=True)
    config.add_cleanup(mailbox.cleanup)
    os.environ["MAILBOX_DIR"] = str(Path(mailbox.name) / "mailbox")
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        end_on_signals()
    servers = Servers(ephemeral=True)
    config.add_cleanup(servers.stop)
    try:
        servers.start()
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.update(servers.environment)
