"""Keeps several processes running together, and stops them together."""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .console import Console, LineSplitter
from .errors import EmbeddedError
from .lifeline import LIFELINE
from .server import Server

RESTART_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
SETTLED_SECONDS = 60.0
SERVER_CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class Job:
    """A process to run; `outlasts` jobs are stopped only after all others have ended."""

    name: str
    command: tuple[str, ...]
    stop_seconds: float = 10.0
    pass_fds: tuple[int, ...] = ()
    outlasts: bool = False


class Supervisor:
    """Runs jobs until it is asked to stop or one of them cannot be kept alive.

    To be made and used in the main thread, inside one event loop.
    """

    def __init__(self, console: Console, environ: Mapping[str, str], servers: Sequence[Server] = ()) -> None:
        self._console, self._environ, self._servers = console, dict(environ), servers
        self._running: dict[Job, Process] = {}
        self._stopping = asyncio.Event()
        self._status = 0

    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def listen(self) -> None:
        """Stop on Ctrl-C, SIGTERM and a closed terminal; the second time without waiting."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.stop)

    def stop(self) -> None:
        """Ask every job to end; called again, end them at once."""
        if self.is_stopping():
            self._say("stopping at once")
            for job in list(self._running):
                self._kill(job)
            return
        self._stopping.set()
        waits = [job for job in self._running if not job.outlasts]
        longest = max((job.stop_seconds for job in waits), default=0)
        self._say(f"stopping; work in progress has up to {longest:.0f} s (Ctrl-C again to hurry)")
        for job in waits:
            self._end(job)

    async def once(self, job: Job) -> int:
        """Run a job to its end and return its exit status; also 1 when asked to stop meanwhile."""
        if self.is_stopping():
            return 1
        status = await self._run(job)
        return 1 if self.is_stopping() else status

    async def keep(self, jobs: Sequence[Job]) -> int:
        """Keep the jobs running until asked to stop; 0, or 1 when one could not be kept alive."""
        if self.is_stopping():
            return self._status
        guard = asyncio.create_task(self._keep_servers())
        outlasting = [asyncio.create_task(self._keep(job)) for job in jobs if job.outlasts]
        await asyncio.gather(*(self._keep(job) for job in jobs if not job.outlasts))
        for job in list(self._running):
            self._end(job)
        await asyncio.gather(*outlasting)
        guard.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await guard
        return self._status

    def fail(self, reason: str) -> None:
        """Give up: say why and stop everything."""
        self._status = 1
        self._say(reason)
        if not self.is_stopping():
            self.stop()

    async def _keep(self, job: Job) -> None:
        restarts = 0
        while not self.is_stopping():
            began = time.monotonic()
            status = await self._run(job)
            if self.is_stopping():
                return
            if time.monotonic() - began > SETTLED_SECONDS:
                restarts = 0
            if restarts == len(RESTART_DELAYS):
                self.fail(f"{job.name} ended {restarts + 1} times in a row ({_ending(status)}); giving up")
                return
            delay = RESTART_DELAYS[restarts]
            restarts += 1
            self._say(f"{job.name} ended unexpectedly ({_ending(status)}); starting it again in {delay:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _keep_servers(self) -> None:
        restarts = 0
        while not self.is_stopping():
            for server in self._servers:
                if server.is_running:
                    continue
                restarts += 1
                self._say(f"{server.name} ended unexpectedly; starting it again")
                try:
                    if restarts > len(RESTART_DELAYS):
                        raise EmbeddedError(f"{server.name} ended too often; see {server.log}")
                    server.start()
                except EmbeddedError as error:
                    self.fail(str(error))
                    return
            await asyncio.sleep(SERVER_CHECK_SECONDS)

    async def _run(self, job: Job) -> int:
        # A pipe of our own: asyncio's would hide the end of a process from us while a child of it holds the pipe.
        reading, writing = os.pipe()
        process = await asyncio.create_subprocess_exec(
            *job.command,
            stdin=DEVNULL,
            stdout=writing,
            stderr=STDOUT,
            env=self._environ,
            pass_fds=job.pass_fds,
            start_new_session=True,
            preexec_fn=LIFELINE.in_child(signal.SIGTERM),
        )
        os.close(writing)
        LIFELINE.watch(process.pid, signal.SIGTERM)
        self._running[job] = process
        if self.is_stopping() and not job.outlasts:
            self._end(job)
        output = asyncio.create_task(self._copy_output(job, reading))
        status = await process.wait()
        del self._running[job]
        LIFELINE.forget(process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(output, 2)
        return status

    async def _copy_output(self, job: Job, reading: int) -> None:
        splitter, stream = LineSplitter(), asyncio.StreamReader()
        transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb")
        )
        with contextlib.closing(transport):
            while chunk := await stream.read(65536):
                for line in splitter.feed(chunk):
                    self._write(job.name, line)
            for line in splitter.finish():
                self._write(job.name, line)

    def _end(self, job: Job) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._running[job].terminate()
        asyncio.get_running_loop().call_later(job.stop_seconds, self._kill, job)

    def _kill(self, job: Job) -> None:
        process = self._running.get(job)
        if process is not None:
            self._say(f"ending {job.name} by force")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _say(self, text: str) -> None:
        self._write("run", text)

    def _write(self, name: str, text: str) -> None:
        """A terminal that went away must not keep the rest from stopping in order."""
        with contextlib.suppress(OSError, ValueError):
            self._console.line(name, text)


def _ending(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
