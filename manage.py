#!/usr/bin/env python
"""Runs a management command, with the embedded servers unless DATABASE_URL and REDIS_URL name others."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from retention_crm.embedded.command import servers_for
from retention_crm.lib.live_migrations import LOCK_TIMEOUT


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")
    if sys.argv[1:2] == ["migrate"]:
        os.environ.setdefault("PGOPTIONS", LOCK_TIMEOUT)
    with servers_for(sys.argv):
        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            sys.exit(f"Not configured: {error}")
        except OperationalError as error:
            if "lock timeout" in str(error):
                sys.exit("Somebody was using a table that has to change. Nothing is half done; run the command again.")
            sys.exit(f"The database does not answer; check DATABASE_URL and whether the server runs: {error}")


if __name__ == "__main__":
    main()
