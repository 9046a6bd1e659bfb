"""manage.py in processes of its own, as a person calls it."""

import subprocess
import sys
from pathlib import Path

import pytest

from retention_crm.embedded.modes import demo_environment, is_demo, secret_key
from retention_crm.embedded.places import PROJECT

from .launching import environment, launched

pytestmark = pytest.mark.processes

SHOW = "import os; print('shown', *[os.environ.get(n, '-') for n in {names!r}])"


def manage(data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment(data_dir, **more),
        capture_output=True,
        text=True,
        check=False,
    )


def shown(data_dir: Path, *names: str, **more: str) -> list[str]:
    result = manage(data_dir, "shell", "--no-imports", "-c", SHOW.format(names=names), **more)
    assert result.returncode == 0, result.stderr
    return result.stdout.rpartition("shown ")[2].split()


def test_a_command_has_servers_for_as_long_as_it_runs(data_dir: Path) -> None:
    mode, database, key = shown(data_dir, "RETENTION_MODE", "DATABASE_URL", "SECRET_KEY")
    assert (mode, key) == ("demo", secret_key(data_dir))
    assert database.startswith("postgresql://")
    assert not (data_dir / "launcher.json").exists()
    assert not (data_dir / "servers" / "postgres" / "postmaster.pid").exists()


def test_a_command_uses_the_servers_that_run_already(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        assert shown(data_dir, *launcher.urls) == list(launcher.urls.values())
        assert not launcher.servers_are_gone()


def test_a_command_that_needs_no_server_starts_none(new_data_dir: Path) -> None:
    for arguments in (["version"], ["help"], ["diffsettings"], ["migrate", "--help"]):
        result = manage(new_data_dir, *arguments)
        assert result.returncode == 0, result.stderr
    assert [path.name for path in new_data_dir.iterdir() if path.name != "launcher.lock"] == ["secret_key"]


def test_a_database_of_ones_own_is_never_opened_in_demo_mode_by_accident(new_data_dir: Path) -> None:
    own = {"DATABASE_URL": "postgres://db.example.com/crm", "REDIS_URL": "redis://cache.example.com/0"}
    result = manage(new_data_dir, "showmigrations", **own)
    assert result.returncode != 0
    assert "SECRET_KEY is not set" in result.stderr
    assert not new_data_dir.exists()


def test_servers_that_cannot_be_had_end_the_command_with_a_sentence(new_data_dir: Path) -> None:
    home = new_data_dir / "servers" / "postgres"
    home.mkdir(parents=True)
    (home / "PG_VERSION").write_text("15\n")
    result = manage(new_data_dir, "showmigrations")
    assert result.returncode == 1
    assert "written by PostgreSQL 15" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_mode_is_the_demo_only_while_nothing_says_otherwise() -> None:
    assert is_demo({})
    assert is_demo({"RETENTION_MODE": "demo", "DATABASE_URL": "postgres://x/y"})
    assert not is_demo({"DATABASE_URL": "postgres://x/y"})
    assert not is_demo({"RETENTION_MODE": "production"})


def test_the_demo_adds_only_what_is_missing(tmp_path: Path) -> None:
    environ = {"RETENTION_DATA_DIR": str(tmp_path), "SECRET_KEY": "mine"}
    assert demo_environment(environ) == {"RETENTION_MODE": "demo", "MAILBOX_DIR": str(tmp_path / "mailbox")}
    assert list(tmp_path.iterdir()) == []


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) >= 60
    assert secret_key(tmp_path) == key
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
