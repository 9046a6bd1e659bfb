"""Ticks of the ledger. Each may run twice, late, or on two machines at once without harm."""

import logging
from collections.abc import Mapping

from celery import shared_task
from django.conf import settings

from outreach.bounces import mailbox
from outreach.delivery import deliver as deliver_due
from outreach.notifying import forget_old
from outreach.planning import plan as plan_all
from outreach.removing import empty
from outreach.sweeping import sweep as sweep_all
from retention_crm.lib import clock

log = logging.getLogger(__name__)


def _tell(what: str, counts: Mapping[str, int]) -> None:
    """A line in the log where something was done; ticks with nothing to do say nothing."""
    done = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
    if done:
        log.info("%s: %s", what, done)


@shared_task(name="outreach.plan")
def plan() -> None:
    _tell("planned", plan_all(at=clock.now()))


@shared_task(name="outreach.deliver")
def deliver() -> None:
    """Hands over what is due; when the time is up with more to do, the next run begins at once."""
    counts = deliver_due()
    _tell("delivered", counts)
    if counts["more"]:
        deliver.delay()


@shared_task(name="outreach.sweep")
def sweep() -> None:
    _tell("swept", sweep_all(at=clock.now()))


@shared_task(name="outreach.read_bounces")
def read_bounces() -> None:
    """Reads the mailbox that undeliverable mails come back to, if there is one."""
    if settings.BOUNCE_MAILBOX is None:
        return
    try:
        _tell("came back", mailbox.read_bounces(settings.BOUNCE_MAILBOX, at=clock.now()))
    except mailbox.CannotRead as error:
        log.warning("The mailbox of bounces can not be read: %s. It is tried again in two minutes.", error)


@shared_task(name="outreach.forget_notifications")
def forget_notifications() -> int:
    return forget_old(clock.now())


@shared_task(name="outreach.empty_trash")
def empty_trash() -> int:
    return empty(at=clock.now())
