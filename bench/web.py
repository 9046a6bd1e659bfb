"""The web server, started as production starts it: one process, four threads."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

START_SECONDS = 60


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """Runs gunicorn with the settings of this process on a free port of the loopback; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = int(door.getsockname()[1])
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "retention_crm.wsgi:application",
            "--bind",
            f"fd://{door.fileno()}",
        ]
        options = ["--workers", "1", "--threads", "4", "--keep-alive", "30", "--log-level", "warning"]
        process = subprocess.Popen(
            [*command, *options, "--no-control-socket"], pass_fds=[door.fileno()], env=os.environ.copy()
        )
        try:
            _wait(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    """The socket accepts at once; the first byte comes when the product is loaded."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"GET /login/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            if line.recv(1):
                return
    raise RuntimeError("The web server did not start; see above.")
