"""Loads the demo company: people, customers, histories, answers."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from dashboard.demo import people, seeding
from retention_crm.lib import clock


class Command(BaseCommand):
    help = "Loads the demo company into an empty database; the same seed, number and day give the same rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="chooses names and histories (7)")
        parser.add_argument("--customers", type=int, default=60, help="how many customers (60)")
        parser.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help="the day the demo is for (today)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing if there are any users")
        parser.add_argument("--replace", action="store_true", help="delete a demo that was loaded before")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and User.objects.exists():
            return
        if settings.PRODUCTION:
            raise CommandError("The demo company has well-known passwords; it is never loaded in production.")
        if options["customers"] < 1:
            raise CommandError("--customers must be at least 1.")
        if obstacle := seeding.obstacle(replace=options["replace"]):
            raise CommandError(obstacle)
        began = time.monotonic()
        rows = seeding.seed(
            seed=options["seed"],
            customers=options["customers"],
            on=options["on"] or clock.today(people.ZONE),
            progress=self._report,
        )
        counts = ", ".join(f"{number:,} {name}" for name, number in rows.items())
        self.stdout.write(f"Loaded {people.COMPANY}: {counts}, in {time.monotonic() - began:.1f} s.")
        self.stdout.write(f"Log in as {', '.join(people.LOGINS)} with the password {people.PASSWORD}.")

    def _report(self, line: str) -> None:
        self.stderr.write(line)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise CommandError(f"--on needs a day such as 2026-11-26, not {value!r}.") from None
