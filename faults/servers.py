"""PostgreSQL and Valkey that die, forget, or are away."""

import contextlib
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis

from accounts.models import User
from faults.stage import Result, Stage
from outreach import pausing
from outreach.cancelling import cancel
from outreach.models import Message, SendingPause, Sentence, State
from retention_crm.embedded.server import Server
from retention_crm.lib import clock

LOAD = 6_000
# What the database may still write before its disk is full.
_ROOM = 200_000_000
_BLOCK = 1_000_000


def postgres_dies(stage: Stage, *, times: int = 20, load: int = LOAD) -> Result:
    """kill -9 of the whole database server while mails are handed over."""
    server = stage.servers.postgres
    assert server is not None
    stage.greetings(load)
    stage.start()
    chance = random.SystemRandom()
    for number in range(times):
        wanted = (number + 1) * load // (times + 2)
        stage.wait(lambda wanted=wanted: sum(stage.sink.taken.values()) >= wanted, patience=60, every=0.02)  # type: ignore[misc]
        time.sleep(chance.random() / 10)
        connection.close()
        server.kill()
        time.sleep(0.5)
        server.start()
    began = time.monotonic()
    stage.wait(stage.settled)
    # Each of the four processes may have had one under way.
    return stage.finish("", faults=times, recovery=time.monotonic() - began, unknown=times * 4)


def valkey_dies(stage: Stage, *, times: int = 10, away: float = 1.0) -> Result:
    server = stage.servers.valkey
    assert server is not None
    stage.greetings(LOAD)
    stage.start()
    for _number in range(times):
        time.sleep(1)
        server.kill()
        time.sleep(away)
        server.start()
    began = time.monotonic()
    stage.wait(stage.settled)
    return stage.finish("", faults=times, recovery=time.monotonic() - began, unknown=0)


def valkey_forgets(stage: Stage, *, times: int = 20, load: int = LOAD) -> Result:
    stage.greetings(load)
    stage.start()
    for _number in range(times):
        time.sleep(0.3)
        Redis.from_url(settings.REDIS_URL).flushall()
    began = time.monotonic()
    stage.wait(stage.settled)
    return stage.finish("", faults=times, recovery=time.monotonic() - began, unknown=0)


def disk_full(stage: Stage, *, load: int = 3_000, seconds: float = 20.0) -> Result:
    """The disk of the database fills up while mails are handed over, and has room again later."""
    server = stage.servers.postgres
    assert server is not None
    connection.close()
    server.stop()
    with small_disk(server) as problem:
        server.start()
        try:
            if not problem:
                return _fill_up(stage, server, load, seconds)
            result = stage.finish("", faults=0, recovery=0.0)
            result.complaints.append(problem)
            return result
        finally:
            connection.close()
            server.stop()


def _fill_up(stage: Stage, server: Server, load: int, seconds: float) -> Result:
    stage.greetings(load)
    stage.start()
    stage.wait(lambda: sum(stage.sink.taken.values()) >= load // 4, patience=60, every=0.02)
    logged, filler, stop = server.log.stat().st_size, server.home / "filler", time.monotonic() + seconds
    with filler.open("wb", buffering=0) as file:
        # What the database gives free meanwhile is taken, too.
        while time.monotonic() < stop:
            with contextlib.suppress(OSError):
                file.write(bytes(_BLOCK))
            time.sleep(0.0 if shutil.disk_usage(server.home).free >= _BLOCK else 0.2)
    waiting = load - sum(stage.sink.taken.values())
    is_noticed = b"No space left on device" in server.log.read_bytes()[logged:]
    filler.unlink()
    connection.close()
    if not server.is_running:
        server.start()
    began = time.monotonic()
    stage.wait(stage.settled)
    # Each of the four processes may have had one under way.
    result = stage.finish("", faults=1, recovery=time.monotonic() - began, unknown=4)
    if not waiting or not is_noticed:
        result.complaints.append(f"{waiting} waited, and the database noticed {'it' if is_noticed else 'nothing'}")
    return result


@contextmanager
def small_disk(server: Server) -> Iterator[str]:
    """Puts the files of a stopped server on a disk of their own with a little room; says so if it can not.

    It is to be stopped again at the end, and runs afterwards, on the disk of before.
    """
    aside = server.home.with_name("aside")
    server.home.rename(aside)
    server.home.mkdir()
    size = sum(path.stat().st_size for path in aside.rglob("*") if path.is_file()) + _ROOM
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(server.home)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        made = subprocess.CompletedProcess(mount, 1, stderr=str(error))
    _move(aside, server.home)
    for path in (server.home, *server.home.rglob("*")):
        server.account.own(path)
    try:
        yield f"no small disk could be mounted (it needs root): {made.stderr}" if made.returncode else ""
    finally:
        _move(server.home, aside)
        if made.returncode == 0:
            subprocess.run(["umount", str(server.home)], check=True)
        server.home.rmdir()
        aside.rename(server.home)
        for path in (server.home, *server.home.rglob("*")):
            server.account.own(path)
        server.start()


def _move(here: Path, there: Path) -> None:
    """What is in the one directory into the other."""
    there.mkdir(exist_ok=True)
    there.chmod(0o700)
    for path in list(here.iterdir()):
        shutil.move(path, there / path.name)


def put_back(stage: Stage) -> Result:
    """The files of a backup are put back in place: nothing goes out until a person says so."""
    server = stage.servers.postgres
    assert server is not None
    # Something was sent before the backup: a ledger that never sent anything can not be told from a new one.
    _send(stage, 100)
    stage.greetings(200)
    backup = stage.home / "backup"
    with _stopped(server):
        shutil.copytree(server.home, backup, symlinks=True)
    _send(stage, 0)
    before = sum(stage.sink.taken.values())
    with _stopped(server):
        shutil.rmtree(server.home)
        backup.rename(server.home)
        for path in (server.home, *server.home.rglob("*")):
            server.account.own(path)
    stage.start()
    stage.wait(SendingPause.objects.filter(ended_at=None, cause="restored").exists, patience=60)
    # Time enough for many ticks.
    time.sleep(20)
    states, after = dict(Counter(Message.objects.values_list("state", flat=True))), sum(stage.sink.taken.values())
    # As somebody does who looked at the log of the mail server: what it has taken is cancelled, then sending started.
    cancel(Message.objects.waiting(), reason="sent_before", why=Sentence("handed_over"), at=clock.now())
    pausing.start(User.objects.get(), at=clock.now())
    stage.greetings(50)
    began = time.monotonic()
    stage.wait(stage.settled)
    recovery = time.monotonic() - began
    fine = [State.CANCELLED]
    result = stage.finish("", faults=1, recovery=recovery, unknown=0, fine=fine, taken=[State.SENT, *fine])
    if (before, states, after) != (300, {"sent": 100, "planned": 200}, 300):
        result.complaints.append(f"{before} mails before, {after} after; then the ledger had {states}")
    return result


def _send(stage: Stage, number: int) -> None:
    stage.greetings(number)
    stage.start()
    stage.wait(stage.settled)
    stage.processes.stop(but=("web",))


@contextmanager
def _stopped(server: Server) -> Iterator[None]:
    connection.close()
    server.stop()
    yield
    server.start()


CASES: dict[str, Callable[[Stage], Result]] = {
    "PostgreSQL killed under load": postgres_dies,
    "Valkey killed under load": valkey_dies,
    "Valkey emptied under load": valkey_forgets,
    "Valkey away for ten minutes": partial(valkey_dies, times=1, away=600),
    "disk full for the database": disk_full,
    "a backup put back": put_back,
}
SHORT: dict[str, Callable[[Stage], Result]] = {
    "PostgreSQL killed under load": partial(postgres_dies, times=2, load=600),
}
