"""One process of the bench that delivers: it says when it is ready, and begins at the word."""

import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from bench.delivery import hand_over
from outreach.models import Message


class Command(BaseCommand):
    help = "Delivers to one of the bench's servers what is due at a moment, as soon as a line is read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("server")
        parser.add_argument("at", type=datetime.fromisoformat)

    def handle(self, *args: Any, **options: Any) -> None:
        Message.objects.exists()
        self.stdout.write("ready")
        self.stdout.flush()
        sys.stdin.readline()
        hand_over(options["server"], options["at"])
