"""A worker or a beat of the cases: `python -m faults.worker worker …`. Nothing of this is in the product.

A worker may kill itself, and each of them lives with a clock that jumps if libfaketime is loaded.
"""

import importlib
import os
import select
import sys
import time
from typing import Any


def _wait(seconds: Any) -> None:
    select.select([], [], [], seconds)


if __name__ == "__main__":
    if "faketime" in os.environ.get("LD_PRELOAD", ""):
        # Python's own way to wait (clock_nanosleep) is refused by libfaketime; all others take this one from here.
        time.sleep = _wait
    app = importlib.import_module("retention_crm.celery").app
    importlib.import_module("django").setup()
    # Models can be imported only now that the apps are there.
    importlib.import_module("faults.striking").arm_from_environment()
    app.start(sys.argv[1:])
