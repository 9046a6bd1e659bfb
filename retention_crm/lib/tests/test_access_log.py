"""What the web server itself writes about public pages."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from retention_crm.lib import tokens

TOKEN = tokens.make("survey", 4711, "n")
FORMAT = '%(h)s "%(r)s" %(U)s %(s)s "%(f)s" "%({referer}i)s" "%({location}o)s"'


def ask(address: str) -> int:
    """The status of a request, tried until the server is up."""
    request = urllib.request.Request(address, headers={"Referer": address})
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            assert time.monotonic() < deadline, "gunicorn did not come up"
            time.sleep(0.1)


@pytest.mark.processes
def test_no_line_of_the_web_server_has_a_token(tmp_path: Path) -> None:
    door = socket.create_server(("127.0.0.1", 0))
    command = [sys.executable, "-m", "gunicorn", "retention_crm.wsgi:application", "--bind", f"fd://{door.fileno()}"]
    command += ["--logger-class", "retention_crm.access_log.Logger", "--no-control-socket"]
    command += ["--access-logfile", "-", "--access-logformat", FORMAT, "--log-level", "debug"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, pass_fds=(door.fileno(),), env=os.environ | {"LOG_LEVEL": "DEBUG"}
        )
    try:
        port = door.getsockname()[1]
        # The database of this process is not the one of the tests: an error with a traceback is what is wanted.
        assert ask(f"http://127.0.0.1:{port}/s/{TOKEN}/?score=3") in {404, 500}
        assert ask(f"http://127.0.0.1:{port}/u/{TOKEN}") in {404, 500}
        assert ask(f"http://127.0.0.1:{port}/p/{TOKEN}/") in {404, 500}
        assert ask(f"http://127.0.0.1:{port}/calendar/{TOKEN}/customers.ics") in {404, 500}
    finally:
        server.terminate()
        server.wait(timeout=60)
        door.close()

    lines = log.read_text()
    assert "GET /s/…/?score=3 HTTP/1.1" in lines
    assert TOKEN not in lines
