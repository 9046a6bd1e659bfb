"""Ticks of the pages' own work. Each may run twice, late or on two machines at once; what is due stands in the rows."""

import logging
import time

from celery import shared_task
from kombu.exceptions import OperationalError

from dashboard.bulk_changing import go_on
from dashboard.models import BulkChange
from retention_crm.lib import clock

log = logging.getLogger(__name__)

CHANGE_SECONDS = 30.0


@shared_task(name="dashboard.change")
def change() -> int:
    """Goes on with changes of many customers for half a minute; returns how many customers it came to."""
    until = time.monotonic() + CHANGE_SECONDS
    done = 0
    for unfinished in BulkChange.objects.unfinished().order_by("made_at"):
        try:
            while taken := go_on(unfinished, at=clock.now()):
                done += taken
                if time.monotonic() >= until:
                    change_soon()
                    return done
        except Exception:
            # What can not be done keeps no other change waiting; it is tried again at the next tick.
            log.exception("The change %d of many customers failed.", unfinished.pk)
    return done


def change_soon() -> None:
    """Asks a worker to go on at once. It is a hint: without a broker the change waits for the next tick."""
    try:
        change.apply_async(retry=False)
    except OperationalError as error:
        log.warning("The broker can not be reached (%s); changes go on when it can.", error)
