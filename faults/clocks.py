"""The clock of a host jumps, and is put right after a while."""

import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from faults.stage import Result, Stage
from outreach.models import State

LIBRARY = "faketime/libfaketime.so.1"
_JUMPS = {"2 h ahead": 2 * 3600, "2 h behind": -2 * 3600, "a day ahead": 24 * 3600, "a day behind": -24 * 3600}


class Clock:
    """What processes believe to be the time, if they are started with `environ`; it can be changed while they run."""

    def __init__(self, place: Path) -> None:
        self.library = next((str(path) for path in Path("/usr/lib").glob(f"*/{LIBRARY}")), "")
        self._told = place / "clock"
        self.environ: dict[str, Any] = {
            "LD_PRELOAD": self.library,
            "FAKETIME_TIMESTAMP_FILE": str(self._told),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.jump(0)

    def jump(self, seconds: int) -> None:
        """So far from the right time."""
        self._told.write_text(f"{seconds:+d}\n")

    def reads(self) -> float:
        """How many seconds it is ahead; 0 where the library is not installed."""
        asked = subprocess.run(["date", "+%s"], env=self.environ, capture_output=True, text=True, check=True)
        return float(asked.stdout) - time.time()


def jump(stage: Stage, seconds: int, *, wrong_for: float = 60.0) -> Result:
    """It is the clock of the host of one of two workers and of the only beat."""
    watch = Clock(stage.home)
    stage.greetings(1_000)
    wrong = (stage.processes.worker("wrong", **watch.environ), stage.processes.beat("beat", **watch.environ))
    stage.processes.worker("right")
    stage.wait(lambda: sum(stage.sink.taken.values()) >= 200, every=0.05)
    watch.jump(seconds)
    is_wrong = abs(watch.reads() - seconds) < 5
    stop = time.monotonic() + wrong_for
    while time.monotonic() < stop:
        stage.greetings(100)
        time.sleep(5)
    watch.jump(0)
    stage.greetings(500)
    began = time.monotonic()
    stage.wait(stage.settled)
    # Who thinks that it is tomorrow thinks that today's greetings are too late.
    fine = [State.EXPIRED] if seconds >= _JUMPS["a day ahead"] else []
    result = stage.finish("", faults=1, recovery=time.monotonic() - began, unknown=0, fine=fine)
    if any(tree.starts > 1 for tree in wrong):
        result.complaints.append(f"died of it: {[tree.name for tree in wrong if tree.starts > 1]}")
    if not is_wrong:
        result.complaints.append("the clock did not jump (it needs libfaketime; Debian: apt-get install faketime)")
    return result


CASES: dict[str, Callable[[Stage], Result]] = {
    f"a clock jumps to {words} and back": partial(jump, seconds=seconds) for words, seconds in _JUMPS.items()
}
