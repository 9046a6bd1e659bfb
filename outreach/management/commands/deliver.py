"""`manage.py deliver`: hands over what is due, now or, for a rehearsal, as if it were another moment."""

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Company
from outreach.delivery import deliver
from outreach.sweeping import sweep
from retention_crm.lib import clock

LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}


def moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"“{value}” is not a moment. Write it as 2026-11-26T12:00.") from None


class Command(BaseCommand):
    help = "Hands over all messages that are due. With --at, as if it were that moment; only to a mail server here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", type=moment, help="a moment by the company's clock, for example 2026-11-26T12:00")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now
        if options["at"] is not None:
            self._refuse_real_mail()
            at: datetime = options["at"]
            if timezone.is_naive(at):
                at = at.replace(tzinfo=clock.zone(Company.current().time_zone))

            def now() -> datetime:
                return at

        swept = sweep(at=now())
        counts = deliver(now=now, seconds=3600)
        counts["expired"] += swept["expired"]
        for state, number in sorted((+counts).items()):
            self.stdout.write(f"{state}: {number}")
        if not counts.total():
            self.stdout.write("Nothing was due.")

    def _refuse_real_mail(self) -> None:
        """A rehearsal sends greetings on the wrong day; they must not reach anybody."""
        host = settings.MAILERS["default"].get("OPTIONS", {}).get("host")
        if host not in LOCAL_HOSTS:
            raise CommandError(
                "--at sends messages as if it were another day, so it only speaks to a mail server on this machine. "
                "Set EMAIL_URL to one, for example smtp://127.0.0.1:2525"
            )
