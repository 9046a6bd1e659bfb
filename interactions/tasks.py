"""Ticks of the worker. Each may run twice, late or on two machines at once."""

from celery import shared_task

from interactions.attaching import forget_removed
from retention_crm.lib import clock


@shared_task(name="interactions.forget_removed_documents")
def forget_removed_documents() -> int:
    return forget_removed(clock.now())
