"""Measures the import of customers in a process of its own, so that its memory is its own as well."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from bench import importing


class Command(BaseCommand):
    help = "Imports a file with that many lines, imports it again, and takes it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", type=Path, help="where the figures are written, as JSON")
        parser.add_argument("rows", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.write("import")
        options["out"].write_text(json.dumps(importing.measure(options["rows"])))
