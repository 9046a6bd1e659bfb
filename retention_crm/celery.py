"""The Celery application and its schedule of short ticks.

A tick is only a hint that rows may be due; state lives in PostgreSQL, so a lost, doubled or late tick is harmless.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")

app = Celery("retention_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SECOND = 1.0
MINUTE = 60 * SECOND
app.conf.beat_schedule = {
    "plan": {"task": "outreach.plan", "schedule": 20 * SECOND, "options": {"expires": 60}},
    "deliver": {"task": "outreach.deliver", "schedule": 5 * SECOND, "options": {"expires": 30}},
    "sweep": {"task": "outreach.sweep", "schedule": 15 * SECOND, "options": {"expires": 60}},
    "read_bounces": {"task": "outreach.read_bounces", "schedule": 2 * MINUTE, "options": {"expires": 100}},
    "rescore": {"task": "retention.rescore", "schedule": 15 * SECOND, "options": {"expires": 60}},
    "rebuild": {"task": "retention.rebuild_if_due", "schedule": 15 * MINUTE, "options": {"expires": 600}},
}
