import asyncio
import io
import os
import sys
import time
from pathlib import Path

import pytest

from retention_crm.embedded import supervision
from retention_crm.embedded.console import LONGEST_LINE, Console, LineSplitter
from retention_crm.embedded.lifeline import is_alive
from retention_crm.embedded.servers import Servers
from retention_crm.embedded.supervision import Job, Supervisor

from .launching import eventually

pytestmark = pytest.mark.processes

FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(60)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FOREVER
SLOW_TO_STOP = (
    """
import signal, sys, time
def leave(*_):
    time.sleep(0.5)
    print('done', flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
"""
    + FOREVER
)


def job(name: str, code: str, stop_seconds: float = 10, *, outlasts: bool = False) -> Job:
    return Job(name, (sys.executable, "-c", code), stop_seconds=stop_seconds, outlasts=outlasts)


class Terminal(io.StringIO):
    """A terminal that stops the supervisor when a given text appears for the given time."""

    def __init__(self) -> None:
        super().__init__()
        self.reactions: list[tuple[str, int]] = []
        self.supervisor: Supervisor | None = None

    def write(self, text: str) -> int:
        written = super().write(text)
        for reaction in list(self.reactions):
            if self.getvalue().count(reaction[0]) >= reaction[1] and self.supervisor:
                self.reactions.remove(reaction)
                asyncio.get_running_loop().call_soon(self.supervisor.stop)
        return written


def supervise(jobs: list[Job], *stop_at: tuple[str, int], servers: Servers | None = None) -> tuple[int, list[str]]:
    """Keep the jobs until the texts have appeared as often as said; return the status and the lines."""
    terminal = Terminal()
    terminal.reactions = list(stop_at)

    async def run() -> int:
        running = servers.running if servers else []
        terminal.supervisor = Supervisor(Console(terminal), dict(os.environ), running)
        return await terminal.supervisor.keep(jobs)

    status = asyncio.run(asyncio.wait_for(run(), 30))
    return status, terminal.getvalue().splitlines()


def test_every_line_says_whose_it_is_and_stopping_is_no_failure() -> None:
    status, lines = supervise([job("one", FOREVER), job("two", FOREVER)], (" up", 2))
    assert status == 0
    assert {"one      | up", "two      | up"} < set(lines)


def test_a_job_that_ends_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "RESTART_DELAYS", (0.01, 0.01))
    status, lines = supervise([job("web", "print('up')"), job("other", FOREVER)], ("web      | up", 2))
    assert status == 0
    assert "run      | web ended unexpectedly (exit status 0); starting it again in 0.01 s" in lines


def test_a_job_that_keeps_ending_stops_everything_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "RESTART_DELAYS", (0.01, 0.01))
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    status, lines = supervise([job("web", code), job("other", FOREVER)])
    assert status == 1
    assert "run      | web ended 3 times in a row (signal SIGKILL); giving up" in lines


def test_work_in_progress_is_waited_for_and_what_outlasts_it_ends_last() -> None:
    late = job("late", SLOW_TO_STOP.replace("done", "last"), outlasts=True)
    status, lines = supervise([late, job("worker", SLOW_TO_STOP)], (" up", 2))
    assert status == 0
    assert [line for line in lines if "done" in line or "last" in line] == ["worker   | done", "late     | last"]


def test_a_job_that_does_not_stop_in_time_is_ended_by_force() -> None:
    status, lines = supervise([job("worker", STUBBORN, stop_seconds=0.3)], (" up", 1))
    assert status == 0
    assert lines[-1] == "run      | ending worker by force"


def test_asking_twice_hurries() -> None:
    began = time.monotonic()
    supervise([job("worker", STUBBORN, stop_seconds=60)], (" up", 1), ("stopping", 1))
    assert time.monotonic() - began < 10


def test_children_of_a_job_end_with_it(tmp_path: Path) -> None:
    number = tmp_path / "pid"
    began = time.monotonic()
    code = "import pathlib, subprocess\nchild = subprocess.Popen(['sleep', '60'])\n"
    code += f"pathlib.Path({str(number)!r}).write_text(str(child.pid))\n{FOREVER}"
    status, _lines = supervise([job("worker", code)], (" up", 1))
    assert status == 0
    assert time.monotonic() - began < 8
    eventually(lambda: not is_alive(int(number.read_text())))


def test_a_step_runs_to_its_end_and_reports_its_status() -> None:
    async def run() -> list[int]:
        supervisor = Supervisor(Console(io.StringIO()), dict(os.environ))
        return [await supervisor.once(job("step", f"raise SystemExit({status})")) for status in (0, 3)]

    assert asyncio.run(run()) == [0, 3]


def test_a_server_that_dies_is_started_again() -> None:
    with Servers(ephemeral=True, environ={"DATABASE_URL": "postgres://db.example.com/x"}) as servers:
        before = servers.environment
        servers.running[0].kill()
        status, lines = supervise([job("web", "import time; time.sleep(1)\n" + FOREVER)], (" up", 1), servers=servers)
        assert status == 0
        assert servers.running[0].is_running
        assert servers.environment == before
        assert "run      | Valkey ended unexpectedly; starting it again" in lines


def test_lines_are_cut_where_they_end_or_get_too_long() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\r\ntw") == ["one"]
    assert splitter.feed("o\nžluť".encode()[:-1]) == ["two"]
    assert splitter.feed("ť\n".encode()[1:]) == ["žluť"]
    assert splitter.feed(b"x" * (LONGEST_LINE + 1)) == ["x" * (LONGEST_LINE + 1)]
    assert splitter.feed(b"\xff\xfe") == []
    assert splitter.finish() == ["\ufffd\ufffd"]
    assert splitter.finish() == []


def test_a_terminal_that_lacks_a_letter_shows_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream).line("web", "Ahoj žluť")
    assert raw.getvalue() == b"web      | Ahoj ?lu?\n"


def test_a_terminal_that_went_away_does_not_stop_the_rest() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    async def run() -> int:
        return await Supervisor(Console(Gone()), dict(os.environ)).once(job("step", "print('x')"))

    assert asyncio.run(run()) == 0
