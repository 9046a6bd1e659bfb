"""However the launcher or the servers end, nothing keeps running and everything starts again."""

import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retention_crm.embedded.lifeline import is_alive
from retention_crm.embedded.places import EPHEMERAL_PREFIX, PROJECT, SYSTEM_TEMPORARY
from retention_crm.embedded.servers import Servers

from .launching import Memory, environment, eventually, launched

pytestmark = pytest.mark.processes

SERVE = """
import signal
from retention_crm.embedded.servers import Servers
with Servers() as servers:
    for name, value in servers.environment.items():
        print(f"{name}={value}", flush=True)
    signal.pause()
"""
WITHOUT_PRCTL = "from retention_crm.embedded import lifeline; lifeline.LIFELINE._prctl = None\n"
AS_ORDINARY_USER = "import encodings.idna, os; os.setgroups([]); os.setgid({gid}); os.setuid({uid})\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(data_dir: Path, number: signal.Signals) -> None:
    with launched(data_dir) as launcher:
        launcher.process.send_signal(number)
        assert launcher.process.wait(20) == 128 + number
        assert launcher.servers_are_gone()
        assert not (data_dir / "servers" / "postgres" / "postmaster.pid").exists()
        assert not (data_dir / "launcher.json").exists()


def test_the_servers_stop_when_the_launcher_is_killed_and_start_again(data_dir: Path, memory: Memory) -> None:
    with launched(data_dir) as launcher:
        memory.write(launcher.urls, "first")
        launcher.process.kill()
        launcher.process.wait()
        eventually(launcher.servers_are_gone)
    with launched(data_dir) as launcher:
        assert memory.read(launcher.urls) == (["first"], ["first"])


def test_everything_killed_at_once_starts_again_at_once(data_dir: Path, memory: Memory) -> None:
    with launched(data_dir) as launcher:
        memory.write(launcher.urls, "first")
        for pid in (launcher.process.pid, *launcher.pids):
            os.kill(pid, signal.SIGKILL)
        launcher.process.wait()
        with Servers(data_dir, environ={}) as servers:
            rows, words = memory.read(servers.environment)
    assert rows == ["first"]
    assert words == ["first"]
    assert not launcher.sockets.exists()


def test_a_guard_does_the_same_where_the_kernel_does_not(data_dir: Path, memory: Memory) -> None:
    with launched(data_dir, WITHOUT_PRCTL + SERVE) as launcher:
        memory.write(launcher.urls, "first")
        launcher.process.kill()
        launcher.process.wait()
        eventually(launcher.servers_are_gone)
    with launched(data_dir, WITHOUT_PRCTL + SERVE) as launcher:
        assert memory.read(launcher.urls) == (["first"], ["first"])


def test_a_server_left_behind_is_ended_before_its_data_are_used_again(data_dir: Path, memory: Memory) -> None:
    code = "from retention_crm.embedded import lifeline\nlifeline.Lifeline._tell = lambda *a: None\n"
    with launched(data_dir, WITHOUT_PRCTL + code + SERVE) as launcher:
        memory.write(launcher.urls, "first")
        launcher.process.kill()
        launcher.process.wait()
        assert all(is_alive(pid) for pid in launcher.pids)
        with Servers(data_dir, environ={}) as servers:
            assert launcher.servers_are_gone()
            assert memory.read(servers.environment) == (["first"], ["first"])


def test_a_second_launcher_on_the_same_data_is_refused_in_a_sentence(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        second = subprocess.run(
            [sys.executable, "-m", "retention_crm.embedded", "servers"],
            cwd=PROJECT,
            env=environment(data_dir),
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert second.stdout == ""
        assert second.stderr.count("\n") == 1
        assert f"already runs on {data_dir}: process {launcher.process.pid}" in second.stderr
        assert not launcher.servers_are_gone()


def test_what_a_killed_test_run_left_is_removed_by_the_next(data_dir: Path) -> None:
    code = SERVE.replace("Servers()", "Servers(ephemeral=True)")
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment(data_dir), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    left = Path(process.stdout.readline().split("/")[3].replace("%2F", "/"))
    assert left.name.startswith(EPHEMERAL_PREFIX)
    process.kill()
    process.communicate()
    assert left.exists()
    with Servers(ephemeral=True, environ={}):
        eventually(lambda: not left.exists() or not any(left.rglob("postmaster.pid")))
    with Servers(ephemeral=True, environ={}):
        assert not left.exists()


def test_servers_are_lent_to_a_command_and_its_status_is_kept(new_data_dir: Path) -> None:
    code = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL']); sys.exit(7)"
    lent = subprocess.run(
        [sys.executable, "-m", "retention_crm.embedded", "lend", sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment(new_data_dir),
        capture_output=True,
        text=True,
        check=False,
    )
    assert lent.returncode == 7
    assert EPHEMERAL_PREFIX in lent.stdout
    assert not new_data_dir.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="the whole suite runs as an ordinary user already")
def test_an_ordinary_user_runs_them_too(open_dir: Path, memory: Memory) -> None:
    user = pwd.getpwnam("nobody")
    data_dir = open_dir / ".data"
    data_dir.mkdir()
    os.chown(data_dir, user.pw_uid, user.pw_gid)
    code = "import retention_crm.embedded.servers\n" + AS_ORDINARY_USER.format(uid=user.pw_uid, gid=user.pw_gid)
    with launched(data_dir, code + SERVE, TMPDIR=str(SYSTEM_TEMPORARY)) as launcher:
        memory.write(launcher.urls, "first")
        assert {(data_dir / name).stat().st_uid for name in ("servers", "launcher.lock")} == {user.pw_uid}
        launcher.process.send_signal(signal.SIGINT)
        launcher.process.wait(20)
        assert launcher.servers_are_gone()
    with Servers(data_dir, environ={}) as servers:
        assert memory.read(servers.environment) == (["first"], ["first"])
