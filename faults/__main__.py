"""`make faults`: runs the cases and prints the table; `--short` a few quick ones, names only those that begin so."""

import importlib
import os
import sys
import tempfile
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
