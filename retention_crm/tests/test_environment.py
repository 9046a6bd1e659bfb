"""A setting that is missing or wrong is said in a sentence with its name, and never with a password."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from retention_crm.environment import Environment

ROOT = Path(__file__).resolve().parents[2]


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Environment:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Environment()


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("", False), ("FALSE", False)])
def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    assert read(monkeypatch, DEBUG=text).switch("DEBUG", default=not value) is value


def test_a_switch_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"DEBUG is 'maybe'; set it to true or false\."):
        read(monkeypatch, DEBUG="maybe").switch("DEBUG", default=False)


@pytest.mark.parametrize("text", ["soon", "1.5", "١٢x"])
def test_a_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_TIMEOUT is .*; set it to a whole number"):
        read(monkeypatch, EMAIL_TIMEOUT=text).number("EMAIL_TIMEOUT", default=1)


@pytest.mark.parametrize("text", ["{", "[1]", "3", "null"])
def test_an_object_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ANYMAIL can not be used as it is; set it to a JSON object"):
        read(monkeypatch, ANYMAIL=text).object("ANYMAIL")


def test_a_database_behind_a_socket_is_named_by_its_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, DATABASE_URL="postgres://crm@%2Fvar%2Frun%2Fa%20b/crm").database("DATABASE_URL")
    assert (found["HOST"], found["NAME"], found["USER"]) == ("/var/run/a b", "crm", "crm")


@pytest.mark.filterwarnings("ignore:Engine not recognized")
@pytest.mark.parametrize(
    "address", ["foo", "mysql://a:geheim@b/c", "postgres://a:geheim@b", "postgres://a:geheim@b:x/c"]
)
def test_another_database_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="set it to a PostgreSQL database") as refused:
        read(monkeypatch, DATABASE_URL=address).database("DATABASE_URL")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("address", ["foo", "http://a:geheim@b/", "amqp://b"])
def test_another_broker_or_mail_server_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    environment = read(monkeypatch, REDIS_URL=address, EMAIL_URL=address)
    with pytest.raises(ImproperlyConfigured, match="set it to a Redis or Valkey server"):
        environment.broker("REDIS_URL")
    with pytest.raises(ImproperlyConfigured, match="set it to a mail server") as refused:
        environment.mail_server("EMAIL_URL", default="")
    assert "geheim" not in str(refused.value)


def test_a_mail_server_with_encryption_and_login(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read(monkeypatch, EMAIL_URL="smtp+tls://crm:p%40ss@mail.example.com:587")
    assert environment.mail_server("EMAIL_URL", default="") == {
        "host": "mail.example.com",
        "port": 587,
        "username": "crm",
        "password": "p@ss",
        "use_tls": True,
        "use_ssl": False,
    }


@pytest.mark.processes
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Not configured: SECRET_KEY is not set."),
        ({"RETENTION_MODE": "prod"}, "Not configured: RETENTION_MODE is 'prod';"),
        ({"DATABASE_URL": "postgres://u:p@127.0.0.1:1/x"}, "The database does not answer; check DATABASE_URL"),
    ],
)
def test_a_command_ends_with_one_sentence_instead_of_a_traceback(variables: dict[str, str], sentence: str) -> None:
    whole = {**os.environ, "RETENTION_MODE": "production", **variables}
    whole.update(SITE_URL="https://crm.example.com", DEFAULT_FROM_EMAIL="a@example.com", EMAIL_URL="smtp://localhost")
    whole["MAILBOX_DIR"] = ""
    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, cwd=ROOT, env=whole, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
