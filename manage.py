#!/usr/bin/env python
"""Runs a management command, with the embedded servers unless DATABASE_URL and REDIS_URL name others."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from retention_crm.embedded.command import servers_for


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")
    with servers_for(sys.argv):
        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            sys.exit(f"Not configured: {error}")


if __name__ == "__main__":
    main()
