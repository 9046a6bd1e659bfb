"""Ticks of the surveys. Each may run twice, late or on two machines at once."""

from celery import shared_task

from retention_crm.lib import clock
from surveys.tidying import forget_unfinished


@shared_task(name="surveys.forget_unfinished")
def forget() -> int:
    return forget_unfinished(clock.now())
