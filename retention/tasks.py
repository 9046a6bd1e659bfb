"""Ticks of the worker. Each may run twice, late or on two machines at once; what is due stands in the rows."""

import time
from datetime import timedelta

from celery import shared_task

from accounts.models import Company
from retention.assigning import assign_plays
from retention.counting import prepare_if_due
from retention.expecting import expect_again, propose_calls
from retention.proving import judge_if_due
from retention.rebuilding import rebuild_if_due
from retention.scoring import rescore_stale
from retention.snapshotting import keep_if_due, thin_out
from retention.telling import tell_of_stale
from retention_crm.lib import clock

RESCORE_SECONDS = 10.0
# Longer than from tick to tick: what a missed one leaves out the night makes up for.
ENTERED_WITHIN = timedelta(hours=2)


@shared_task(name="retention.rescore")
def rescore() -> int:
    """Scores customers marked stale for about ten seconds; the next tick goes on. Returns how many.

    The figures of the portfolio follow, where they are prepared.
    """
    until = time.monotonic() + RESCORE_SECONDS
    done = 0
    while batch := rescore_stale(at=clock.now()):
        done += batch
        if time.monotonic() >= until:
            break
    prepare_if_due(at=clock.now())
    return done


@shared_task(name="retention.rebuild_if_due")
def rebuild_when_due() -> bool:
    """Scores everybody once a night; returns whether it did."""
    return rebuild_if_due(at=clock.now()) is not None


@shared_task(name="retention.keep_list")
def keep_list() -> bool:
    """Keeps the list of the day once it is made, and judges the one of 90 days before; returns whether it kept one."""
    at = clock.now()
    kept = keep_if_due(at=at)
    judge_if_due()
    if kept:
        thin_out(clock.today(Company.current().time_zone, at))
    return kept


@shared_task(name="retention.expect")
def expect() -> int:
    """Follows the purchases entered since about the last tick, and proposes calls; returns how many it proposed."""
    at = clock.now()
    expect_again(since=at - ENTERED_WITHIN, at=at)
    return propose_calls(at=at)


@shared_task(name="retention.assign_plays")
def assign() -> int:
    """Begins plays by rule for who turned red; returns for how many."""
    return assign_plays(at=clock.now())


@shared_task(name="retention.tell_of_stale")
def tell_stale() -> int:
    """Tells on the bell of plans that need a look; returns how often."""
    return tell_of_stale(at=clock.now())
