"""Measures the company in the database and writes the figures; `python -m bench` prepares everything and calls it."""

import json
from argparse import ArgumentParser
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from bench import answering, delivery, ledger, pages, planning, web
from customers.models import Customer
from dashboard.demo.people import ZONE
from interactions.models import Interaction
from retention_crm.lib import clock


class Command(BaseCommand):
    help = "Measures pages, planning and delivery; changes the data it measures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", type=Path, help="where the figures are written, as JSON")
        parser.add_argument("--on", type=date.fromisoformat, required=True, help="the day the demo is for")

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.moment(options["on"], time(13), ZONE)
        figures: dict[str, Any] = {
            "customers": Customer.objects.count(),
            "interactions": Interaction.objects.count(),
            "ledger": ledger.invent_past(at - timedelta(days=2)),
        }
        self.stderr.write("planning")
        figures["planning"] = planning.measure(at)
        figures["planning"]["idle_milliseconds"] = planning.idle_tick(at)
        self.stderr.write("pages")
        with web.serving() as port:
            figures["pages"] = pages.measure(port)
            self.stderr.write("answers")
            figures["answering"] = answering.measure(port, clock.now())
        self.stderr.write("delivery")
        figures["delivery"] = delivery.measure(at)
        options["out"].write_text(json.dumps(figures))
