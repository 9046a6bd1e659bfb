"""Ticks of the worker. Each may run twice, late or on two machines at once; what is due stands in the rows."""

import time

from celery import shared_task

from customers.importing.carrying_on import carry_on, forget_old
from retention_crm.lib import clock

IMPORT_SECONDS = 15.0


@shared_task(name="customers.carry_on_imports")
def carry_on_imports() -> None:
    """Works on imports for some seconds; with more to do, the next run begins at once."""
    if carry_on(until=time.monotonic() + IMPORT_SECONDS):
        carry_on_imports.delay()


@shared_task(name="customers.forget_old_imports")
def forget_old_imports() -> int:
    return forget_old(clock.now())
