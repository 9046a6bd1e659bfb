"""Workers whose clock is wrong."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from faults.stage import Result, Stage

LIBRARY = "faketime/libfaketime.so.1"


def wrong_clock(stage: Stage, offset: str) -> Result:
    """One of two workers and the only beat live in another time."""
    stage.greetings(1_000)
    library = next((str(path) for path in Path("/usr/lib").glob(f"*/{LIBRARY}")), "")
    fake: dict[str, Any] = {"LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    stage.processes.worker("right")
    stage.processes.worker("wrong", **fake)
    stage.processes.beat("beat", **fake)
    recovery = stage.wait(stage.settled)
    # Who thinks that it is tomorrow thinks that today's greetings are too late.
    result = stage.finish("", faults=1, recovery=recovery, unknown=0, may_expire=offset == "+1d")
    if not library:
        result.complaints.append("libfaketime is not installed (Debian: apt-get install faketime)")
    return result


CASES: dict[str, Callable[[Stage], Result]] = {
    f"a clock is {words}": partial(wrong_clock, offset=offset)
    for words, offset in {
        "2 h ahead": "+2h",
        "2 h behind": "-2h",
        "a day ahead": "+1d",
        "a day behind": "-1d",
    }.items()
}
