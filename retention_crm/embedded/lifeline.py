"""Child processes that do not outlive the process that started them.

On Linux the kernel signals a child when the *thread* that started it ends, so servers are started from the
main thread only. Elsewhere one small guard process reads a pipe whose other end only the launcher holds.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
GUARD = """
import os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
watched = {}
for line in sys.stdin:
    pid, number = map(int, line.split())
    if number:
        watched[pid] = number
    else:
        watched.pop(pid, None)
for pid, number in watched.items():
    try:
        os.kill(pid, number)
    except OSError:
        pass
"""


def _load_prctl() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl: Callable[..., int] | None = getattr(ctypes.CDLL(None), "prctl", None)
    return prctl


class Lifeline:
    """Ties children to this process, by the kernel where it can and by a guard process elsewhere."""

    def __init__(self, prctl: Callable[..., int] | None) -> None:
        self._prctl = prctl
        self._guard: subprocess.Popen[str] | None = None

    def in_child(self, death_signal: signal.Signals) -> Callable[[], None] | None:
        """Return what the child must run between fork and exec; None where a guard does the work."""
        prctl, parent = self._prctl, os.getpid()
        if prctl is None:
            return None

        def tie() -> None:
            prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        return tie

    def watch(self, pid: int, death_signal: signal.Signals) -> None:
        """Have the guard send the signal to the child when this process is gone."""
        self._tell(pid, int(death_signal))

    def forget(self, pid: int) -> None:
        """Say that the child has ended, so that its number may belong to a stranger from now on."""
        self._tell(pid, 0)

    def _tell(self, pid: int, number: int) -> None:
        if self._prctl is not None:
            return
        if self._guard is None or self._guard.poll() is not None:
            command = [sys.executable, "-I", "-S", "-c", GUARD]
            self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True, cwd="/")
        if self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.write(f"{pid} {number}\n")
                self._guard.stdin.flush()


LIFELINE = Lifeline(_load_prctl())


def is_alive(pid: int) -> bool:
    """Whether a process with this number exists, whoever owns it; a zombie counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def command_line(pid: int) -> str:
    """The arguments of a running process in one string; empty when they cannot be read."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    with contextlib.suppress(OSError):
        shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout
    return ""


def end_stray(pid: int, marks: str, death_signal: signal.Signals, seconds: float) -> None:
    """End a server that an earlier launcher left behind, and wait for it.

    Only a process whose arguments contain `marks` is touched: numbers are used again by strangers.
    """
    if not is_alive(pid) or marks not in command_line(pid):
        return
    for number in (death_signal, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(0.05)
