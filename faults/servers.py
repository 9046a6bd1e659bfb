"""PostgreSQL and Valkey that die, forget, or are away."""

import random
import shutil
import time
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import connection
from redis import Redis

from faults.stage import Result, Stage
from outreach.models import SendingPause

LOAD = 6_000


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


def put_back(stage: Stage) -> Result:
    """The files of a backup are put back in place: nothing goes out until a person says so."""
    server = stage.servers.postgres
    assert server is not None
    stage.greetings(200)
    connection.close()
    server.stop()
    backup = stage.home / "backup"
    shutil.copytree(server.home, backup, symlinks=True)
    server.start()
    stage.start()
    stage.wait(stage.settled)
    before = sum(stage.sink.taken.values())
    stage.processes.stop(but="web")
    connection.close()
    server.stop()
    shutil.rmtree(server.home)
    backup.rename(server.home)
    for path in (server.home, *server.home.rglob("*")):
        server.account.own(path)
    server.start()
    stage.start()
    stage.wait(lambda: SendingPause.objects.filter(ended_at=None, cause="restored").exists(), patience=60)
    time.sleep(10)
    result = stage.finish("", faults=1, recovery=0, unknown=0)
    # By this ledger nothing was sent, and that is what it is not believed.
    result.complaints = [] if result.states == {"planned": 200} else [f"in the ledger: {dict(result.states)}"]
    if (before, sum(stage.sink.taken.values())) != (200, 200):
        result.complaints.append(f"{before} mails before, {sum(stage.sink.taken.values())} after")
    return result


CASES: dict[str, Callable[[Stage], Result]] = {
    "PostgreSQL killed under load": postgres_dies,
    "Valkey killed under load": valkey_dies,
    "Valkey emptied under load": valkey_forgets,
    "Valkey away for ten minutes": partial(valkey_dies, times=1, away=600),
    "a backup put back": put_back,
}
SHORT: dict[str, Callable[[Stage], Result]] = {
    "PostgreSQL killed under load": partial(postgres_dies, times=2, load=600),
}
