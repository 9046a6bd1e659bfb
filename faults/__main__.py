"""`make faults`: runs the cases and prints the table; names choose those that begin so.

`--short` are a few quick ones. `--side-by-side=3` runs three at a time, each in a process with servers of its own.
"""

import importlib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import django

from faults import sink
from faults.processes import Processes
from retention_crm.embedded.command import end_on_signals
from retention_crm.embedded.servers import Servers

ENVIRONMENT = {
    "RETENTION_MODE": "test",
    "SECRET_KEY": "a-key-for-faults-only-that-guards-nothing-at-all-0123456789",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
    "DJANGO_SETTINGS_MODULE": "retention_crm.settings",
    "DATABASE_CONN_MAX_AGE": "600",
    "MAILBOX_DIR": "",
    "EMAIL_PROVIDER": "",
    "LOG_LEVEL": "WARNING",
}


def main(arguments: list[str]) -> int:
    end_on_signals()
    short = "--short" in arguments
    names = [name for name in arguments if not name.startswith("--")]
    at_once = next((int(word.partition("=")[2]) for word in arguments if word.startswith("--side-by-side=")), 0)
    return side_by_side(names, at_once) if at_once else play(names, short=short)


def side_by_side(names: list[str], at_once: int) -> int:
    """So many cases at a time; one table at the end, whose lines stand in their usual order."""
    # Only to learn the names of the cases: nothing is connected to.
    os.environ.update(ENVIRONMENT | {"DATABASE_URL": "postgres://nowhere/none", "REDIS_URL": "redis://nowhere"})
    django.setup()
    cases = importlib.import_module("faults.cases")
    chosen = [name for name, _case in cases.chosen(names, short=False)]
    if not chosen:
        sys.exit(f"No case begins with {' or '.join(names)}.")
    running: list[subprocess.Popen[str]] = []

    def alone(name: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "faults", name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            running.append(process)
            found, _none = process.communicate()
        print(found.partition("Measured on")[0], end="", flush=True)
        return process.returncode, found

    with ThreadPoolExecutor(at_once) as pool:
        try:
            done = list(pool.map(alone, chosen))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()
            raise
    lines = [line for _status, found in done for line in found.splitlines() if line.startswith("| ")]
    print(cases.table([], on=date.today()))  # noqa: DTZ011 - the day of this machine's clock
    print("\n".join(line for line in lines if not line.startswith("| case |")))
    return max(status for status, _found in done)


def play(names: list[str], *, short: bool) -> int:
    """One case after the other on the same servers."""
    with (
        tempfile.TemporaryDirectory(prefix="retention-faults-", ignore_cleanup_errors=True) as place,
        Servers(Path(place) / "data", borrow=False, environ={}) as servers,
        sink.running() as mail_server,
    ):
        os.environ.update(ENVIRONMENT | servers.environment | {"EMAIL_URL": mail_server.url()})
        django.setup()
        # Models can be imported only now that the settings are known.
        stages, cases = importlib.import_module("faults.stage"), importlib.import_module("faults.cases")
        processes = Processes(os.environ, Path(place))
        try:
            stage = stages.Stage(servers, mail_server, processes, Path(place), hurry=short)
            stage.prepare()
            results = [cases.run(stage, case) for case in cases.chosen(names, short=short)]
        finally:
            processes.close()
    print(cases.table(results, on=date.today()))  # noqa: DTZ011 - the day of this machine's clock
    return 1 if any(result.complaints for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
