"""The Celery application and its schedule of short ticks.

A tick is only a hint that rows may be due; state lives in PostgreSQL, so a lost, doubled or late tick is harmless.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Celery
from celery.schedules import schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")

app = Celery("retention_crm")
# Also in the threads of the web server, which did not make it.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SECOND = 1.0
MINUTE = 60 * SECOND
# Ticks that nobody took so long are dropped, so that they do not pile up while no worker runs. That goes by two clocks,
# beat's and the worker's, which may be this far apart.
EXPIRES = 10 * MINUTE
_BEGAN = datetime.now(UTC), time.monotonic()


def steady_now() -> datetime:
    """The time since this process began, however its clock is set meanwhile.

    Beat waits until a moment by this clock comes: by another, one that was put back would keep it silent.
    """
    at, began = _BEGAN
    return at + timedelta(seconds=time.monotonic() - began)


def every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": schedule(seconds, nowfun=steady_now), "options": {"expires": EXPIRES}}


# Remembers nothing: a moment kept in a file would be believed after the clock was put back.
app.conf.beat_scheduler = "celery.beat:Scheduler"
app.conf.beat_schedule = {
    "plan": every(20 * SECOND, "outreach.plan"),
    "deliver": every(5 * SECOND, "outreach.deliver"),
    "sweep": every(15 * SECOND, "outreach.sweep"),
    "read_bounces": every(2 * MINUTE, "outreach.read_bounces"),
    "old_notifications": every(60 * MINUTE, "outreach.forget_notifications"),
    "imports": every(3 * SECOND, "customers.carry_on_imports"),
    "old_imports": every(60 * MINUTE, "customers.forget_old_imports"),
    "removed_documents": every(60 * MINUTE, "interactions.forget_removed_documents"),
    "unfinished_answers": every(60 * MINUTE, "surveys.forget_unfinished"),
    "note_words": every(MINUTE, "interactions.learn_words"),
    "shared_addresses": every(10 * MINUTE, "customers.spot_shared"),
    "similar_names": every(20 * SECOND, "customers.spot_names"),
    "empty_trash": every(60 * MINUTE, "outreach.empty_trash"),
    "rescore": every(15 * SECOND, "retention.rescore"),
    "change": every(15 * SECOND, "dashboard.change"),
    "rebuild": every(15 * MINUTE, "retention.rebuild_if_due"),
    "expect": every(15 * MINUTE, "retention.expect"),
    "assign_plays": every(MINUTE, "retention.assign_plays"),
    "stale_plans": every(15 * MINUTE, "retention.tell_of_stale"),
    "keep_list": every(15 * MINUTE, "retention.keep_list"),
}
