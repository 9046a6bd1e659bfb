"""The processes of the product: workers, beats and the web, each a tree of its own, started again when it dies."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LOOK = 0.2


class Tree:
    """One process with its children."""

    def __init__(self, name: str, command: list[str], environ: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.environ, self.log = name, command, dict(environ), log
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def signal(self, number: signal.Signals) -> None:
        """To the process and all its children."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()


class Processes:
    """What runs at the moment. A thread starts again what has died, as a supervisor would."""

    def __init__(self, environ: Mapping[str, str], home: Path) -> None:
        # The checks of the settings are not what is tried, and a quarter of the work of each start.
        self.environ, self.home = dict(environ) | {"CELERY_SKIP_CHECKS": "true"}, home
        self.trees: list[Tree] = []
        self._is_over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def worker(self, name: str, *, processes: int = 2, on_host: str = "", **environ: str) -> Tree:
        """Starts a worker; `on_host` is a network namespace it is to live in."""
        where = ["ip", "netns", "exec", on_host] if on_host else []
        options = ["worker", "-n", f"{name}@{name}", "-c", str(processes), "-l", "WARNING"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return self._run(name, [*where, sys.executable, "-m", "faults.worker", *options, *quiet], environ)

    def beat(self, name: str, **environ: str) -> Tree:
        command = [sys.executable, "-m", "faults.worker", "beat", "--pidfile=", "-l", "WARNING"]
        return self._run(name, command, environ)

    def web(self) -> str:
        """Starts gunicorn; returns its address."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = ["-m", "gunicorn", "retention_crm.wsgi:application", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
        self._run("web", [sys.executable, *command, "--log-level", "warning", "--no-control-socket"], {})
        return f"http://127.0.0.1:{port}"

    def has(self, name: str) -> bool:
        return any(tree.name == name for tree in self.trees)

    def stop(self, *, but: Collection[str] = ()) -> None:
        """Ends all at once, but those of that name; the next may be started."""
        trees = [tree for tree in self.trees if tree.name not in but]
        self.trees = [tree for tree in self.trees if tree.name in but]
        for tree in trees:
            tree.kill()

    def close(self) -> None:
        self._is_over.set()
        self._keeper.join()
        self.stop()

    def _run(self, name: str, command: list[str], environ: dict[str, str]) -> Tree:
        tree = Tree(name, command, self.environ | environ, self.home / f"{name}.log")
        tree.start()
        self.trees.append(tree)
        return tree

    def _keep(self) -> None:
        while not self._is_over.wait(_LOOK):
            for tree in list(self.trees):
                if not tree.is_alive and tree in self.trees:
                    tree.start()


def answers(address: str, *, patience: float = 30.0) -> bool:
    """Whether the page of the login comes within that many seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        request = f"{address}/login/"
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        time.sleep(0.2)
    return False
