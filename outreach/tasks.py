"""Ticks of the ledger. Each may run twice, late, or on two machines at once without harm."""

from celery import shared_task

from outreach.delivery import deliver as deliver_due
from outreach.planning import plan as plan_all
from outreach.sweeping import sweep as sweep_all
from retention_crm.lib import clock


@shared_task(name="outreach.plan")
def plan() -> None:
    plan_all(at=clock.now())


@shared_task(name="outreach.deliver")
def deliver() -> None:
    """Hands over what is due; when the time is up with more to do, the next run begins at once."""
    if deliver_due()["more"]:
        deliver.delay()


@shared_task(name="outreach.sweep")
def sweep() -> None:
    sweep_all(at=clock.now())
