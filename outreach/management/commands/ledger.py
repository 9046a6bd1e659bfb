"""`manage.py ledger`: what was planned and what became of it; fails if anything is missing or stuck."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from outreach.accounting import Account, account
from outreach.models import State
from retention_crm.lib import clock


class Command(BaseCommand):
    help = "Prints the ledger by kind and state; exits with 1 if it does not balance or a message is stuck."

    def handle(self, *args: Any, **options: Any) -> None:
        result = account(at=clock.now())
        self.stdout.write(table(result))
        for row in result.kinds:
            if row.missing:
                self.stderr.write(f"{row.kind}: {row.planned} were planned but {sum(row.states.values())} are there.")
            if row.stuck:
                self.stderr.write(
                    f"{row.kind}: {row.stuck} should have been worked on by now. Are a worker and beat running?"
                )
        if not result.balances:
            sys.exit(1)


def table(result: Account) -> str:
    """The account as text: a line per kind and a sum. `waiting` are those planned and not yet taken by a worker."""
    heads = ["planned", *("waiting" if state is State.PLANNED else state.value for state in State), "missing", "stuck"]
    numbers = [[row.planned, *row.states.values(), row.missing, row.stuck] for row in result.kinds]
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    rows = [["kind", *heads]]
    rows += [[row.kind, *map(str, line)] for row, line in zip(result.kinds, numbers, strict=True)]
    rows.append(["all", *map(str, sums)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )
