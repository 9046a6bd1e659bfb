"""Many at once: beats, workers on two hosts, and a worker that slept through its lease."""

import signal
import time
from collections.abc import Callable
from functools import partial

from faults.stage import Result, Stage
from outreach.models import Message, State


def three_beats(stage: Stage, *, seconds: float = 600.0) -> Result:
    """Three schedules tick at once; a little falls due all the time."""
    stage.start(beats=3)
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        stage.greetings(60)
        time.sleep(10)
    began = time.monotonic()
    stage.wait(stage.settled)
    return stage.finish("", faults=3, recovery=time.monotonic() - began, unknown=0)


def eight_workers(stage: Stage, *, number: int = 10_000) -> Result:
    stage.greetings(number)
    stage.start(workers=8, processes=1)
    recovery = stage.wait(stage.settled)
    return stage.finish("", faults=0, recovery=recovery, unknown=0)


def sleepers(stage: Stage, *, times: int = 3) -> Result:
    """A worker is stopped in the middle, its leases end and others take over, then it wakes up."""
    stage.greetings(3_000)
    stage.start()
    for number in range(times):
        wanted = (number + 1) * 500
        stage.wait(lambda wanted=wanted: sum(stage.sink.taken.values()) >= wanted, every=0.02)  # type: ignore[misc]
        asleep = stage.processes.trees[1]
        asleep.signal(signal.SIGSTOP)
        stage.wait(lambda: not Message.objects.filter(state__in=[State.LEASED, State.SUBMITTING]).exists())
        asleep.signal(signal.SIGCONT)
        if number < times - 1:
            stage.greetings(1_000)
    began = time.monotonic()
    stage.wait(stage.settled)
    return stage.finish("", faults=times, recovery=time.monotonic() - began, unknown=times * 2)


CASES: dict[str, Callable[[Stage], Result]] = {
    "three beats for ten minutes": three_beats,
    "eight workers race for 10,000": eight_workers,
    "a worker sleeps through its lease": partial(sleepers),
}
