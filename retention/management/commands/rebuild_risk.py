"""Scores every customer anew, as the nightly job does."""

from typing import Any

from django.core.management.base import BaseCommand

from retention.scoring import rebuild
from retention_crm.lib import clock


class Command(BaseCommand):
    help = "Compute the risk of going silent anew for every customer, from the whole history."

    def handle(self, *_args: Any, **_options: Any) -> None:
        result = rebuild(at=clock.now())
        self.stdout.write(
            f"{result.customers} customers scored, {result.changed} changed; "
            f"the median gap between contact days is {result.median_gap_days:g} days."
        )
