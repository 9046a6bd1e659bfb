"""Ticks of the worker. Each may run twice, late or on two machines at once; what is due stands in the rows."""

import time

from celery import shared_task

from customers.importing.carrying_on import carry_on, forget_old
from customers.spotting import spot_names, spot_shared
from retention_crm.lib import clock

IMPORT_SECONDS = 15.0
NAME_SECONDS = 5.0


@shared_task(name="customers.carry_on_imports")
def carry_on_imports() -> None:
    """Works on imports for some seconds; with more to do, the next run begins at once."""
    if carry_on(until=time.monotonic() + IMPORT_SECONDS):
        carry_on_imports.delay()


@shared_task(name="customers.forget_old_imports")
def forget_old_imports() -> int:
    return forget_old(clock.now())


@shared_task(name="customers.spot_shared")
def spot_shared_addresses() -> None:
    """Pairs who share a mail address or a telephone number."""
    spot_shared(at=clock.now())


@shared_task(name="customers.spot_names")
def spot_similar_names() -> None:
    """Looks up similar names for some seconds; what is left has its turn at the next tick, after more urgent work."""
    spot_names(at=clock.now(), until=time.monotonic() + NAME_SECONDS)
