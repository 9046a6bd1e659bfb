"""A short set of the faults in every run of the suite; `make faults` runs all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.sink import DROP, Sink

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.processes
def test_the_ledger_balances_and_nothing_is_sent_twice_after_a_few_faults() -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    command = [sys.executable, "-m", "faults", "--short"]
    done = subprocess.run(command, cwd=ROOT, env=inherited, capture_output=True, text=True, timeout=300, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) == 6
    assert all(line.endswith("| balances |") for line in lines[1:])


def test_the_mail_server_answers_as_it_was_told_and_then_takes_everything() -> None:
    sink = Sink()
    sink.tell("RCPT", "550 no", times=2)
    sink.always("MAIL", "451 later")
    assert [sink.answer_to("RCPT")[0] for _number in range(3)] == ["550 no", "550 no", "250 OK"]
    assert sink.answer_to("MAIL") == ("451 later", 0.0)
    sink.always("MAIL")
    sink.tell(".", DROP, after=2)
    assert (sink.answer_to("MAIL"), sink.answer_to(".")) == (("250 OK", 0.0), (DROP, 2.0))
    sink.taken.update(["<a>", "<a>", "<b>"])
    assert sink.duplicates == 1
    sink.forget()
    assert sink.duplicates == 0
