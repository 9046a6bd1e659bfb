"""A Celery worker that may kill itself: `python -m faults.worker worker …`. Nothing of this is in the product."""

import importlib
import sys

import django

from retention_crm.celery import app

if __name__ == "__main__":
    django.setup()
    # Models can be imported only now that the apps are there.
    importlib.import_module("faults.striking").arm_from_environment()
    app.worker_main(sys.argv[1:])
