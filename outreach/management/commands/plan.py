"""`manage.py plan`: runs all planners now, or as they would have run on a given day."""

from argparse import ArgumentTypeError
from datetime import date, time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import Company
from outreach.models import MessageKind
from outreach.planning import NEWS, plan, plan_as_of
from retention_crm.lib import clock


def day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"“{value}” is not a day. Write it as YYYY-MM-DD, for example 2026-11-26.") from None


class Command(BaseCommand):
    help = "Plans all messages that are due to be planned, now or as of noon of a given day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=day, help="a day (YYYY-MM-DD), by the company's clock")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["on"] is None:
            planned = plan(at=clock.now())
        else:
            planned = plan_as_of(at=clock.moment(options["on"], time(12), Company.current().time_zone))
        for kind, number in planned.items():
            name = "Told on the bell" if kind == NEWS else MessageKind(kind).label
            self.stdout.write(f"{name}: {number} planned")
