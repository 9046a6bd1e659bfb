"""Two hosts with an address each: network namespaces in which a worker reaches the servers only over its own line."""

import contextlib
import os
import subprocess
import threading
from asyncio import (
    Server,
    StreamReader,
    StreamWriter,
    gather,
    new_event_loop,
    open_connection,
    open_unix_connection,
    start_server,
)
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from faults.stage import Result, Stage

type Target = Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]
type Meeting = Callable[[StreamReader, StreamWriter], Awaitable[None]]

NUMBER = 10_000
NAMES = ("east", "west")


@dataclass
class Host:
    """A namespace, its line to this machine, and what has gone through it."""

    name: str
    here: str
    there: str
    carried: dict[str, int] = field(default_factory=dict)

    def make(self) -> None:
        inside, outside = f"{self.name}-in", f"{self.name}-out"
        _ip("netns", "add", self.name)
        _ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", self.name)
        _ip("addr", "add", f"{self.here}/24", "dev", outside)
        _ip("link", "set", outside, "up")
        _ip("-n", self.name, "addr", "add", f"{self.there}/24", "dev", inside)
        _ip("-n", self.name, "link", "set", inside, "up")

    def remove(self) -> None:
        """Takes the line along."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)


@contextmanager
def hosts() -> Iterator[list[Host]]:
    """Both hosts, gone afterwards; CalledProcessError or FileNotFoundError where they can not be made."""
    mark = os.getpid() % 200
    made = [Host(f"{name}{mark}", f"10.77.{n}.1", f"10.77.{n}.2") for n, name in enumerate(NAMES, start=mark)]
    try:
        for host in made:
            host.make()
        yield made
    finally:
        for host in made:
            host.remove()


@contextmanager
def lines(host: Host, targets: dict[str, Target]) -> Iterator[dict[str, int]]:
    """A port on this end of the host's line for each of the targets, which open the connection behind it."""
    loop = new_event_loop()
    servers: dict[str, Server] = {}

    def carry(name: str, target: Target) -> Meeting:
        async def meet(reader: StreamReader, writer: StreamWriter) -> None:
            behind_reader, behind_writer = await target()
            await gather(_pour(reader, behind_writer, host, name), _pour(behind_reader, writer, host, ""))

        return meet

    for name, target in targets.items():
        servers[name] = loop.run_until_complete(start_server(carry(name, target), host.here, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _pour(reader: StreamReader, writer: StreamWriter, host: Host, name: str) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            host.carried[name] = host.carried.get(name, 0) + data.count(b"\r\n.\r\n")
            writer.write(data)
            await writer.drain()
    writer.close()


def two_hosts(stage: Stage, *, number: int = NUMBER) -> Result:
    """Two workers that share only the database, the broker and the mail server, each with an address of its own."""
    stage.greetings(number)
    try:
        with hosts() as both, contextlib.ExitStack() as open_lines:
            for host in both:
                ports = open_lines.enter_context(lines(host, _targets(stage)))
                addresses: dict[str, Any] = _addresses(host, ports)
                stage.processes.worker(host.name, on_host=host.name, **addresses)
            stage.processes.beat("beat")
            recovery = stage.wait(stage.settled)
            result = stage.finish("", faults=0, recovery=recovery, unknown=0)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        result = stage.finish("", faults=0, recovery=0.0)
        result.complaints.append(f"no two hosts could be made (it needs root and Debian's iproute2): {error}")
        return result
    shares = [host.carried.get("mail", 0) for host in both]
    if min(shares) < number / 10:
        result.complaints.append(f"the hosts sent {shares} of {number}")
    return result


def _targets(stage: Stage) -> dict[str, Target]:
    socket = Path(settings.DATABASES["default"]["HOST"]) / ".s.PGSQL.5432"
    broker = urlsplit(settings.REDIS_URL).port
    return {
        "database": lambda: open_unix_connection(socket),
        "broker": lambda: open_connection("127.0.0.1", broker),
        "mail": lambda: open_connection("127.0.0.1", stage.sink.port),
    }


def _addresses(host: Host, ports: dict[str, int]) -> dict[str, str]:
    """The settings of a worker on that host."""
    database, broker = settings.DATABASES["default"], urlsplit(settings.REDIS_URL)
    secret = broker.netloc.rpartition("@")[0]
    return {
        "DATABASE_URL": f"postgresql://{database['USER']}@{host.here}:{ports['database']}/{database['NAME']}",
        "REDIS_URL": f"redis://{secret}@{host.here}:{ports['broker']}{broker.path}",
        "EMAIL_URL": f"smtp://{host.here}:{ports['mail']}",
    }


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


CASES: dict[str, Callable[[Stage], Result]] = {"two hosts share 10,000": two_hosts}
