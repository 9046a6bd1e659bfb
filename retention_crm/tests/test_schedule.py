"""Beat and its ticks: on, whatever happens to the clock."""

import time
from datetime import timedelta

import pytest
import time_machine
from celery.beat import Scheduler

from retention_crm.celery import EXPIRES, app


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that beat sends, without a broker."""
    found: list[str] = []
    monkeypatch.setattr(Scheduler, "apply_async", lambda _self, entry, **_options: found.append(entry.task))
    monkeypatch.setattr(Scheduler, "producer", None)
    return found


@pytest.fixture
def elapsed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that have gone by."""
    began, seconds = time.monotonic(), [0.0]
    monkeypatch.setattr("retention_crm.celery.time.monotonic", lambda: began + sum(seconds))
    return seconds


def tick_for(scheduler: Scheduler, elapsed: list[float], seconds: float) -> None:
    end = sum(elapsed) + seconds
    while sum(elapsed) < end:
        elapsed.append(max(float(scheduler.tick()), 0.1))


def test_beat_ticks_on_when_its_clock_was_ahead_and_is_put_right(sent: list[str], elapsed: list[float]) -> None:
    with time_machine.travel(0, tick=False) as clock:
        scheduler = Scheduler(app)
        tick_for(scheduler, elapsed, 30)
        clock.shift(timedelta(days=1))
        tick_for(scheduler, elapsed, 30)
        assert 10 <= sent.count("outreach.deliver") <= 13
        sent.clear()
        clock.shift(timedelta(days=-1))
        tick_for(scheduler, elapsed, 60)
    assert {"outreach.plan", "outreach.deliver", "outreach.sweep", "retention.rescore"} <= set(sent)
    assert 10 <= sent.count("outreach.deliver") <= 13


def test_beat_remembers_nothing_in_a_file_and_every_tick_ends_before_ticks_pile_up() -> None:
    assert app.conf.beat_scheduler == "celery.beat:Scheduler"
    assert {entry["options"]["expires"] for entry in app.conf.beat_schedule.values()} == {EXPIRES}
    assert EXPIRES <= 3600
